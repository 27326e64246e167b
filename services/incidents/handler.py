"""A batch of contacts and of words to places: pass sightings on, decide, store, produce.

A contact that opens a case becomes a sighting keyed by its place, so that each place, and with
it each incident, has one writer. A place's words are taken one by one: each gives one row.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from schemas.cases import CaseCommand
from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.incidents import IncidentAsk, IncidentCommand
from schemas.keys import case_key
from schemas.routes import ContactRouted
from schemas.vocabulary import CommandKind, Relation
from services.domain.clock import Clock
from services.domain.errors import ConflictPersists
from services.domain.incident_store import IncidentStore, PlaceRow, PlaceState, place_of
from services.incidents.logic import SYSTEM, place_key, step
from services.incidents.policy import PlacePolicy
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Positions

REPLAYED: Final = "replayed"


class IncidentTopics(NamedTuple):
    """Real names of the topics read (the first two) and written."""

    contacts: str
    places: str
    changed: str
    cases: str


class IncidentsHandler:
    """See :class:`services.runtime.ports.Handler`."""

    def __init__(
        self,
        store: IncidentStore,
        policy: PlacePolicy,
        clock: Clock,
        topics: IncidentTopics,
        crash: CrashPoints = never,
    ) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._topics = topics
        self._crash = crash

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; a replay is known by its command, so no positions are needed."""
        handled = Handled()
        words: list[tuple[str, Inbound, IncidentCommand]] = []
        for inbound in batch:
            if inbound.topic == self._topics.contacts:
                self._pass_on(inbound, handled)
            elif (command := self._read(inbound, handled)) is not None:
                key = place_key(command.tenant, command.hub, command.category)
                words.append((key, inbound, command))
        if words:
            self._take(words, handled)
        return handled

    def _pass_on(self, inbound: Inbound, handled: Handled) -> None:
        """Make a sighting of a contact that opened a case at a known place."""
        try:
            routed = decode(ContactRouted, inbound.value)
        except MalformedRecordError:
            handled.outcomes["left_to_cases"] += 1  # which makes it a dead letter
            return
        decision = routed.scored.deduplicated
        contact, hub = decision.contact, decision.contact.facts.hub
        if decision.relation is not Relation.NEW or not hub:
            handled.outcomes["no_sighting"] += 1
            return
        category = routed.scored.score.category
        sighting = IncidentCommand(
            tenant=routed.tenant,
            hub=hub,
            category=category,
            command_id=f"sight-{contact.contact_id}"[:80],
            kind=IncidentAsk.SIGHT,
            actor=SYSTEM,
            at=contact.received_at,
            case_id=routed.case_id,
            who=contact.person or contact.contact_id,
        )
        key = place_key(routed.tenant, hub, category).encode()
        handled.outbound.append(Outbound(self._topics.places, key, encode(sighting)))
        handled.outcomes["sighting"] += 1

    def _read(self, inbound: Inbound, handled: Handled) -> IncidentCommand | None:
        try:
            command = decode(IncidentCommand, inbound.value)
        except MalformedRecordError as error:
            handled.dead.append(
                DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
            )
            return None
        if inbound.key != place_key(command.tenant, command.hub, command.category).encode():
            # In another partition another worker would write this place as well.
            problem = "the record key is not the place's"
            handled.dead.append(
                DeadLetter(inbound, DeadReason.MALFORMED, problem, "hub", "wrong_key")
            )
            return None
        return command

    def _take(
        self, words: Sequence[tuple[str, Inbound, IncidentCommand]], handled: Handled
    ) -> None:
        known = self._store.of_commands((key, command.command_id) for key, _, command in words)
        newest = self._store.newest({key for key, _, _ in words})
        new: list[PlaceRow] = []
        rows: list[PlaceRow] = []
        self._crash("before_store")
        for key, inbound, command in words:
            row = known.get((key, command.command_id))
            if row is None:
                row = self._row(key, inbound, command, newest.get(key), handled)
                known[key, command.command_id] = newest[key] = row
                new.append(row)
            elif row.source != str(inbound.source) and not inbound.is_replay:
                handled.outcomes["said_before"] += 1
                continue
            else:
                handled.outcomes[REPLAYED] += 1
            rows.append(row)
        if new and not self._store.append(new):
            raise ConflictPersists("mongodb", "another writer has these places: read again")
        self._crash("after_decision")
        for row in rows:
            place = row.place.encode()
            handled.outbound += [Outbound(self._topics.changed, place, one) for one in row.changes]
            handled.outbound += [
                Outbound(self._topics.cases, case.encode(), value) for case, value in row.joined
            ]

    def _row(
        self,
        key: str,
        inbound: Inbound,
        command: IncidentCommand,
        before: PlaceRow | None,
        handled: Handled,
    ) -> PlaceRow:
        state = PlaceState() if before is None else place_of(before)
        now = self._clock.now()
        made = step(state, command, self._policy, now)
        handled.outcomes[made.outcome] += 1
        incident = made.changes[-1].incident_id if made.changes else ""
        joins = [
            CaseCommand(
                tenant=command.tenant,
                case_id=case_id,
                command_id=f"join-{incident}",
                kind=CommandKind.JOIN_INCIDENT,
                actor=SYSTEM,
                issued_at=now,
                other=incident,
            )
            for case_id in made.joined
        ]
        return PlaceRow(
            place=key,
            n=before.n + 1 if before else 1,
            command_id=command.command_id,
            source=str(inbound.source),
            state=made.state.model_dump_json(exclude_none=True).encode(),
            changes=tuple(encode(change) for change in made.changes),
            joined=tuple(
                (case_key(one.tenant, one.case_id).decode(), encode(one)) for one in joins
            ),
        )
