"""Everything a sender works with, as ports."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from services.domain.clock import Clock
from services.domain.send_store import SendStore
from services.sender.channels.port import Answer, Channel, Letter
from services.sender.intake import Addresses
from services.sender.no_letter import NoLetter

Sending = tuple[Channel, Letter]


class Pool(Protocol):
    """Makes calls side by side."""

    def send_all(self, sendings: Sequence[Sending], seconds: float) -> list[Answer]:
        """Return the answer to each; UNKNOWN for a call that is not back after ``seconds``."""
        ...


class Writer(Addresses, Protocol):
    """Writes the letters of a batch."""

    def letters(
        self, notices: Sequence[NoticeRequested], texts: Sequence[str | None] = ()
    ) -> list[Letter | NoLetter]:
        """Return the letter of each notice for its channel, or why there can be none; ``texts``
        are the editions of the words that they were written with before, where they were."""
        ...


class Outside(NamedTuple):
    """A channel that is off is not among ``channels``; ``chance`` gives numbers from 0 to 1."""

    store: SendStore
    writer: Writer
    channels: Mapping[NoticeChannel, Channel]
    pool: Pool
    clock: Clock
    pause: Callable[[float], None]
    chance: Callable[[], float] = lambda: 0.0
