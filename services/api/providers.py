"""Who may tell us what became of notices, and hand in replies: providers, by their signature.

Standard Webhooks: id, time and HMAC over both and the raw body; compared in constant time,
five minutes of tolerance, two live secrets while one is changed, and no message twice.
"""

from fastapi import Request

from services.api.context import Context
from services.api.errors import Problem
from services.api.requests import read_body
from services.domain.signing import is_genuine


class Signed:
    """A request whose sender is known: its raw body, and whether it came before."""

    def __init__(self, provider: str, message_id: str, body: bytes, is_replay: bool) -> None:
        self.provider = provider
        self.message_id = message_id
        self.body = body
        self.is_replay = is_replay


async def signed_request(request: Request, context: Context, provider: str) -> Signed:
    """Read a provider's request.

    Raises:
        Problem: 401, whatever is wrong with the signature.
    """
    body = await read_body(request)
    headers = request.headers
    message_id = headers.get("webhook-id", "")
    seconds = context.wall.now().timestamp()
    is_known = bool(message_id) and is_genuine(
        context.provider_keys.get(provider, ()),
        message_id,
        headers.get("webhook-timestamp", ""),
        headers.get("webhook-signature", ""),
        body,
        seconds,
    )
    if not is_known:
        raise Problem(
            401,
            "unauthorized",
            "Sign the message as Standard Webhooks says, with the secret agreed on for this "
            "provider; clocks may differ by five minutes.",
            rule="signature",
        )
    return Signed(provider, message_id, body, context.replays.has(provider, message_id, seconds))
