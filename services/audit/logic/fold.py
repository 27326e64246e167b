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
STATED: Final = (
    "waiting_for", "appealed_by", "rating", "legal_hold", "merged_into", "merge_id",
)  # fmt: skip
"""Counted too, but kept in the state only."""
_DEFAULTS: Final = {"reopened": 0, "level": 1, "legal_hold": False}
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
    waiting_for: str | None = None
    appealed_by: str | None = None
    rating: int | None = None
    legal_hold: bool = False
    waits: int = 0
    policies: Body | None = None
    """The versions that the case's clocks go by."""
    merged_into: str | None = None
    merge_id: str | None = None

    def add(self, event: Event) -> None:
        """Count one event."""
        body = event.body
        self.seq = event.seq
        self.waits += body.get("status") == "waiting" and self.status != "waiting"
        self.policies = body.get("policies") or self.policies
        self.status = str(body.get("status"))
        kind = body.get("kind")
        if kind == "reopened":
            self.reopened += 1
            self.rating = None
        self._state(str(kind), body)
        if body.get("assignee") is not None:
            self.assignee = body["assignee"]
        if body.get("team") is not None:
            self.team = body["team"]
        if body.get("level") is not None:
            self.level = body["level"]
        contact = body.get("contact")
        if contact is not None and kind in ("opened", "contact_added", "appeal_opened"):
            self._add_contact(contact)

    def _state(self, kind: str, body: Body) -> None:
        if self.status != "waiting":
            self.waiting_for = None
        elif body.get("waiting_for") is not None:
            self.waiting_for = body["waiting_for"]
        if kind == "appealed":
            self.appealed_by = body.get("appealed_by")
        if kind == "rated":
            self.rating = body.get("rating")
        if kind == "absorbed_into":
            link = body.get("merge") or {}
            self.merged_into, self.merge_id = link.get("head"), link.get("merge_id")
        elif kind == "detached":
            self.merged_into = self.merge_id = None
        if kind in ("legal_hold_set", "legal_hold_released"):
            self.legal_hold = kind == "legal_hold_set"

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
        names = (*COUNTED, *STATED)
        wrong = [name for name in names if state.get(name, _absent(name)) != getattr(self, name)]
        wrong += [name for name in INSTANTS if instant(state.get(name)) != getattr(self, name)]
        return wrong + self._differing_clocks(state.get("clocks"))

    def _differing_clocks(self, clocks: Body | None) -> list[str]:
        """Look at the clocks of a state; one that an older version wrote has none."""
        if clocks is None:
            return []
        waits = list(clocks.get("waits") or ())
        is_waiting = bool(waits) and waits[-1].get("until") is None
        agrees = {
            "clocks.policies": clocks.get("policies") == self.policies,
            "clocks.waits": len(waits) == self.waits and is_waiting == (self.status == "waiting"),
        }
        return [name for name, is_so in agrees.items() if not is_so]


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
