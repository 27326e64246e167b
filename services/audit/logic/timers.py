"""Check T: every open case has exactly one armed next timer, no timer fired early, and the time of
no case ran back.

Up to what ``sla`` has read: the newest state of a case that stands before its position must
have given a timer version at least as new, armed while the case is open, and not for later than
the next limit by the auditor's own arithmetic (check L). Versions are rows of ``timers``; the
newest counts, older ones never fire.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.fold import instant
from services.audit.logic.history import History
from services.audit.logic.places import Places

_SETTLED: Final = frozenset({"resolved", "closed", "rejected", "archived", "appealed"})
_CLOCKS: Final = frozenset({"clock_warned", "clock_breached", "escalated"})


_LATE: Final = timedelta(minutes=3)
"""A timer may be armed so much later than the auditor, who counts whole minutes, has it due."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Newest(NamedTuple):
    """The newest state of a case that ``sla`` must have read."""

    seq: int
    is_open: bool


class TimersCheck:
    """Feed the states, then every case, then the timer rows."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._found = Findings(
            "T", "each open case has one armed timer; none fired early; no time ran back"
        )
        self._states: dict[str, _Newest] = {}
        self._timers: dict[str, tuple[int, datetime | None]] = {}
        self._dues: dict[str, tuple[int, datetime]] = {}
        """By open case: its number of changes, and when its next limit or rung is due."""

    def state(self, place: int, case_key: str, body: Mapping[str, Any]) -> None:
        """A state stands on the topic."""
        if self._places.is_waiting(place):
            self._found.waiting += 1
            return
        seq = body.get("seq")
        known = self._states.get(case_key)
        if isinstance(seq, int) and (known is None or seq > known.seq):
            self._states[case_key] = _Newest(seq, body.get("status") not in _SETTLED)

    def removed(self, place: int, case_key: str) -> None:
        """A tombstone stands on the topic: the case needs no timer."""
        if self._places.is_waiting(place):
            self._found.waiting += 1
        else:
            self._states.pop(case_key, None)

    def case(self, history: History, due: datetime | None = None) -> None:
        """The log of one case, of which something is ``due`` next."""
        latest: datetime | None = None
        for event in history.events:
            at, offender = instant(event.body.get("at")), f"{history.case_key}#{event.seq}"
            if event.body.get("kind") in _CLOCKS:
                told = instant(event.body.get("due_at"))
                if told is None or at is None or at < told:
                    self._found.found(Defect.EARLY, offender)
            if at is not None and latest is not None and at < latest:
                self._found.found(Defect.RAN_BACK, offender)
            latest = at or latest
        if due is not None:
            self._dues[history.case_key] = (max(one.seq for one in history.events), due)

    def timer(self, case_key: str, seq: int, due: datetime | int | None) -> None:
        """A row of ``timers``; ``due`` is None on a version that disarms."""
        known = self._timers.get(case_key)
        if known is None or seq > known[0]:
            self._timers[case_key] = (seq, _instant_of(due))

    def findings(self) -> Findings:
        """Say what is wrong, after the last row."""
        for case_key, state in self._states.items():
            self._found.examined += 1
            seq, armed = self._timers.get(case_key, (0, None))
            is_armed = armed is not None
            known, due = self._dues.get(case_key, (0, None))
            if state.is_open and seq < state.seq:
                self._found.found(Defect.UNARMED, case_key, f"no timer of state {state.seq}")
            elif seq == state.seq and is_armed != state.is_open:
                word = "nothing armed" if state.is_open else "armed though it is settled"
                self._found.found(Defect.UNARMED, case_key, word)
            elif armed and due and seq == known and armed > due + _LATE:
                self._found.found(Defect.UNARMED, case_key, f"armed for {armed}, due {due}")
        return self._found


def _instant_of(due: datetime | int | None) -> datetime | None:
    """Return when a row is due; the database holds microseconds."""
    return _EPOCH + timedelta(microseconds=due) if isinstance(due, int) else due
