"""Who takes notices from us, as unreliable as providers are: slow, away, or without an answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import NamedTuple

from schemas.notices import NoticeRequested
from services.adapters.memory_sends import MemorySendStore
from services.domain.clock import Clock
from services.domain.send_store import Outcome
from services.sender.channels.port import SENT, Answer, Channel, Letter
from services.sender.no_letter import NoLetter
from tests.simulation.storm import Storm

_AWAY = Answer(Outcome.AWAY, "connection_refused")
_REFUSED = Answer(Outcome.REFUSED, "busy")
_FAILED = Answer(Outcome.FAILED, "no_such_recipient")
_SILENT = Answer(Outcome.UNKNOWN, "timeout")


class Call(NamedTuple):
    """A notice that was put before the provider, by a process that began with it at ``begun`` and
    may have stood still since. ``claims`` are those that stood for the notice
    then; ``arrived`` says whether its receiver got it, ``answer`` what the provider wanted to
    say, which nobody may have heard."""

    notice_id: str
    begun: datetime
    at: datetime
    claims: int
    arrived: bool
    answer: Outcome


class Provider:
    """The Channel port, over all channels alike. ``points`` is told which point is passed: whoever
    calls may die there, or be left standing, and with it the answer is lost."""

    def __init__(
        self,
        sends: MemorySendStore,
        clock: Clock,
        rng: Random,
        storm: Callable[[], Storm],
        points: Callable[[str], None],
    ) -> None:
        self.calls: list[Call] = []
        self._storm = storm
        self._sends = sends
        self._clock = clock
        self._rng = rng
        self._points = points

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        begun = self._clock.now()
        self._points("before_call")
        arrived, answer = self._drawn()
        claims = sum(one.notice_id == letter.notice_id for one in self._sends.claims.values())
        now = self._clock.now()
        self.calls.append(Call(letter.notice_id, begun, now, claims, arrived, answer.outcome))
        self._points("after_call")
        return answer

    def _drawn(self) -> tuple[bool, Answer]:
        """Return whether it arrives, and the answer."""
        storm, rng = self._storm(), self._rng
        if storm.silent and rng.random() < storm.silent:
            return rng.random() < 0.6, _SILENT
        if storm.refusing and rng.random() < storm.refusing:
            return False, rng.choice((_AWAY, _AWAY, _REFUSED, _REFUSED, _FAILED))
        return True, SENT

    def close(self) -> None:
        """Nothing to let go of."""


class OneByOne:
    """The Pool port without threads."""

    def send_all(self, sendings: Sequence[tuple[Channel, Letter]], seconds: float) -> list[Answer]:
        """See the port."""
        return [channel.send(letter) for channel, letter in sendings]


class PlainWriter:
    """The Writer port: a letter of a few words for each notice. What letters say is not the
    matter of a simulation."""

    def letters(
        self, notices: Sequence[NoticeRequested], texts: Sequence[str | None] = ()
    ) -> list[Letter | NoLetter]:
        """See the port."""
        return [_letter(one) for one in notices]

    def index_of(self, notice: NoticeRequested) -> str | None:
        """See the port."""
        return f"{notice.channel}:{notice.recipient}"


def _letter(notice: NoticeRequested) -> Letter:
    to, kind = notice.recipient, notice.kind
    return Letter(notice.notice_id, kind, "zh", "any", to, "s", "t", "h", notice.requested_at)
