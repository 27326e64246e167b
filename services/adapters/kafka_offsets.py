"""Where a worker may begin in a partition, and when it must not begin at all.

Kafka's committed offset, the copy in MongoDB, the topic's id and the log's first offset are
compared (ADR 0004). Pure: the shell fetches the numbers.
"""

from dataclasses import dataclass

from services.domain.errors import UnsafeStart
from services.runtime.ports import Checkpoint
from services.runtime.records import Spot


@dataclass(frozen=True, slots=True)
class Start:
    """Read from ``offset``; ``alarm`` names what was survived, None when all is well."""

    offset: int
    alarm: str | None = None


def start_offset(
    spot: Spot,
    topic_id: str,
    committed: int | None,
    remembered: Checkpoint | None,
    log_start: int,
    log_end: int,
) -> Start:
    """Return where to read ``spot`` from.

    Raises:
        UnsafeStart: records were lost or would be skipped; the message says what a person
            can do.
    """
    where = f"{spot.topic}[{spot.partition}]"
    if remembered is not None and remembered.topic_id != topic_id:
        raise UnsafeStart(
            f"{where} was made anew (id {topic_id}, this group read {remembered.topic_id}): what "
            "was in the old topic and not yet read is gone. Run `complaints audit`; when that is "
            "accepted, delete the group's rows from `checkpoints` and its offsets"
        )
    if committed is None and remembered is None:
        if log_start > 0:
            raise UnsafeStart(
                f"{where} begins at offset {log_start} and this group never read it: retention "
                "has deleted records. Accept by committing that offset for the group"
            )
        return Start(log_start)
    if committed is None:
        assert remembered is not None
        start = Start(remembered.next_offset, "committed_offset_missing")
    elif remembered is not None and committed < remembered.next_offset:
        # The copy is written after the commit, so Kafka can never be behind it by itself.
        start = Start(committed, "committed_offset_behind")
    else:
        start = Start(committed)
    if start.offset < log_start:
        raise UnsafeStart(
            f"{where}: next to read is {start.offset}, but retention deleted up to {log_start}: "
            f"{log_start - start.offset} offsets were never processed. Run `complaints audit`; "
            "accept by committing the log's start for the group"
        )
    if start.offset > log_end:
        raise UnsafeStart(
            f"{where}: next to read is {start.offset}, but the log ends at {log_end}: the broker "
            "lost records or the topic was made anew"
        )
    return start
