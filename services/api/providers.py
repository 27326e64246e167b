"""Who may tell us what became of notices, and hand in replies: providers, by their signature.

Standard Webhooks: id, time and HMAC over both and the raw body; compared in constant time,
five minutes of tolerance, two live secrets while one is changed, and no message twice.
"""

from fastapi import Request

from services.api.context import Context
from services.api.errors import Problem
from services.api.forms import MAX_BODY_BYTES
from services.api.requests import pieces_of
from services.domain.mail_thinning import ThinMail
from services.domain.signing import Heard


class Signed:
    """A request whose sender is known: the beginning of its raw body, mostly all of it, and whether
    it came before."""

    def __init__(
        self, provider: str, message_id: str, body: bytes, is_replay: bool, left_out: int = 0
    ) -> None:
        self.provider = provider
        self.message_id = message_id
        self.body = body
        self.is_replay = is_replay
        self.left_out = left_out
        """Bytes of what hangs on a mail that are not in its body."""


async def signed_request(
    request: Request, context: Context, provider: str, most: int = MAX_BODY_BYTES
) -> Signed:
    """Read a provider's request of at most so many bytes. All of it is signed; of a mail,
    which may be longer than any other body, most of what hangs on it is not kept.

    Raises:
        Problem: 401, whatever is wrong with the signature; it is too long.
    """
    headers = request.headers
    message_id, given = headers.get("webhook-id", ""), headers.get("webhook-signature", "")
    keys = context.provider_keys.get(provider, ())
    heard = Heard(keys, message_id, headers.get("webhook-timestamp", ""))
    if not (message_id and given and keys and heard.is_fresh(_seconds(context))):
        raise _unsigned()  # before a long body is listened to
    kept = ThinMail(MAX_BODY_BYTES) if most > MAX_BODY_BYTES else None
    body = bytearray()
    async for piece in pieces_of(request, most):
        heard.add(piece)
        if kept is None:
            body += piece
        else:
            kept.add(piece)
    seconds = _seconds(context)
    if not heard.is_genuine(given, seconds):
        raise _unsigned()
    is_replay = context.replays.has(provider, message_id, seconds)
    if kept is None:
        return Signed(provider, message_id, bytes(body), is_replay)
    return Signed(provider, message_id, kept.end(), is_replay, kept.left_out)


def _seconds(context: Context) -> float:
    return context.wall.now().timestamp()


def _unsigned() -> Problem:
    return Problem(
        401,
        "unauthorized",
        "Sign the message as Standard Webhooks says, with the secret agreed on for this "
        "provider; clocks may differ by five minutes.",
        rule="signature",
    )
