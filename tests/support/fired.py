"""I4: each stage of a clock fires once, in order, and not before it is due. Judged from what stands
on ``sla.fired`` and ``cases.changed`` alone."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

Body = Mapping[str, Any]
_TAKES: Final = frozenset({"clock_warned", "clock_breached", "escalated"})
_SQUARED: Final = "stopped_too_late"
"""Of a breach that nobody proposed: the command that stopped the clock came after its limit."""
_STAGES: Final = ("warn", "breach", "escalate")


def fired_problems(proposed: Iterable[Body], changed: Iterable[Body]) -> list[str]:
    """Return what is wrong with proposals, and with the changes of cases that follow from them,
    each change once and in the order of its case."""
    known: set[tuple[str, str]] = set()
    found: list[str] = []
    for body in proposed:
        mark = f"{body['clock']}:{body['stage']}{body.get('step') or ''}:{body['run']}"
        known.add((_case_of(body), mark))
        if _instant(body, "fired_at") < _instant(body, "due_at"):
            found.append(f"{_case_of(body)}: {mark} was proposed before it was due")
    done: dict[str, list[str]] = {}
    for body in changed:
        case, stage = _case_of(body), body.get("stage")
        if stage is None or body.get("merge"):
            continue  # of a merged case the clock is counted with that case
        before = done.setdefault(case, [])
        if body["kind"] == "breach_retracted":
            clock, _, run = stage.split(":")
            done[case] = [one for one in before if not _is_undone(one, clock, run)]
        elif body["kind"] in _TAKES:
            found += (f"{case}: {problem}" for problem in _taken(body, stage, before))
            is_squared = body.get("reason") == _SQUARED
            if (case, stage) not in known and not is_squared:
                found.append(f"{case}: {stage} took effect, and nothing proposed it")
            before.append(stage)
    return found


def _taken(body: Body, stage: str, before: list[str]) -> Iterator[str]:
    if stage in before:
        yield f"{stage} fired again"
    if _instant(body, "at") < _instant(body, "due_at"):
        yield f"{stage} took effect at {body['at']}, due {body['due_at']}"
    later = [one for one in before if _run_of(one) == _run_of(stage) and _rank(one) > _rank(stage)]
    if later:
        yield f"{stage} came after {later[0]}"


def _is_undone(stage: str, clock: str, run: str) -> bool:
    return _run_of(stage) == (clock, run) and _rank(stage) > (0, 0)


def _run_of(stage: str) -> tuple[str, str]:
    clock, _, run = stage.split(":")
    return clock, run


def _rank(stage: str) -> tuple[int, int]:
    """Return the place of a stage in the order of its clock.

    >>> _rank("team:warn:0") < _rank("team:breach:0") < _rank("team:escalate2:0")
    True
    """
    name = stage.split(":")[1]
    word = name.rstrip("0123456789")
    return _STAGES.index(word), int(name[len(word) :] or 0)


def _case_of(body: Body) -> str:
    return f"{body['tenant']}|{body['case_id']}"


def _instant(body: Body, field: str) -> datetime:
    return datetime.fromisoformat(body[field])
