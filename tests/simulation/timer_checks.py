"""The judge's questions about timers: armed once, never early, never twice, never in vain."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from schemas.cases import CaseState
from services.adapters.memory_partitioner import partition_of
from services.domain.timer_store import TimerRow
from tests.simulation.evidence import FIRED, STATE, Body, Evidence, body_of
from tests.simulation.reckoned_timers import timer_problem

MOST_SKEW: Final = timedelta(seconds=70)
"""How far a process' clock is ahead of the true time at most."""
SETTLED_BY: Final = timedelta(seconds=60)
"""What was due so long ago has fired and taken effect, where nothing is broken any more."""
_OF_CLOCKS: Final = {"clock_warned", "clock_breached", "escalated"}
_STOPS: Final = {
    "acknowledged": ("acknowledgement",),
    "resolved": ("acknowledgement", "resolution", "statutory"),
    "rejected": ("acknowledgement", "resolution", "statutory"),
}
_ENDS_TASK: Final = {"task_done", "task_withdrawn"}
_DONE: Final = "accepted_at"
_NOT_DUE: Final = "not_due_any_more"
_MOMENT: Final = timedelta(microseconds=1)
_NOT_TAKEN_UP: Final = {"received", "assigned", "transferred", "reopened"}


def every_open_case_has_one_timer(evidence: Evidence) -> Iterator[str]:
    """The newest timer of a case is that of its newest state, at the time that follows from
    its history, reckoned by other code; a case whose clocks stand still has none. What was due
    is not due any more."""
    world = evidence.run.world
    newest: dict[str, TimerRow] = {}
    for row in world.behind.timers.rows.values():
        if row.case_key not in newest or newest[row.case_key].seq < row.seq:
            newest[row.case_key] = row
    partitions = world.broker.describe([STATE])[STATE].partitions
    late = world.clock.now() - SETTLED_BY
    for key, projection in world.cases.cases.items():
        if projection.state is not None:
            partition = partition_of(key.encode(), partitions)
            changes = evidence.histories.get(key, [])
            yield from _armed(key, projection.state, changes, newest.get(key), partition, late)


def _armed(
    key: str,
    state: CaseState,
    changes: list[Body],
    row: TimerRow | None,
    partition: int,
    late: datetime,
) -> Iterator[str]:
    if row is None or row.seq != state.seq:
        yield f"{key} stands at {state.seq}, its timer at {row and row.seq}"
        return
    problem = timer_problem(key, changes, row)
    if problem is not None:
        yield f"{key} {problem}"
    if row.partition != partition:
        yield f"{key} has its timer in another partition"
    if row.stage is not None and row.due is not None and row.due < late:
        yield f"{key} was due {row.due} ({row.clock} {row.stage}), and nothing happened"


def nothing_fires_early(evidence: Evidence) -> Iterator[str]:
    """No proposal is made before its time, by any clock; and none takes effect before it."""
    for record in evidence.topic(FIRED):
        body = body_of(record.value) or {}
        due = datetime.fromisoformat(body["due_at"])
        made = record.timestamp_ms / 1000
        if datetime.fromisoformat(body["fired_at"]) < due:
            yield f"{body['case_id']} fired {body['fired_at']}, due {due}"
        if made + MOST_SKEW.total_seconds() + 0.001 < due.timestamp():
            yield f"{body['case_id']} fired {due.timestamp() - made:.1f} s early"
    for case, history in evidence.histories.items():
        for body in history:
            if body["kind"] in _OF_CLOCKS and _instant(body, "at") < _instant(body, "due_at"):
                yield f"{case}#{body['seq']} ({body['kind']}) took effect before it was due"


def nothing_fires_twice(evidence: Evidence) -> Iterator[str]:
    """A stage of a run takes effect once; a breach, and what followed from it, again only after it
    was retracted. Only what was proposed takes effect, or what was due when a command stopped the
    clock."""
    proposed = {_name(body_of(one.value) or {}) for one in evidence.topic(FIRED)}
    for case, history in evidence.histories.items():
        done: set[str] = set()
        for body in _own(history):
            if body["kind"] == "breach_retracted":
                clock, _, run = body["stage"].split(":")
                done = {one for one in done if not _follows(one, clock, run)}
            elif body["kind"] in _OF_CLOCKS:
                if body["stage"] in done:
                    yield f"{case}#{body['seq']}: {body['stage']} took effect again"
                done.add(body["stage"])
                is_squared = body.get("reason") == "stopped_too_late"
                if not is_squared and (case, body["stage"]) not in proposed:
                    yield f"{case}#{body['seq']}: {body['stage']} was never proposed"


def _follows(stage: str, clock: str, run: str) -> bool:
    """Return whether a stage is the breach of a clock's run, or the ladder climbed after it."""
    of, name, number = stage.split(":")
    return (of, number) == (clock, run) and name.startswith(("breach", "escalate"))


def _name(fired: Body) -> tuple[str, str]:
    step = fired.get("step") or ""
    mark = f"{fired['clock']}:{fired['stage']}{step}:{fired['run']}"
    return f"{fired['tenant']}|{fired['case_id']}", mark


def time_never_runs_back(evidence: Evidence) -> Iterator[str]:
    """A change of a case is never dated before the one it follows, whoever decided it."""
    for case, history in evidence.histories.items():
        for before, body in pairwise(history):
            if _instant(body, "at") < _instant(before, "at"):
                yield f"{case}#{body['seq']} ({body['kind']}) is dated before what it follows"


def breaches_are_true(evidence: Evidence) -> Iterator[str]:
    """A breach is retracted where a command was accepted by the due time though it was applied
    later; no clock breaches that a command stopped in time. None is retracted as not due any more
    unless something moved its due time."""
    for case, history in evidence.histories.items():
        own = list(_own(history))
        retracted = {body["stage"] for body in own if body["kind"] == "breach_retracted"}
        standing: dict[str, datetime] = {}
        stopped: dict[str, datetime] = {}
        before = "received"
        for body in own:
            if body["kind"] == "clock_breached":
                stage, due = body["stage"], _instant(body, "due_at")
                if stopped.get(_clock_of(stage), due + _MOMENT) <= due:
                    yield f"{case}#{body['seq']}: {stage} breached after it was stopped"
                standing[stage] = due
            elif body.get("reason") == _NOT_DUE and body["stage"] in standing:
                yield f"{case}#{body['seq']}: {body['stage']} was taken back, and is as due as ever"
            elif _moves_due_times(body):
                standing.clear()
                stopped = {k: at for k, at in stopped.items() if k == "acknowledgement"}
            for clock in _stopped_by(body, before):
                done = min(_instant(body, "at"), _instant(body, _DONE if _DONE in body else "at"))
                stopped.setdefault(clock, done)
                for stage, due in standing.items():
                    if _clock_of(stage) == clock and done <= due and stage not in retracted:
                        yield f"{case}#{body['seq']}: {stage} stands, and was met in time"
            before = body["status"]


def _stopped_by(body: Body, before: str) -> Iterator[str]:
    """Yield the clocks that a command stops; whoever is at work already has acknowledged."""
    if body["kind"] in _ENDS_TASK:
        yield f"task:{body['task']['number']}"
    for clock in _STOPS.get(body["kind"], ()):
        if clock != "acknowledgement" or before in _NOT_TAKEN_UP:
            yield clock


def _moves_due_times(body: Body) -> bool:
    """Return whether what was due at one time may be due at another one from here on."""
    kinds = ("extended", "rebased", "reopened", "waiting_started", "resumed")
    return body["kind"] in kinds or "contact" in body or "level" in body


def _clock_of(stage: str) -> str:
    """Return whose clock it is; each task has one of its own."""
    clock, _, run = stage.split(":")
    return f"task:{run}" if clock == "task" else clock


def _own(history: list[Body]) -> Iterator[Body]:
    """Yield what is not about the clock of a merged case."""
    for body in history:
        if "merge" not in body or body["kind"] not in (*_OF_CLOCKS, "breach_retracted"):
            yield body


def _instant(body: Body, field: str) -> datetime:
    return datetime.fromisoformat(body[field])


TIMER_CHECKS: Final = (
    every_open_case_has_one_timer,
    nothing_fires_early,
    nothing_fires_twice,
    time_never_runs_back,
    breaches_are_true,
)
