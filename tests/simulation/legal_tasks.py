"""Which words about tasks a case must refuse: written down a second time, as in
:mod:`tests.simulation.legal`."""

from typing import Final

from tests.simulation.evidence import Body
from tests.simulation.fold import MOST_TASKS

OF_TASKS: Final = {"give_task", "finish_task", "withdraw_task"}
PARTNERS: Final = {"gb", "us", "au"}
"""Those whose hours the shipped time limits name."""


def by_tasks(command: Body, kind: str, known: Body) -> str | None:
    """Return why a case that is ``known`` so refuses a word about a task; None: it takes it, or
    it is about something else."""
    if kind not in OF_TASKS:
        return None
    tasks = known["tasks"]
    if kind == "give_task":
        return _by_holder(command["unit"], known) or _by_room(command["unit"], tasks)
    task = tasks.get(command["task"])
    if task is None:
        return "invalid_field"
    return "already_decided" if "end" in task else None


def _by_holder(holder: str, known: Body) -> str | None:
    """A task is for a team of ours that does not lead, or for a partner that we know."""
    kind, _, name = holder.partition(":")
    is_known = name in PARTNERS or name in known["partners"]
    is_wrong = {
        "team": name in ("nowhere", known["team"]),
        "partner": not is_known,
    }
    return "invalid_field" if is_wrong.get(kind, True) else None


def _by_room(holder: str, tasks: dict[int, Body]) -> str | None:
    """Nobody has two tasks of clerks at a time, and a case not more than so many."""
    still = [one for one in tasks.values() if "end" not in one]
    if any((one["holder"], one["part"]) == (holder, "asked") for one in still):
        return "already_decided"
    return "not_allowed_now" if len(still) >= MOST_TASKS else None
