"""The words in which it is said what became of a notice after it was handed over."""

from enum import StrEnum


class ReceiptEvent(StrEnum):
    """What became of a notice after it was handed over, as a provider or a person says. Open."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    """It did not arrive; the address may still be good."""
    BOUNCED = "bounced"
    """There is nobody at this address."""
    COMPLAINED = "complained"
    """The receiver does not want to be written to at this address."""
    OPTED_OUT = "opted_out"
    """The receiver wants to be told only of what he has to be told."""
    OPTED_IN = "opted_in"
    """He wants to be told of everything again."""
    SAID_SENT = "said_sent"
    """A person found out that it was sent."""
    SAID_NOT_SENT = "said_not_sent"
    """A person found out that it was not sent: it may be sent again."""
    DUE = "due"
    """The time until which a notice was held has come: it is sent or, with a reason, ends."""
    UNKNOWN = "unknown"
