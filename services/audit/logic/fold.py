"""What a case's events add up to: counted here a second time, independently of the worker."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.audit.logic.history import Body, Event

COUNTED: Final = (
    "seq",
    "status",
    "contacts",
    "complainants",
    "reopened",
    "assignee",
    "team",
    "level",
)
_DEFAULTS: Final = {"reopened": 0, "level": 1}
INSTANTS: Final = ("opened_at", "last_contact_at")


@dataclass(slots=True)
class Sum:
    """The fields of a case that can be counted from its events."""

    seq: int = 0
    status: str = ""
    contacts: int = 0
    complainants: int = 1
    reopened: int = 0
    assignee: str | None = None
    team: str | None = None
    level: int = 1
    opened_at: datetime | None = None
    last_contact_at: datetime | None = None

    def add(self, event: Event) -> None:
        """Count one event."""
        body = event.body
        self.seq = event.seq
        self.status = str(body.get("status"))
        kind = body.get("kind")
        if kind == "reopened":
            self.reopened += 1
        if body.get("assignee") is not None:
            self.assignee = body["assignee"]
        if body.get("team") is not None:
            self.team = body["team"]
        if body.get("level") is not None:
            self.level = body["level"]
        contact = body.get("contact")
        if contact is not None and kind in ("opened", "contact_added"):
            self._add_contact(contact)

    def _add_contact(self, contact: Body) -> None:
        self.contacts += 1
        if contact.get("relation") == "second_complainant":
            self.complainants += 1
        at = instant(contact.get("received_at"))
        if at is not None:
            self.opened_at = min(at, self.opened_at or at)
            self.last_contact_at = max(at, self.last_contact_at or at)

    def differing(self, state: Body) -> list[str]:
        """Return the names of the fields of a ``CaseState`` that are not this sum."""
        wrong = [name for name in COUNTED if state.get(name, _absent(name)) != getattr(self, name)]
        return wrong + [
            name for name in INSTANTS if instant(state.get(name)) != getattr(self, name)
        ]


def _absent(name: str) -> int | None:
    """What a field means that is not there."""
    return _DEFAULTS.get(name)


def summed(events: Iterable[Event]) -> Sum:
    """Fold events from a case's beginning."""
    total = Sum()
    for event in events:
        total.add(event)
    return total


def instant(text: object) -> datetime | None:
    """Read an instant of a record; None when it is none."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
