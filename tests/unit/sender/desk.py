"""A sender over memory: stores, a clock that only moves when told, and channels on strings."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import count, zip_longest
from typing import Any

from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled
from services.adapters.memory_sends import MemorySendStore
from services.domain.send_store import Outcome
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import Handled, Inbound
from services.sender.channels.port import SENT, Answer, Channel, Letter
from services.sender.handler import SenderHandler, Topics
from services.sender.no_letter import NoLetter
from services.sender.outside import Outside
from services.sender.policy import load_policy
from services.sender.waves import Process
from tests.support.builders import NOON, TENANT
from tests.support.manual_clock import ManualClock

STEPS = frozenset({NoticeState.REQUESTED, NoticeState.CLAIMED})
REFUSED = Answer(Outcome.REFUSED, "busy")
AWAY = Answer(Outcome.AWAY, "connection_refused")
UNKNOWN = Answer(Outcome.UNKNOWN, "timeout")
FAILED = Answer(Outcome.FAILED, "no_such_recipient")


def a_notice(name: str = "N1", **changes: Any) -> NoticeRequested:
    fields: dict[str, Any] = {
        "tenant": TENANT,
        "case_id": "case-1",
        "notice_id": name,
        "case_seq": 1,
        "kind": NoticeKind.ACKNOWLEDGEMENT,
        "recipient": "contact:c1",
        "channel": NoticeChannel.EMAIL,
        "language": "zh",
        "mandatory": True,
        "template": "acknowledgement",
        "reason": "first_contact",
        "requested_at": NOON,
    }
    return NoticeRequested(**(fields | changes))


def a_letter(notice: NoticeRequested) -> Letter:
    name, to = notice.notice_id, f"{notice.recipient}@b.example"
    return Letter(name, notice.kind, "zh", "email", to, "s", "t", "h", NOON)


class FakeChannel:
    """Gives the planned answers in order, then ``usual``; keeps what it was given."""

    def __init__(self, clock: ManualClock) -> None:
        self.sent: list[str] = []
        self.plan: list[Answer] = []
        self.usual = SENT
        self.by_notice: dict[str, Answer] = {}
        self.seconds = 0.0
        self._clock = clock

    def send(self, letter: Letter) -> Answer:
        self.sent.append(letter.notice_id)
        self._clock.advance(self.seconds)
        if letter.notice_id in self.by_notice:
            return self.by_notice[letter.notice_id]
        return self.plan.pop(0) if self.plan else self.usual

    def close(self) -> None:
        """Nothing to let go of."""


class OneByOne:
    """The Pool port without threads."""

    def send_all(self, sendings: Sequence[tuple[Channel, Letter]], seconds: float) -> list[Answer]:
        return [channel.send(letter) for channel, letter in sendings]


class Died(BaseException):
    """The process ends here."""


def dying(point: str, nth: int = 1) -> CrashPoints:
    left = count(nth, -1)
    return lambda passed: _die() if passed == point and next(left) <= 1 else None


def _die() -> None:
    raise Died


class SenderDesk:
    """What a test of the sender works with; :meth:`restart` is a new process."""

    def __init__(self, at_once: int = 4) -> None:
        self.clock = ManualClock()
        self.store = MemorySendStore()
        self.mail = FakeChannel(self.clock)
        self.hook = FakeChannel(self.clock)
        self.channels: dict[NoticeChannel, Channel] = {
            NoticeChannel.EMAIL: self.mail,
            NoticeChannel.WEBHOOK: self.hook,
        }
        self.nobody: dict[str, str] = {}
        self.texts = ""
        self.nobody_on: dict[NoticeChannel, str] = {}
        # Tests of fail-over say so: without it one channel is all there is.
        self.policy = load_policy().model_copy(update={"failover": {}})
        self._at_once = at_once
        self._starts = count(1)
        self._offsets = count()
        self.handler = self.restart()

    def restart(self, crash: CrashPoints = never) -> SenderHandler:
        self.outside = outside = Outside(
            self.store, self, self.channels, OneByOne(), self.clock, self.clock.advance
        )
        process = Process(f"process-{next(self._starts)}", self._at_once, crash)
        self.handler = SenderHandler(outside, self.policy, process, Topics("settled", "receipts"))
        return self.handler

    def letters(
        self, notices: Sequence[NoticeRequested], texts: Sequence[str | None] = ()
    ) -> list[Letter | NoLetter]:
        """Write letters, as the Writer port; ``nobody`` names those that have none."""
        return [
            NoLetter(reason)
            if (reason := self.nobody.get(notice.notice_id) or self.nobody_on.get(notice.channel))
            else replace(a_letter(notice), texts=edition or self.texts)
            for notice, edition in zip_longest(notices, texts)
        ]

    def index_of(self, notice: NoticeRequested) -> str | None:
        """Know addresses by their channel, as the Writer port."""
        return f"{notice.channel}:{notice.recipient}"

    def inbound(self, notice: NoticeRequested) -> Inbound:
        key = case_key(notice.tenant, notice.case_id)
        return Inbound("requested", 0, next(self._offsets), "t", key, encode(notice))

    def take(self, *notices: NoticeRequested) -> Handled:
        return self.handler.handle([self.inbound(notice) for notice in notices], {})

    def ends(self, *notices: NoticeRequested) -> list[tuple[str, str, int, str | None]]:
        """Return notice, state, attempts and reason of each settlement."""
        return [
            (one.notice_id, one.state, one.attempts, one.reason)
            for one in settlements(self.take(*notices))
        ]


def settlements(handled: Handled) -> list[NoticeSettled]:
    """Return the ends that are told, without the steps."""
    told = [decode(NoticeSettled, out.value) for out in handled.outbound]
    return [one for one in told if one.state not in STEPS]


def notices(count_: int, **changes: Any) -> list[NoticeRequested]:
    return [a_notice(f"N{number}", **changes) for number in range(1, count_ + 1)]


def until_settled(
    desk: SenderDesk, batch: Iterable[NoticeRequested], rounds: int, each: Callable[[], None]
) -> Handled:
    """Let the loop bring the batch again and again, ``each`` between rounds."""
    from services.domain.errors import OutageError

    wanted = list(batch)
    for _ in range(rounds):
        try:
            return desk.take(*wanted)
        except OutageError:
            each()
    raise AssertionError(f"not settled in {rounds} rounds")
