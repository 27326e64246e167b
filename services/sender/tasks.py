"""A notice of the batch on its way."""

from dataclasses import dataclass, field

from schemas.keys import case_key
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from services.domain.notice_fates import Settle
from services.domain.send_store import Attempt
from services.sender.channels.port import Letter
from services.sender.logic import Send

CHANNEL_OFF = "channel_off"


@dataclass(slots=True, eq=False)
class Task:
    """``partition`` is that of its case; ``has_news`` says that something was heard of it since;
    ``called_off`` is why it is not to be sent any more.
    ``due`` is the monotonic second of its next attempt, ``rests_until`` the one from which on its
    address may get more. ``letters`` are by channel; ``closed`` holds the channels over which it
    cannot go, and why."""

    notice: NoticeRequested
    partition: int = 0
    has_news: bool = False
    called_off: str | None = None
    attempts: list[Attempt] = field(default_factory=list)
    letters: dict[NoticeChannel, Letter] = field(default_factory=dict)
    closed: dict[NoticeChannel, str] = field(default_factory=dict)
    step: Send | Settle | None = None
    due: float = 0.0
    rests_until: float = 0.0

    @property
    def key(self) -> str:
        return case_key(self.notice.tenant, self.notice.case_id).decode()

    @property
    def end(self) -> Settle | None:
        """How it ended, None while it is on its way."""
        return self.step if isinstance(self.step, Settle) else None

    @property
    def passes_caps(self) -> bool:
        """Whether it goes however much its address got lately."""
        return self.notice.mandatory or bool(self.notice.passes_caps)

    @property
    def texts(self) -> str | None:
        """The edition of the words that it was first sent with, or tried to; None before."""
        claims = [one.claim for one in self.attempts if one.claim is not None]
        return claims[0].texts if claims else None

    @property
    def why_nowhere(self) -> str:
        """Why there is no channel: what speaks against the one that it is on."""
        claims = [one.claim for one in self.attempts if one.claim is not None]
        is_on = NoticeChannel(claims[-1].channel) if claims else self.notice.channel
        return self.closed.get(is_on, CHANNEL_OFF)

    def drop_other_words(self) -> None:
        """Forget letters of another edition than the one that it was first sent with: whoever
        lost a claim wrote them before he knew of it."""
        if (edition := self.texts) is not None:
            self.letters = {
                channel: letter
                for channel, letter in self.letters.items()
                if letter.texts == edition
            }

    def letter(self, channel: NoticeChannel) -> Letter:
        """Return what is sent."""
        return self.letters[channel]
