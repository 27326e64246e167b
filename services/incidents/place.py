"""A place while a word is taken: its incident, and what is told of it. Pure."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime

from schemas.cases import CaseCommand
from schemas.incidents import IncidentChange, IncidentChanged, IncidentCommand
from services.domain.incident_store import CaseThere, Incident, Member, News, PlaceState
from services.domain.incidents.policy import IncidentPolicy
from services.incidents.messages import (
    SYSTEM,
    join,
    place_key,
    tell_level,
    tell_more,
    tell_news,
)


def incident_id_of(tenant: str, hub: str, category: str, generation: int) -> str:
    """Return the id of the ``generation``-th incident of a place (80 bits)."""
    told = f"incident|{place_key(tenant, hub, category)}|{generation}"
    digest = hashlib.sha256(told.encode()).digest()
    return "I" + base64.b32encode(digest[:10]).decode("ascii")


class Place:
    """Collects what a word does."""

    def __init__(
        self, state: PlaceState, command: IncidentCommand, policy: IncidentPolicy, now: datetime
    ) -> None:
        self.incident = state.incident
        self.changes: list[IncidentChanged] = []
        self.to_cases: list[CaseCommand] = []
        self.to_places: list[IncidentCommand] = []
        self.member: Member | None = None
        self.recent = list(state.recent)
        self.found = list(state.found)
        self._generation = state.generation
        self.command = command
        self.policy = policy
        self.now = now

    def state(self) -> PlaceState:
        """Return the place as it stands now."""
        return PlaceState(
            generation=self._generation,
            recent=tuple(self.recent),
            found=tuple(self.found),
            incident=self.incident,
        )

    def ask(self, incident: Incident, there: CaseThere, actor: str) -> str:
        """Ask a case to be part of the incident: it is once it says so."""
        quiet_until = max(incident.quiet_until, there.at + self.policy.quiet)
        self.incident = incident.model_copy(update={"quiet_until": quiet_until})
        self.to_cases.append(join(self.command, self.incident, there, actor, self.now))
        return "asked"

    def is_another(self) -> bool:
        """Return whether a word is about an incident of the place that does not last."""
        asked, incident = self.command.incident_id, self.incident
        return incident is None or asked not in (None, incident.incident_id)

    def end(self, reason: str, actor: str) -> None:
        """End the incident."""
        self.tell(IncidentChange.ENDED, actor, reason=reason)
        self.incident = None

    def open(self, reason: str, actor: str, cases: Sequence[CaseThere]) -> None:
        """Open an incident and ask cases to be part of it."""
        command, policy = self.command, self.policy
        self._generation += 1
        self.incident = Incident(
            incident_id=incident_id_of(
                command.tenant, command.hub, command.category, self._generation
            ),
            level=policy.level_of(len({one.who for one in cases})),
            policy=policy.version,
            opened_at=min([command.at, *(one.at for one in cases)]),
            quiet_until=command.at + policy.quiet,
            cause=command.cause,
            words=command.words,
            by_person=actor != SYSTEM,
        )
        self.tell(IncidentChange.OPENED, actor, reason=reason)
        self.recent, self.found = [], []
        for one in cases:
            self.ask(self.incident, one, SYSTEM)

    def take_level(self, level: int, kind: IncidentChange, actor: str, reason: str) -> None:
        """Give the incident another level; its cases are told of it piece by piece."""
        incident = self.incident
        assert incident is not None
        rule = self.policy.version if kind is IncidentChange.LEVEL_RAISED else None
        self.incident = incident.model_copy(update={"level": level, "policy": rule})
        self.tell(kind, actor, reason=reason)
        self.to_places.append(tell_more(self.command, self.incident, 0, self.now))

    def tell_level(self, case_id: str, name: str) -> None:
        """Tell a case of the level."""
        assert self.incident is not None
        self.to_cases.append(tell_level(self.command, self.incident, case_id, name, self.now))

    def keep_news(self, news: News) -> None:
        """Remember what customers were told last."""
        assert self.incident is not None
        self.incident = self.incident.model_copy(update={"news": news})

    def tell_news(self, incident_id: str, news: News, case_id: str) -> None:
        """Tell a case what its customers are to hear."""
        self.to_cases.append(tell_news(self.command, incident_id, news, case_id, self.now))

    def tell(
        self,
        kind: IncidentChange,
        actor: str,
        reason: str | None = None,
        joined: tuple[str, ...] = (),
        left: tuple[str, ...] = (),
    ) -> int:
        """Tell of a change, under the incident's next number; return that."""
        incident, command = self.incident, self.command
        assert incident is not None
        self.incident = incident = incident.model_copy(update={"seq": incident.seq + 1})
        self.changes.append(
            IncidentChanged(
                tenant=command.tenant,
                incident_id=incident.incident_id,
                seq=incident.seq,
                at=self.now,
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
                left=left,
                reason=reason,
                note=command.note if actor != SYSTEM else None,
                cause=incident.cause,
                words=incident.words,
            )
        )
        return incident.seq
