"""The events of one input."""

from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseChanged, CaseCommand, CaseState
from schemas.vocabulary import CaseStatus, ChangeKind
from services.cases.evolution import evolve

SYSTEM: Final = "system"
CUSTOMER: Final = "customer"
OF_INCIDENT: Final = "incident:"
"""Begins the reason of what a case does because of its incident, whose id follows."""


class Story:
    """The events of one input, each evolving the state the next one starts from."""

    def __init__(
        self,
        tenant: str,
        case_id: str,
        state: CaseState | None,
        now: datetime,
        accepted_at: datetime | None = None,
        on_behalf_of: str | None = None,
    ) -> None:
        self.before = state
        self.state = state
        self.now = now
        self.tenant = tenant
        self.accepted_at = accepted_at
        """Of a command: when it was accepted, which may be before it could be applied."""
        self.on_behalf_of = on_behalf_of
        """Of a command: for whom its actor said to act."""
        self.events: list[CaseChanged] = []
        self.sent: list[CaseCommand] = []
        """Commands to other cases that follow from the events."""
        self._case_id = case_id

    def tell(self, kind: ChangeKind, actor: str, status: CaseStatus, **fields: Any) -> CaseState:
        """Add an event and return the state after it. While a case is merged, each of its
        events names the head; while it is part of an incident, that."""
        if self.state is not None and self.state.merged_into is not None:
            fields["merged_into"] = self.state.merged_into
        if self.state is not None and self.state.incident_id is not None:
            fields.setdefault("incident_id", self.state.incident_id)
        if actor != SYSTEM:
            fields["on_behalf_of"] = self.on_behalf_of
        event = CaseChanged(
            tenant=self.tenant,
            case_id=self._case_id,
            seq=self.state.seq + 1 if self.state else 1,
            at=self.now,
            accepted_at=self.accepted_at,
            kind=kind,
            actor=actor,
            status=status,
            **fields,
        )
        self.state = evolve(self.state, event)
        self.events.append(event)
        return self.state


def time_of(state: CaseState | None, now: datetime) -> datetime:
    """Return the time at which the next input takes effect, where this process' clock says ``now``:
    the time of a case never runs back, whoever decided before (ADR 0054)."""
    return now if state is None else max(now, state.updated_at)
