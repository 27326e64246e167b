"""A batch of changes of cases and of words to places: pass on, decide, store, produce.

What cases tell becomes words keyed by place, so that each place, and with it each incident, has
one writer; a tenant's watch is a place too. Words are taken one by one: each gives one row.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.incidents import WATCH, IncidentAsk, IncidentCommand
from schemas.keys import case_key
from services.domain.clock import Clock
from services.domain.errors import ConflictPersists
from services.domain.incident_store import (
    ContactText,
    ContactTexts,
    Incident,
    IncidentStore,
    Member,
    PlaceRow,
    PlaceState,
    place_of,
)
from services.domain.incidents.saying import IncidentRules
from services.incidents.logic import TOLD_AT_ONCE, step
from services.incidents.messages import key_of
from services.incidents.reading import may_concern, word_of
from services.incidents.watch import Watches
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Positions

REPLAYED: Final = "replayed"
_MEMBERS_READ: Final = 5000
"""Members read at a time, where all of them count."""


class IncidentTopics(NamedTuple):
    """Real names of the topics read (the first two) and written."""

    changes: str
    places: str
    changed: str
    cases: str


class _Word(NamedTuple):
    key: str
    inbound: Inbound
    command: IncidentCommand

    @property
    def mark(self) -> tuple[str, str]:
        return self.key, self.command.command_id


class IncidentsHandler:
    """See :class:`services.runtime.ports.Handler`."""

    def __init__(
        self,
        store: IncidentStore,
        contacts: ContactTexts,
        rules: Callable[[], IncidentRules],
        clock: Clock,
        topics: IncidentTopics,
        crash: CrashPoints = never,
    ) -> None:
        """``rules`` is asked once for each batch: a batch is decided by one version of them."""
        self._store = store
        self._contacts = contacts
        self._in_force = rules
        self._clock = clock
        self._topics = topics
        self._crash = crash
        self._rules = rules()
        self._watches = Watches(store, contacts, self._rules.policy)
        self._joined: dict[tuple[str, str], list[tuple[int, Member]]] = {}
        """While a batch is taken: who is stored of incidents that cases leave by it."""

    def _take_up(self, rules: IncidentRules) -> None:
        """Go by these; under another policy the watches remember anew, as another memory may fit
        it."""
        if rules.policy != self._rules.policy:
            self._watches = Watches(self._store, self._contacts, rules.policy)
        self._rules = rules

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; a replay is known by its command, so no positions are needed."""
        handled = Handled()
        if (rules := self._in_force()) is not self._rules:
            self._take_up(rules)
        words: list[_Word] = []
        for inbound in batch:
            if inbound.topic == self._topics.changes:
                self._pass_on(inbound, handled)
            elif (command := self._read(inbound, handled)) is not None:
                words.append(_Word(key_of(command), inbound, command))
        if not words:
            return handled
        try:
            self._take(words, handled)
        except BaseException:
            self._watches.forget()
            raise
        finally:
            self._joined.clear()
        return handled

    def _pass_on(self, inbound: Inbound, handled: Handled) -> None:
        """Make a word of a contact that came, and of what a case says of its incident."""
        if not may_concern(inbound.value):
            handled.outcomes["no_concern"] += 1
            return
        try:
            word = word_of(decode(CaseChanged, inbound.value))
        except MalformedRecordError as error:
            handled.dead.append(_dead(inbound, str(error), error.field, error.rule))
            return
        if word is None:
            handled.outcomes["no_concern"] += 1
            return
        handled.outbound.append(Outbound(self._topics.places, key_of(word).encode(), encode(word)))
        handled.outcomes["passed_on"] += 1

    def _read(self, inbound: Inbound, handled: Handled) -> IncidentCommand | None:
        try:
            command = decode(IncidentCommand, inbound.value)
        except MalformedRecordError as error:
            handled.dead.append(_dead(inbound, str(error), error.field, error.rule))
            return None
        if inbound.key != key_of(command).encode():
            # In another partition another worker would write this place as well.
            problem = "the record key is not the place's"
            handled.dead.append(_dead(inbound, problem, "hub", "wrong_key"))
            return None
        return command

    def _take(self, words: Sequence[_Word], handled: Handled) -> None:
        known = self._store.of_commands(word.mark for word in words)
        newest = self._store.newest({word.key for word in words})
        texts = self._watches.texts(
            [w.command for w in words if w.command.kind is IncidentAsk.SEE and w.mark not in known]
        )
        rows: list[PlaceRow] = []
        new: list[PlaceRow] = []
        self._crash("before_store")
        for word in words:
            row = known.get(word.mark)
            if row is None:
                row, outcome = self._row(word, newest.get(word.key), texts, new)
                handled.outcomes[outcome] += 1
                known[word.mark] = newest[word.key] = row
                new.append(row)
            elif row.source != str(word.inbound.source) and not word.inbound.is_replay:
                handled.outcomes["said_before"] += 1
                continue
            else:
                handled.outcomes[REPLAYED] += 1
            rows.append(row)
        if new and not self._store.append(new):
            raise ConflictPersists("mongodb", "another writer has these places: read again")
        self._crash("after_decision")
        for row in rows:
            handled.outbound += self._produced(row)

    def _produced(self, row: PlaceRow) -> list[Outbound]:
        place = row.place.encode()
        return [
            *(Outbound(self._topics.changed, place, one) for one in row.changes),
            *(Outbound(self._topics.cases, key.encode(), one) for key, one in row.joined),
            *(Outbound(self._topics.places, key.encode(), one) for key, one in row.passed),
        ]

    def _row(
        self,
        word: _Word,
        before: PlaceRow | None,
        texts: dict[str, ContactText],
        unsaved: Sequence[PlaceRow],
    ) -> tuple[PlaceRow, str]:
        command, n = word.command, before.n + 1 if before else 1
        start = PlaceRow(word.key, n, command.command_id, str(word.inbound.source), b"")
        if command.hub == WATCH:
            if command.kind is not IncidentAsk.SEE:
                return _replaced(start, PlaceState()), "not_for_the_watch"
            look = self._watches.look(word.key, n, command, texts)
            return _replaced(start, look.state, passed=look.passed), look.outcome
        state = PlaceState() if before is None else place_of(before)
        members = self._members(word, state.incident, unsaved)
        policy, ranks = self._rules
        made = step(state, command, policy, self._clock.now(), members, ranks)
        row = _replaced(
            start,
            made.state,
            changes=tuple(encode(change) for change in made.changes),
            joined=tuple(
                (case_key(one.tenant, one.case_id).decode(), encode(one)) for one in made.to_cases
            ),
            passed=tuple((key_of(one), encode(one)) for one in made.to_places),
            about=made.about,
            member=made.member,
        )
        return row, made.outcome

    def _members(
        self, word: _Word, incident: Incident | None, unsaved: Sequence[PlaceRow]
    ) -> list[tuple[int, Member]]:
        """Return who is told next, or all who ever were of the incident that a case leaves; those
        of this batch too."""
        command = word.command
        incident_id = command.incident_id or ""
        if command.kind is IncidentAsk.TELL:
            after = command.after or 0
            stored = self._store.members(command.tenant, incident_id, after, TOLD_AT_ONCE)
            if len(stored) >= TOLD_AT_ONCE:
                return stored
        elif command.kind is IncidentAsk.LEFT and incident and incident.incident_id == incident_id:
            stored = self._everybody(command.tenant, incident_id)
        else:
            return []
        return stored + [
            (row.n, row.member)
            for row in unsaved
            if row.place == word.key and row.member and row.member.incident_id == incident_id
        ]

    def _everybody(self, tenant: str, incident_id: str) -> list[tuple[int, Member]]:
        """Read all who ever were of an incident, once a batch."""
        found = self._joined.get((tenant, incident_id))
        if found is None:
            found, after = [], 0
            while page := self._store.members(tenant, incident_id, after, _MEMBERS_READ):
                found += page
                after = page[-1][0]
            self._joined[tenant, incident_id] = found
        return found


def _replaced(row: PlaceRow, state: PlaceState, **fields: object) -> PlaceRow:
    content = state.model_dump_json(exclude_none=True, exclude_defaults=True).encode()
    return replace(row, state=content, **fields)  # type: ignore[arg-type]


def _dead(inbound: Inbound, problem: str, field: str, rule: str) -> DeadLetter:
    return DeadLetter(inbound, DeadReason.MALFORMED, problem, field, rule)
