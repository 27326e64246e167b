"""What a sighting or a person's word does to a place. Pure."""

import base64
import hashlib
from datetime import datetime
from typing import Final, NamedTuple

from schemas.incidents import IncidentAsk, IncidentChange, IncidentChanged, IncidentCommand
from services.domain.incident_store import Incident, PlaceState, Sighting
from services.incidents.policy import PlacePolicy

SYSTEM: Final = "system"
_MOST_RECENT: Final = 200


class Step(NamedTuple):
    """The place afterwards, what happened, and which cases became members of which incident."""

    state: PlaceState
    changes: list[IncidentChanged]
    joined: list[str]
    outcome: str


def place_key(tenant: str, hub: str, category: str) -> str:
    """Return the key of a place: what happens at one hub, of one category."""
    return f"{tenant}|{hub}|{category}"


def incident_id_of(tenant: str, hub: str, category: str, generation: int) -> str:
    """Return the id of the ``generation``-th incident of a place (80 bits)."""
    told = f"incident|{place_key(tenant, hub, category)}|{generation}"
    digest = hashlib.sha256(told.encode()).digest()
    return "I" + base64.b32encode(digest[:10]).decode("ascii")


def step(state: PlaceState, command: IncidentCommand, policy: PlacePolicy, now: datetime) -> Step:
    """Return what ``command`` does."""
    telling = _Telling(state, command, policy, now)
    if telling.incident is not None and command.at > telling.incident.quiet_until:
        telling.end("quiet", SYSTEM)
    acts = {
        IncidentAsk.SIGHT: telling.sight,
        IncidentAsk.OPEN: telling.open_by_person,
        IncidentAsk.END: telling.end_by_person,
    }
    outcome = acts[command.kind]()
    return Step(telling.state(), telling.changes, telling.joined, outcome)


class _Telling:
    def __init__(
        self, state: PlaceState, command: IncidentCommand, policy: PlacePolicy, now: datetime
    ) -> None:
        self.incident = state.incident
        self.changes: list[IncidentChanged] = []
        self.joined: list[str] = []
        self._recent = list(state.recent)
        self._generation = state.generation
        self._command = command
        self._policy = policy
        self._now = now

    def state(self) -> PlaceState:
        return PlaceState(
            generation=self._generation, recent=tuple(self._recent), incident=self.incident
        )

    def sight(self) -> str:
        command, policy = self._command, self._policy
        if command.case_id is None or command.who is None:
            return "sighting_of_nothing"
        seen = Sighting(case_id=command.case_id, who=command.who, at=command.at)
        if self.incident is not None:
            self._join([seen], SYSTEM)
            return "joined"
        near = [one for one in self._recent if abs(one.at - seen.at) <= policy.window]
        self._recent = [*near, seen][-_MOST_RECENT:]
        customers = {one.who for one in self._recent}
        if len(self._recent) < policy.least_cases or len(customers) < policy.least_customers:
            return "seen"
        self._open("many_at_one_place", SYSTEM)
        return "opened"

    def open_by_person(self) -> str:
        if self.incident is not None:
            return "open_already"
        self._open("by_person", self._command.actor)
        return "opened"

    def end_by_person(self) -> str:
        if self.incident is None:
            return "no_incident"
        self.end("by_person", self._command.actor)
        return "ended"

    def end(self, reason: str, actor: str) -> None:
        self._tell(IncidentChange.ENDED, actor, reason=reason)
        self.incident = None

    def _open(self, reason: str, actor: str) -> None:
        command, policy, members = self._command, self._policy, self._recent
        self._generation += 1
        begin = min([command.at, *(one.at for one in members)])
        self.incident = Incident(
            incident_id=incident_id_of(
                command.tenant, command.hub, command.category, self._generation
            ),
            level=policy.level,
            opened_at=begin,
            quiet_until=command.at + policy.quiet,
        )
        self._tell(IncidentChange.OPENED, actor, reason=reason)
        self._recent = []
        if members:
            self._join(members, SYSTEM)

    def _join(self, seen: list[Sighting], actor: str) -> None:
        policy, incident = self._policy, self.incident
        assert incident is not None
        known = dict.fromkeys((*incident.who, *(one.who for one in seen)))
        quiet_until = max(one.at for one in seen) + policy.quiet
        self.incident = incident.model_copy(
            update={
                "cases": incident.cases + len(seen),
                "who": tuple(known)[: policy.gravest.from_customers],
                "quiet_until": max(incident.quiet_until, quiet_until),
            }
        )
        names = [one.case_id for one in seen]
        self.joined += names
        self._tell(IncidentChange.CASES_JOINED, actor, joined=tuple(names))
        level = policy.level_of(len(self.incident.who))
        if level > self.incident.level:
            self.incident = self.incident.model_copy(update={"level": level})
            self._tell(IncidentChange.LEVEL_RAISED, actor, reason=policy.version)

    def _tell(
        self,
        kind: IncidentChange,
        actor: str,
        reason: str | None = None,
        joined: tuple[str, ...] = (),
    ) -> None:
        incident, command = self.incident, self._command
        assert incident is not None
        self.incident = incident = incident.model_copy(update={"seq": incident.seq + 1})
        self.changes.append(
            IncidentChanged(
                tenant=command.tenant,
                incident_id=incident.incident_id,
                seq=incident.seq,
                at=self._now,
                kind=kind,
                actor=actor,
                hub=command.hub,
                category=command.category,
                level=incident.level,
                cases=incident.cases,
                customers=len(incident.who),
                opened_at=incident.opened_at,
                quiet_until=incident.quiet_until,
                joined=joined,
                reason=reason,
                note=command.note if actor != SYSTEM else None,
            )
        )
