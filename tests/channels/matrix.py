"""Which faults every channel is tried with, and why the others do not apply: one cell for each
channel and fault. ``test_matrix`` proves each cell that is HOLDS, and that none is missing."""

from enum import StrEnum
from typing import Final


class Trouble(StrEnum):
    """What may go wrong between us and a receiver."""

    ABSENT = "nobody listens"
    SLOW = "its answer takes a little"
    TOO_SLOW = "its answer takes longer than a call may"
    THROTTLED = "too many: 429 with Retry-After, or what its protocol has for it"
    BROKEN = "a fault of its own: 5xx, or what its protocol has for it"
    NEVER = "refused for good"
    RESET = "the connection is reset after the message was taken"
    RECEIPT_TWICE = "it tells twice what became of the message"
    TLS_UNTRUSTED = "a certificate that nobody vouches for"
    TLS_OTHER_NAME = "a certificate made out to somebody else"
    STARTTLS_MISSING = "STARTTLS is required by us and not offered"
    STARTTLS_REFUSED = "STARTTLS is offered and then refused"
    STARTTLS_UNTRUSTED = "after STARTTLS a certificate that nobody vouches for"
    STARTTLS_OTHER_NAME = "after STARTTLS a certificate made out to somebody else"


HOLDS: Final = ""
"""The cell of a fault that the channel bears; any other text says why the fault cannot be."""
_STARTTLS: Final = tuple(one for one in Trouble if one.name.startswith("STARTTLS"))
_ALL: Final = dict.fromkeys(Trouble, HOLDS)
_OVER_HTTP: Final = _ALL | dict.fromkeys(
    _STARTTLS, "HTTP begins TLS with the first byte or never; without it settings refuse the URL"
)
_ROBOT: Final = _OVER_HTTP | {
    Trouble.RECEIPT_TWICE: "robots tell nothing of a message that they took",
}
MATRIX: Final[dict[str, dict[Trouble, str]]] = {
    "email": _ALL,
    "smpp": _ALL | dict.fromkeys(_STARTTLS, "SMPP 3.4 has no STARTTLS: TLS from the first byte"),
    "sms": _OVER_HTTP,
    "voice": _OVER_HTTP,
    "push": _OVER_HTTP,
    "wecom": _ROBOT,
    "dingtalk": _ROBOT,
    "feishu": _ROBOT,
    "slack": _ROBOT,
    "letter": _OVER_HTTP,
    "webhook": _OVER_HTTP,
}
"""By the names of ``providers.KINDS``."""
