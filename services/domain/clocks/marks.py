"""How a case remembers which stages of its clocks took effect: marks, few and short. Pure."""

from collections.abc import Container
from typing import Final

TASK: Final = "task"


def mark_of(clock: str, stage: str, step: int | None, run: int) -> str:
    """Return how a stage is remembered in a state: ``clock:stage[step]:run``."""
    return f"{clock}:{stage}{step or ''}:{run}"


def remember(fired: tuple[str, ...], mark: str) -> tuple[str, ...]:
    """Return the stages that took effect, with ``mark``: of its clock only those of the same
    run, so that they stay few however often a clock starts anew. Tasks run beside each other,
    so those of all of them stay, for as long as the case carries the task.

    >>> remember(("team:warn:0", "team:breach:0", "resolution:warn:0"), "team:warn:1")
    ('resolution:warn:0', 'team:warn:1')
    >>> remember(("task:warn:1",), "task:warn:2")
    ('task:warn:1', 'task:warn:2')
    """
    if mark in fired:
        return fired
    clock, _, rest = mark.partition(":")
    run = rest.rpartition(":")[2]
    if clock == TASK:
        return (*fired, mark)
    kept = (one for one in fired if one.partition(":")[0] != clock or one.rpartition(":")[2] == run)
    return (*kept, mark)


def without_tasks(fired: tuple[str, ...], carried: Container[int]) -> tuple[str, ...]:
    """Return the stages without those of tasks that are not ``carried`` any more.

    >>> without_tasks(("task:warn:1", "task:warn:2", "team:warn:1"), {2})
    ('task:warn:2', 'team:warn:1')
    """
    return tuple(
        one
        for one in fired
        if one.partition(":")[0] != TASK or int(one.rpartition(":")[2]) in carried
    )


def forget(fired: tuple[str, ...], mark: str) -> tuple[str, ...]:
    """Return the stages without the breach ``mark`` and what followed from it.

    >>> forget(("team:warn:0", "team:breach:0", "team:escalate1:0"), "team:breach:0")
    ('team:warn:0',)
    """
    clock, _, rest = mark.partition(":")
    run = rest.rpartition(":")[2]
    return tuple(
        one
        for one in fired
        if not (
            one.startswith((f"{clock}:breach", f"{clock}:escalate"))
            and one.rpartition(":")[2] == run
        )
    )
