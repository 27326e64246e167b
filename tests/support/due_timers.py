"""Which timer goes off next, as a world in memory needs to know that leaps there."""

from datetime import datetime

from services.adapters.memory_timers import MemoryTimerStore
from services.domain.timer_store import TimerRow


def next_due(timers: MemoryTimerStore) -> datetime | None:
    """Return the earliest due time of the newest timers of all cases; None when none is armed."""
    newest: dict[str, TimerRow] = {}
    for row in timers.rows.values():
        if row.case_key not in newest or newest[row.case_key].seq < row.seq:
            newest[row.case_key] = row
    return min((row.due for row in newest.values() if row.due and row.stage), default=None)
