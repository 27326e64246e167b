"""Rules of ADRs 0003 and 0004, broken: transactions, assignment, offsets."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from services.adapters import memory_log, memory_partitioner, memory_topics
from services.adapters.memory_broker import BrokerAway, MemoryBroker, Producer
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_group import Fenced, Group
from services.adapters.memory_log import MemoryLog
from services.cases import handler as cases_handler
from services.domain.errors import OutageError, TransactionLost
from services.runtime import burying
from services.runtime.loop import BatchLoop
from services.runtime.ports import Checkpoint
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Spot
from tests.simulation.mutant import NOTHING_ELSE, Method, Mutant, collector

MUTANTS: Final[list[Mutant]] = []
mutant = collector(MUTANTS)


# ---------------------------------------------------------------------- 0003: transactions


class _Deferred:
    """Writes that a worker means to do later, by thread; a crash forgets them."""

    def __init__(self) -> None:
        self.waiting: dict[int, list[Callable[[], object]]] = {}

    def later(self, write: Callable[[], object]) -> None:
        self.waiting.setdefault(threading.get_ident(), []).append(write)

    def now(self) -> None:
        for write in self.waiting.pop(threading.get_ident(), []):
            write()


def _produce_first() -> Iterable[tuple[Any, str, Any]]:
    deferred = _Deferred()
    append, project, transact = MemoryCaseStore.append, MemoryCaseStore.project, MemoryLog.transact

    def append_later(self: Any, entries: Any) -> frozenset[str]:
        deferred.later(lambda: append(self, entries))
        return frozenset()

    def project_later(self: Any, projections: Any) -> None:
        deferred.later(lambda: project(self, projections))

    def transact_and_write(self: Any, outbound: Any, offsets: Any) -> None:
        transact(self, outbound, offsets)
        deferred.now()

    yield MemoryCaseStore, "append", append_later
    yield MemoryCaseStore, "project", project_later
    yield MemoryLog, "transact", transact_and_write


MUTANTS.append(Mutant("produced_before_the_database", "0003", _produce_first))


@mutant("0003", MemoryLog, "transact")
def transaction_without_offsets(right: Method) -> Method:
    def transact(self: Any, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]) -> None:
        producer, self._producer = self._producer, None
        try:
            self._broker.produce(producer, outbound)
            self._broker.commit(producer)
        except BrokerAway as error:
            raise TransactionLost("away") from error
        except Fenced as error:
            raise TransactionLost("fenced") from error
        self._producer = producer
        self._broker.group(self._group).committed.update(offsets)
        self._committed.update(
            {spot: next_ for spot, next_ in offsets.items() if spot in self._committed}
        )

    return transact


@mutant("0003", MemoryBroker, "send_offsets")
def offsets_not_bound_to_membership(right: Method) -> Method:
    def send(
        self: Any, producer: Producer, group: str, member_id: str, offsets: Mapping[Spot, int]
    ) -> None:
        living = next(iter(self.group(group).members), None)
        if living is None:
            self.group(group).join(living := self.new_member_id(), (), {})
        right(self, producer, group, living, offsets)

    return send


@mutant("0003", MemoryLog, "recover")
def no_rewind_after_a_loss(right: Method) -> Method:
    def recover(self: Any) -> None:
        self._producer = self._new_producer()

    return recover


@mutant("0003", MemoryLog, "recover")
def positions_not_read_again_after_a_loss(right: Method) -> Method:
    def recover(self: Any) -> None:
        self._producer = self._new_producer()
        self.rewind()

    return recover


@mutant("0003", MemoryLog, "transact")
def retried_inside_a_doubtful_transaction(right: Method) -> Method:
    def transact(self: Any, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]) -> None:
        producer = self._producer
        try:
            right(self, outbound, offsets)
        except TransactionLost:
            self._producer = producer
            right(self, outbound, offsets)

    return transact


@mutant("0003", BatchLoop, "_handle")
def outage_taken_for_poison(right: Method) -> Method:
    def handle(self: Any, batch: Sequence[Inbound]) -> Handled:
        try:
            handled: Handled = right(self, batch)
        except OutageError:
            reason = DeadReason.MALFORMED
            return Handled(dead=[DeadLetter(one, reason, "away", "", "outage") for one in batch])
        return handled

    return handle


@mutant("0003", burying, "may_bury", defect=0.05)
def half_done_record_buried(right: Method) -> Method:
    return lambda handler, inbound: True


@mutant(
    "0036",
    cases_handler,
    "seal",
    **NOTHING_ELSE | {"defect": 0.2, "stall": 0.03, "commands": 60, "focus": ("before append",)},
)
def buried_without_a_seal(right: Method) -> Method:
    return lambda store, clock, key, source: not store.entries_holding(key, [source])


@mutant(
    "0036",
    cases_handler,
    "says_nothing",
    **NOTHING_ELSE | {"crash": 0.02, "commands": 40, "partitions": 2, "focus": ("before_begin",)},
)
def seal_ends_the_look_back(right: Method) -> Method:
    return lambda entry: False


@mutant("0003", memory_topics.Topics, "read")
def aborted_records_read(right: Method) -> Method:
    def read(self: Any, spot: Spot, offset: int) -> Iterable[Inbound]:
        list(right(self, spot, offset))
        return [one.record for one in self._partition(spot).log[offset:] if one is not None]

    return read


# ---------------------------------------------------------------------- 0004: assignment


@mutant(
    "0004",
    MemoryLog,
    "_apply_gate",
    **NOTHING_ELSE
    | {"crash": 0.01, "stall": 0.01, "piecemeal": 0.9, "rebalance": 0.02, "partitions": 2}
    | {"focus": ("before_begin", "after append"), "commands": 60},
)
def served_before_all_topics_are_held(right: Method) -> Method:
    def apply_gate(self: Any) -> None:
        self._served = frozenset() if self._is_paused else frozenset(self._committed)

    return apply_gate


@mutant("0004", Group, "assign")
def uniform_assignor(right: Method) -> Method:
    def assign(self: Any, partitions: Mapping[str, int], turn: bool = False) -> None:
        right(self, partitions, turn)
        members = sorted(self.members)
        spots = sorted({spot for one in self.members.values() for spot in one.target})
        for place, member_id in enumerate(members):
            self.members[member_id].target = frozenset(spots[place :: len(members)])

    return assign


class _Elsewhere(bytes):
    """A key that another partitioner places."""


def _two_partitioners() -> Iterable[tuple[Any, str, Any]]:
    append, place = MemoryBroker.append, memory_partitioner.partition_of

    def append_elsewhere(self: Any, records: Iterable[Outbound]) -> None:
        append(self, [one._replace(key=_Elsewhere(one.key or b"")) for one in records])

    def partition_of(key: bytes, partitions: int) -> int:
        return sum(key) % partitions if isinstance(key, _Elsewhere) else place(key, partitions)

    yield MemoryBroker, "append", append_elsewhere
    yield memory_topics, "partition_of", partition_of


_BUSY: Final = NOTHING_ELSE | {"stall": 0.01, "switch": 0.1, "partitions": 4, "commands": 60}
_AT_WRITES: Final = {"focus": ("after append", "before_begin")}
MUTANTS.append(
    Mutant("commands_placed_by_another_partitioner", "0004", _two_partitioners, _BUSY | _AT_WRITES)
)


@mutant("0004", memory_log, "start_offset")
def reset_to_latest(right: Method) -> Method:
    def start_offset(spot: Spot, topic_id: str, committed: int | None, *rest: Any) -> Any:
        end = rest[-1]
        return right(spot, topic_id, end if committed is None else committed, *rest)

    return start_offset


@mutant("0004", MemoryLog, "transact")
def checkpoint_saved_before_the_commit(right: Method) -> Method:
    def transact(self: Any, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]) -> None:
        for spot, next_ in offsets.items():
            self._unsaved[spot] = Checkpoint(self._ids[spot.topic], next_)
        self._save_checkpoints()
        right(self, outbound, offsets)

    return transact
