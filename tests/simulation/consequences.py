"""What follows from cases, as the simulation runs it: timers, notices, and who sends them.

The handlers are the real ones; behind their ports stand stores in memory and a provider that may
be away, refuse, or leave its answer to be guessed.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from schemas import topics
from schemas.codec import decode
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from services.adapters.memory_asides import MemoryAsideStore
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_hooks import Hooked
from services.adapters.memory_notices import MemoryContactDirectory, MemoryNoticeStore
from services.adapters.memory_sends import MemorySendStore
from services.adapters.memory_timers import MemoryTimerStore
from services.adapters.preferences import MemoryPreferences
from services.domain.clock import Clock
from services.domain.teams import load_teams
from services.notification.handler import NoticeTopics, NotificationHandler, Rules, Stores
from services.notification.policy import Rate as StormRate
from services.notification.policy import load_policy as load_notice_policy
from services.runtime.crashpoints import CrashPoints
from services.runtime.ports import Handler
from services.runtime.silent_metrics import SilentMetrics
from services.runtime.watching import always
from services.sender.dispatch import Dispatch
from services.sender.handler import SenderHandler, Topics
from services.sender.journal import LANE
from services.sender.lane import Lane
from services.sender.laned import LanedHandler
from services.sender.logic import night_ends
from services.sender.outside import Outside
from services.sender.policy import Cap, SendingPolicy
from services.sender.policy import load_policy as load_sending_policy
from services.sender.waves import Process
from services.sla.handler import Pace, SlaHandler
from tests.simulation.provider import OneByOne, PlainWriter, Provider
from tests.simulation.storm import Storm
from tests.simulation.workers import POLICIES
from tests.support.due_timers import next_due

SLA, NOTIFICATION, SENDER = "sla", "notification", "sender"
CONSEQUENCES_READ: Final = {
    SLA: (topics.STATE.name,),
    NOTIFICATION: (topics.CHANGED.name,),
    SENDER: (topics.NOTICES.name, topics.RECEIPTS.name),
}
"""The workers behind the cases, and what each of them reads."""
PACE: Final = Pace(page=4, chunk=3)
"""Pages so small that a run of some cases turns several."""
CHANNELS: Final = (
    NoticeChannel.EMAIL,
    NoticeChannel.SMS,
    NoticeChannel.CHAT,
    NoticeChannel.WEBHOOK,
)
TEAMS: Final = load_teams()
_FEW: Final = {kind: StormRate(most=4, minutes=15) for kind in ("team", "clerk", "partner")}


_SHIPPED = load_notice_policy()
NOTICES: Final = _SHIPPED.model_copy(
    update={"storm": _SHIPPED.storm.model_copy(update={"rates": _FEW})}
)
"""So few notices to one team that a run of some cases bundles the rest."""


def _hasty(policy: SendingPolicy) -> SendingPolicy:
    """Return the policy with pauses of seconds: a run lasts for some thousand ticks."""
    caps = (Cap(most=3, seconds=8.0),)
    hasty = {
        name: one.model_copy(
            update={
                "pauses": (0.5, 1.0),
                "leave_alone_seconds": 2.0,
                "leave_alone_longest": 8.0,
                "caps": caps if name is NoticeChannel.SMS else (),
                "rate": one.rate.model_copy(update={"per_second": 50.0, "burst": 50.0}),
            }
        )
        for name, one in policy.channels.items()
    }
    return policy.model_copy(update={"channels": hasty})


SENDING: Final = _hasty(load_sending_policy())
LEASE: Final = timedelta(seconds=10)
"""For so long a lane takes another process's claim for one that is under way."""


class Sending(NamedTuple):
    """A process of the sender: its handler, and the lanes that work beside the loop."""

    handler: LanedHandler
    lanes: list[Lane]


class Consequences:
    """The stores of one run, and the provider."""

    def __init__(
        self,
        dedup: MemoryDedupStore,
        cases: MemoryCaseStore,
        clock: Clock,
        rng: Random,
        storm: Callable[[], Storm],
        points: Callable[[str], None],
    ) -> None:
        self.timers = MemoryTimerStore()
        self.notices = MemoryNoticeStore()
        self.sends = MemorySendStore(self.notices)
        self.asides = MemoryAsideStore()
        self.preferences = MemoryPreferences()
        self.provider = Provider(self.sends, clock, rng, storm, points)
        self._directory = MemoryContactDirectory(dedup, cases)

    def next_due(self) -> datetime | None:
        """Return when the next timer fires or the next notice is let go; None: never."""
        held = [row.due for row in self.notices.notices.values() if row.due is not None]
        armed = next_due(self.timers)
        return min(held if armed is None else [*held, armed], default=None)

    def mornings(self, now: datetime) -> dict[str, datetime]:
        """Return which notices on a lane rest now as it is night, each with the end of it."""
        rows = self.asides.rows.values()
        ends = {one.notice_id: night_ends(decode(NoticeRequested, one.value), now) for one in rows}
        return {name: end for name, end in ends.items() if end is not None}

    def hooked(self) -> Iterator[Hooked]:
        """Yield what may fail as a database does."""
        yield from (self.timers, self.notices, self.sends, self.asides, self.preferences)

    def timing(self, clock: Clock, crash: CrashPoints) -> Handler:
        """Return a handler of ``sla``."""
        return SlaHandler(
            self.timers,
            POLICIES.book,
            clock,
            topics.STATE.name,
            topics.FIRED.name,
            SilentMetrics(),
            crash,
            PACE,
        )

    def telling(self, clock: Clock, crash: CrashPoints) -> Handler:
        """Return a handler of ``notification``."""
        return NotificationHandler(
            Stores(self.notices, self._directory, self.preferences),
            always(Rules(NOTICES, TEAMS)),
            clock,
            NoticeTopics(
                topics.NOTICES.name,
                topics.NOTICES_SETTLED.name,
                topics.RECEIPTS.name,
                topics.CHANGED.name,
            ),
            crash,
        )

    def sending(
        self, owner: str, clock: Clock, crash: CrashPoints, pause: Callable[[float], None]
    ) -> Sending:
        """Return a process of ``sender``; ``pause`` lets time pass for it."""
        outside = Outside(
            self.sends,
            PlainWriter(),
            dict.fromkeys(CHANNELS, self.provider),
            OneByOne(),
            clock,
            pause,
            lambda: 0.5,
        )
        process = Process(owner, 3, crash)
        names = Topics(topics.NOTICES_SETTLED.name, topics.RECEIPTS.name)
        patience = SENDING.patience_seconds
        sender = SenderHandler(outside, SENDING, process, names, patience=patience)
        lanes = [self._lane(name, outside, process, sender) for name in CHANNELS]
        handler = LanedHandler(topics.NOTICES.name, sender, lanes, self.asides, clock)
        return Sending(handler, lanes)

    def _lane(
        self, name: NoticeChannel, outside: Outside, process: Process, sender: SenderHandler
    ) -> Lane:
        own = process._replace(owner=f"{process.owner}{LANE}{name}")
        dispatch = Dispatch(outside, SENDING, sender.providers, own, LEASE)
        budget = SENDING.budget_seconds
        return Lane(
            name, self.asides, dispatch, sender.providers, outside.clock, budget, SilentMetrics()
        )
