"""What every channel is given and must answer."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from services.domain.send_store import Outcome

Tone = Literal["red", "orange", "blue"]


@dataclass(frozen=True, slots=True)
class Card:
    """What a messenger shows beside the text, where its format allows: ``tone`` colours the head,
    ``facts`` are names with values, ``link`` opens the case and reads ``link_text``."""

    tone: Tone
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""
    link_text: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice ready to go. ``address`` is an e-mail address or, as ``address_kind`` says, a
    phone number, an account, a team or a clerk. The same notice always has the same
    ``notice_id``, which providers deduplicate by, and the same ``dated``."""

    notice_id: str
    kind: str
    language: str
    address_kind: str
    address: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    dated: datetime
    index: str = field(repr=False, default="")
    """What the address is known by where it is compared; empty for teams and clerks."""
    card: Card | None = None
    optout: str = ""
    """Where the receiver of a mail refuses more of what is not mandatory; empty when he cannot."""
    texts: str = ""
    """The edition of the words, as claims name it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt. ``reason`` is a stable code without content; ``retry_after``
    what the provider asked us to wait, in seconds; ``provider_id`` the name under which its
    receipts will speak of this attempt, where it gives one of its own."""

    outcome: Outcome
    reason: str
    retry_after: float | None = None
    provider_id: str | None = None


SENT = Answer(Outcome.SENT, "sent")


class Channel(Protocol):
    """A provider. Called from several threads at once."""

    def send(self, letter: Letter) -> Answer:
        """Hand over one letter within the channel's time limit.

        Never raises for what the provider or the network does. Says AWAY only when nothing
        of the letter was handed over, UNKNOWN whenever it may have been taken.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class ManyProviders(ABC):
    """What a channel is as well that writes to several who know nothing of each other: what one
    of them allows, and whether it works, says nothing about another one."""

    @abstractmethod
    def provider_of(self, recipient: str) -> str:
        """Return the name of whoever writes to a recipient (``team:claims``): never a secret, the
        same for all that share a limit; empty when nobody does."""
        ...
