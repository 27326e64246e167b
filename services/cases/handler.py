"""A batch of contacts, commands and fired clocks: load, plan, append, project, emit (ADR 0002).

Optimistic: one query for the projections, one insert for the log. Only when a projection
says that its last entry may not have been produced, or when an append meets a conflict, is
the log itself read.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.keys import case_key, hub_key
from schemas.routes import ContactRouted
from schemas.trends import ContactsCounted
from services.cases.burying import buried, seal
from services.cases.commands import SINCE
from services.cases.planning import (
    Basis,
    Counted,
    Item,
    Plan,
    as_since,
    is_behind,
    plan,
    replay,
)
from services.cases.policies import Policies
from services.cases.tips import is_unproduced, says_nothing, tip_after, tip_of
from services.cases.topics import CaseTopics
from services.domain.case_store import CaseStore, LogEntry, Projection
from services.domain.clock import Clock
from services.domain.errors import ConflictPersists
from services.domain.label_store import LabelStore, labels_of
from services.domain.teams import NO_LOADS
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import (
    DeadLetter,
    DeadReason,
    Handled,
    Inbound,
    Outbound,
    Positions,
)

logger: Final = logging.getLogger(__name__)

MAX_ROUNDS: Final = 12
"""Rounds of losing to another writer before the batch is put off."""
WALK: Final = 20
"""Log entries read at a time when looking for the unproduced end of a log."""
TOLD: Final = 5
"""Cases that the log names when a batch is put off."""


class CasesHandler:
    """See :class:`services.runtime.ports.Handler`."""

    def __init__(
        self,
        store: CaseStore,
        labels: LabelStore,
        policies: Callable[[], Policies],
        clock: Clock,
        topics: CaseTopics,
        crash: CrashPoints = never,
        loads: Callable[[], Mapping[str, int]] = lambda: NO_LOADS,
    ) -> None:
        """``policies`` in force, and ``loads``, open cases by person: each is asked once for
        each batch."""
        self._loads = loads
        self._store = store
        self._labels = labels
        self._policies = policies
        self._clock = clock
        self._topics = topics
        self._crash = crash

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port."""
        handled = Handled()
        waiting = self._read(batch, handled)
        by_source = {str(inbound.source): inbound for inbound in batch}
        self._crash("before_store")
        in_doubt: frozenset[str] = frozenset()
        emitted: set[tuple[str, int]] = set()
        newest: dict[str, bytes] = {}
        counted: Counter[Counted] = Counter()
        policies = replace(self._policies(), loads=self._loads())
        for _ in range(MAX_ROUNDS):
            if not waiting:
                self._emit_sums(newest, counted, handled)
                return handled
            bases = self._bases(waiting, positions, in_doubt)
            now = self._clock.now()
            plans = {
                key: plan(key, bases[key], items, policies, now) for key, items in waiting.items()
            }
            in_doubt = self._store.append([p.entry for p in plans.values() if p.entry is not None])
            self._crash("after_log")
            won = {key: made for key, made in plans.items() if key not in in_doubt}
            states = {key: encode(made.state) for key, made in won.items() if made.state}
            self._project(won, states)
            self._crash("after_projection")
            self._keep_labels(won, bases)
            if won and not any(made.entry for made in won.values()):
                self._store.barrier()
            for key, made in won.items():
                if self._emit(key, bases[key], made, emitted, handled) and key in states:
                    newest[key] = states[key]
                counted.update(made.counted)
                _tell_refused(made)
                for one in made.calibration:
                    handled.verdicts.update(one.verdicts)
                    handled.corrections.update(one.changes)
                handled.dead.extend(buried(by_source[source]) for source in made.sealed)
            waiting = {key: waiting[key] for key in plans if key in in_doubt} | {
                key: made.left for key, made in won.items() if made.left
            }
        for key in list(waiting)[:TOLD]:
            logger.warning(
                "a case is lost to another writer", extra={"case": key.rpartition("|")[2]}
            )
        raise ConflictPersists("mongodb", f"lost cases to another writer in {MAX_ROUNDS} rounds")

    def may_bury(self, inbound: Inbound) -> bool:
        """See :class:`services.runtime.ports.RememberingHandler`."""
        try:
            record = self._topics.record_of(inbound)
        except MalformedRecordError:
            return True
        key = case_key(record.tenant, record.case_id).decode()
        if not seal(self._store, self._clock, key, str(inbound.source)):
            return False
        self._from_log(key, self._store.projections([key]).get(key), (), {})
        return True

    def _read(self, batch: Sequence[Inbound], handled: Handled) -> dict[str, Sequence[Item]]:
        waiting: dict[str, list[Item]] = {}
        for inbound in batch:
            try:
                record = self._topics.record_of(inbound)
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
                continue
            key = case_key(record.tenant, record.case_id)
            if inbound.key != key:
                # In another partition another worker would write this case as well.
                problem = "the record key is not the case's"
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, problem, "case_id", "wrong_key")
                )
                continue
            if isinstance(record, ContactRouted):
                handled.accepted.append(record.scored.deduplicated.contact.accepted_at)
            waiting.setdefault(key.decode(), []).append(Item(str(inbound.source), record))
        return dict(waiting)

    # ------------------------------------------------------------------ what is known

    def _bases(
        self,
        waiting: Mapping[str, Sequence[Item]],
        positions: Positions,
        in_doubt: frozenset[str],
    ) -> dict[str, Basis]:
        projections = self._store.projections(waiting)
        bases: dict[str, Basis] = {}
        for key, items in waiting.items():
            projection = projections.get(key)
            if key in in_doubt or (projection and is_unproduced(projection.tip, positions)):
                bases[key] = self._from_log(key, projection, items, positions)
            elif projection:
                bases[key] = Basis(projection.n, projection.state)
            else:
                bases[key] = Basis()
            self._remember(key, bases[key], items)
        return bases

    def _remember(self, key: str, basis: Basis, items: Sequence[Item]) -> None:
        """Read the newest changes where a command is stale: it is told of them."""
        if any(is_behind(item.record, basis.state) for item in items):
            entries = self._store.newest_entries(key, WALK, basis.n)
            events = [event for entry in reversed(entries) for event in entry.events]
            basis.recent = [as_since(decode(CaseChanged, one.value)) for one in events[-SINCE:]]

    def _from_log(
        self,
        key: str,
        projection: Projection | None,
        items: Sequence[Item],
        positions: Positions,
    ) -> Basis:
        """Read the log's end: what the projection misses, what may not have been produced, and
        which of these inputs it already has.

        The inputs first: what a worker without a partition of its own any more appends between
        these reads must not count as known and yet lie behind the end, where nobody produces it.
        """
        basis = Basis(projection.n, projection.state) if projection else Basis()
        for entry in self._store.entries_holding(key, [m for one in items for m in one.marks]):
            for mark in (*entry.sources, *entry.tokens):
                basis.known[mark] = entry
        newer = self._store.entries_after(key, basis.n)
        if newer:
            replay(basis, newer)
            tip = tip_after(projection.tip if projection else (), newer)
            self._store.project([Projection(key, basis.n, tip, basis.state)])
        basis.unproduced = self._unproduced(key, basis.n, positions)
        return basis

    def _unproduced(self, key: str, n: int, positions: Positions) -> list[LogEntry]:
        """Return the end of the log that may not have been produced, in order."""
        found: list[LogEntry] = []
        while n > 0:
            entries = self._store.newest_entries(key, WALK, n)
            if not entries:
                break
            for entry in entries:
                if is_unproduced(entry.sources, positions):
                    found.append(entry)
                elif not says_nothing(entry):
                    return found[::-1]
            n = entries[-1].n - 1
        return found[::-1]

    # ------------------------------------------------------------------ writing, emitting

    def _project(self, won: Mapping[str, Plan], states: Mapping[str, bytes]) -> None:
        projections = [
            Projection(key, made.n, tip_of(made.entry.sources), made.state, states.get(key))
            for key, made in won.items()
            if made.entry is not None
        ]
        if projections:
            self._store.project(projections)

    def _keep_labels(self, won: Mapping[str, Plan], bases: Mapping[str, Basis]) -> None:
        """Write what people said before it is produced; again after a death in between."""
        entries = (one for key, made in won.items() for one in (*bases[key].unproduced, made.entry))
        labels = labels_of(one for one in entries if one is not None)
        if labels:
            self._labels.keep(labels)

    def _emit(
        self, key: str, basis: Basis, made: Plan, emitted: set[tuple[str, int]], handled: Handled
    ) -> bool:
        """Produce what is new and what may be missing; return whether events are among it."""
        record_key = key.encode()
        entries = [
            entry
            for entry in (*basis.unproduced, made.entry)
            if entry is not None and (key, entry.n) not in emitted
        ]
        emitted.update((key, entry.n) for entry in entries)
        for entry in entries:
            handled.outbound.extend(
                Outbound(self._topics.changed, record_key, event.value) for event in entry.events
            )
            handled.outbound.extend(
                Outbound(self._topics.settled, record_key, one.value) for one in entry.settlements
            )
            handled.outbound.extend(
                Outbound(self._topics.commands, one.case_key.encode(), one.value)
                for one in entry.sent
            )
        handled.outbound.extend(
            Outbound(self._topics.settled, record_key, value) for value in made.again
        )
        handled.outcomes.update(made.outcomes)
        return any(entry.events for entry in entries)

    def _emit_sums(
        self, newest: Mapping[str, bytes], counted: Counter[Counted], handled: Handled
    ) -> None:
        """Produce one state per case, and the counts that trends watches."""
        handled.outbound.extend(
            Outbound(self._topics.state, key.encode(), state) for key, state in newest.items()
        )
        now = self._clock.now()
        for (tenant, hub, category), count in counted.items():
            record = ContactsCounted(tenant=tenant, hub=hub, category=category, count=count, at=now)
            key = hub_key(tenant, hub)
            handled.outbound.append(Outbound(self._topics.counts, key, encode(record)))


def _tell_refused(made: Plan) -> None:
    """Log the commands that this entry rejects: not why in words, which may quote the command."""
    for one in made.refused:
        logger.info(
            "command refused",
            extra={"case": one.case_id, "command": one.command_id, "reason": one.refusal},
        )
