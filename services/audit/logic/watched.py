"""The clocks of one case as the auditor counts them, event by event, with code of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from services.audit.logic.fold import instant
from services.audit.logic.held import Holds
from services.audit.logic.history import Event

ANSWERED: Final = frozenset({"resolved", "closed", "rejected", "archived", "appealed"})
_UNTOUCHED: Final = frozenset({"received", "assigned", "transferred", "reopened", "unknown"})
_TELLING: Final = frozenset(
    {"acknowledged", "proposed", "transferred", "extended", "customer_updated"}
)
"""What tells the customer how the matter stands; so does missing the time for it."""


class Asked(NamedTuple):
    """Who has a task, and since when."""

    holder: str
    since: datetime


@dataclass(slots=True)
class Watched:
    """The clocks of one case, counted from its events."""

    status: str = ""
    level: int = 1
    opened: datetime | None = None
    last_contact: datetime | None = None
    restarted: datetime | None = None
    runs: int = 0
    answered: datetime | None = None
    updates: int = 0
    """How often the next update to the customer was counted anew."""
    updated: datetime | None = None
    forwarded: datetime | None = None
    """When the regulator forwarded the complaint, until it is answered."""
    forwards: int = 0
    """How often that was counted anew."""
    is_taken_up: bool = False
    is_appeal: bool = False
    policies: Mapping[str, Any] | None = None
    place: Mapping[str, Any] | None = None
    """Where the case belongs, as its opening says."""
    waits: list[tuple[datetime, datetime | None, str]] = field(default_factory=list)
    extended: dict[str, int] = field(default_factory=dict)
    fired: set[str] = field(default_factory=set)
    holds: Holds = field(default_factory=Holds)
    """The clocks of whoever has the case."""
    tasks: dict[int, Asked] = field(default_factory=dict)
    """The tasks of others that are open, by number."""


def take(seen: Watched, event: Event) -> None:
    """Count one event in."""
    body = event.body
    kind, at = body.get("kind"), instant(body.get("at"))
    if at is None:
        return
    done = min(instant(body.get("accepted_at")) or at, at)
    contact = body.get("contact")
    if kind == "appeal_opened":
        seen.is_appeal = True
    if isinstance(contact, Mapping) and kind in ("opened", "contact_added", "appeal_opened"):
        received = instant(contact.get("received_at")) or at
        seen.opened = min(received, seen.opened or received)
        seen.last_contact = max(received, seen.last_contact or received)
        if body.get("clock") == "regulator":
            _follow_forwarding(seen, received)
    status = str(body.get("status"))
    _follow_wait(seen, body, status, done)
    answers = (seen.answered is not None, status in ANSWERED)
    wait = seen.waits[-1][0] if status == "waiting" else None
    seen.holds.take(body, at, done, answers, wait)
    _follow_answer(seen, body, status, at, done)
    _follow_update(seen, body, status, at)
    seen.status = status
    seen.level = body.get("level") or seen.level
    seen.policies = body.get("policies") or seen.policies
    seen.place = body.get("place") or seen.place
    if status not in _UNTOUCHED:
        seen.is_taken_up = True
    if kind == "extended" and isinstance(body.get("clock"), str):
        clock = body["clock"]
        seen.extended[clock] = seen.extended.get(clock, 0) + int(body.get("extended_by") or 0)
    _follow_stage(seen, body)
    _follow_task(seen, body, status, at)


def _follow_task(seen: Watched, body: Mapping[str, Any], status: str, at: datetime) -> None:
    task = body.get("task")
    if status in ANSWERED:
        seen.tasks.clear()
    elif isinstance(task, Mapping) and body.get("kind") == "task_given":
        seen.tasks[int(task["number"])] = Asked(str(task["holder"]), at)
    elif isinstance(task, Mapping) and body.get("kind") in ("task_done", "task_withdrawn"):
        seen.tasks.pop(int(task["number"]), None)


def _follow_wait(seen: Watched, body: Mapping[str, Any], status: str, done: datetime) -> None:
    is_open = bool(seen.waits) and seen.waits[-1][1] is None
    if status == "waiting" and not is_open:
        seen.waits.append((done, None, str(body.get("waiting_for"))))
    elif status != "waiting" and is_open:
        begin, _, whom = seen.waits[-1]
        end = max(begin, done)
        last = _came_at(seen, body)
        if last is not None and begin <= last <= done:
            end = last
        seen.waits[-1] = (begin, end, whom)


def _came_at(seen: Watched, body: Mapping[str, Any]) -> datetime | None:
    """When the contact came by which a case goes on: its own newest, or one to a merged case; None
    where it goes on by a command."""
    origin = (body.get("merge") or {}).get("origin") or {}
    if body.get("command_id") is not None:
        return None
    came = instant(origin.get("received_at"))
    return came or (seen.last_contact if body.get("accepted_at") is None else None)


def _follow_forwarding(seen: Watched, received: datetime) -> None:
    if seen.forwarded is not None and received < seen.forwarded:
        seen.forwards += 1
    seen.forwarded = min(received, seen.forwarded or received)


def _follow_answer(
    seen: Watched, body: Mapping[str, Any], status: str, at: datetime, done: datetime
) -> None:
    if status in ANSWERED:
        if seen.answered is None:
            seen.answered = done
            seen.forwards += seen.forwarded is not None
            seen.forwarded = None
        return
    if seen.answered is None:
        return
    seen.runs += 1
    last, ended = _came_at(seen, body), seen.answered
    is_contact = last is not None and ended <= last <= at
    seen.restarted = last if is_contact else at
    seen.answered = None
    seen.extended.clear()
    seen.updates, seen.updated = seen.updates + 1, seen.restarted


def _follow_update(seen: Watched, body: Mapping[str, Any], status: str, at: datetime) -> None:
    kind, missed = body.get("kind"), f"next_update:breach:{seen.updates}"
    is_missed = kind == "clock_breached" and body.get("stage") == missed
    if status not in ANSWERED and (kind in _TELLING or is_missed):
        seen.updates, seen.updated = seen.updates + 1, at
        seen.extended.pop("next_update", None)


def _follow_stage(seen: Watched, body: Mapping[str, Any]) -> None:
    kind, stage = body.get("kind"), body.get("stage")
    if not isinstance(stage, str) or body.get("merge"):
        return  # a merged case's clock: whether its own fired is counted with it
    if kind in ("clock_breached", "escalated"):
        seen.fired.add(stage)
    elif kind == "breach_retracted":
        clock, run = stage.split(":")[0], stage.rsplit(":", 1)[1]
        seen.fired = {
            one
            for one in seen.fired
            if not (one.startswith(f"{clock}:") and one.endswith(f":{run}"))
        }
