"""A model that agrees with whatever the handlers do proves nothing: each rule of contacts, clocks,
merges, limits and incidents, broken, is noticed."""

from collections.abc import Callable
from typing import Any, Final
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from schemas.vocabulary import ChangeKind
from services.cases import clocks, evolution, merged, merging, planning
from services.cases.merging_policy import MergingPolicy
from services.dedup import examining
from services.domain.incidents.policy import IncidentPolicy
from services.domain.incidents.saying import Ranks
from services.incidents import logic
from services.incidents.place import Place
from tests.models.complaints_machine import ComplaintsMachine
from tests.models.incident_machine import IncidentMachine
from tests.models.linked_machine import LinkedMachine
from tests.scenarios.terms import Book

_HISTORIES: Final = 600
"""In so many histories at most each is found; most in the first few."""


def _nothing(*given: Any, **named: Any) -> None:
    """Do nothing."""


def _say(outcome: str) -> Callable[..., str]:
    return lambda self, *given: outcome


_JOIN = Place.ask


def _ask_without_waiting_longer(self: Any, incident: Any, there: Any, actor: str) -> str:
    outcome = _JOIN(self, incident, there, actor)
    self.incident = self.incident.model_copy(update={"quiet_until": incident.quiet_until})
    return outcome


_BY_KIND = evolution._by_kind


def _but(kinds: tuple[ChangeKind, ...], **wrong: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return what changes do to a case; those of some kinds leave fields as ``wrong`` says."""

    def by_kind(state: Any, event: Any) -> dict[str, Any]:
        right: dict[str, Any] = _BY_KIND(state, event)
        if event.kind not in kinds:
            return right
        return right | {name: value(state) for name, value in wrong.items()}

    return by_kind


def _without_warnings(state: Any) -> tuple[str, ...]:
    return tuple(one for one in state.fired if ":warn:" not in one)


OF_COMPLAINTS: Final[dict[str, tuple[Any, str, Any]]] = {
    "a waybill is what was written": (examining, "stated_waybill", lambda written, text: written),
    "a used id absorbs whatever is said": (examining, "content_of", lambda *given: ""),
    "a reopening is not counted": (evolution, "_by_kind", _but(
        (ChangeKind.REOPENED,), reopened=lambda state: state.reopened
    )),
    "who is resumed waits on": (evolution, "_by_kind", _but(
        (ChangeKind.RESUMED,), waiting_for=lambda state: state.waiting_for
    )),
    "what happens meanwhile makes a warning come again": (evolution, "_by_kind", _but(
        (ChangeKind.CONTACT_ADDED, ChangeKind.NOTED), fired=_without_warnings
    )),
}  # fmt: skip
OF_LINKS: Final[dict[str, tuple[Any, str, Any]]] = {
    "whoever is asked is the child": (merging, "is_earlier", lambda *given: True),
    "an unmerged case does not hear of it": (merging, "is_merged_by", lambda *given: False),
    "who is absorbed keeps its own cases": (merging, "part", _nothing),
    "a contact of a child is its own affair": (merged, "_after_contact", _nothing),
    "clerks go on working on a child": (MergingPolicy, "is_redirected", lambda *given: False),
    "a child is overdue for itself": (planning, "square_merged", _nothing),
    "a breach outlives the limit": (clocks, "_is_still_due", lambda *given: True),
    "other limits change nothing": (Book, "terms", lambda self, versions: self._made["A"]),
    "who is done too late was not late": (planning, "square_clocks", _nothing),
}
OF_INCIDENTS: Final[dict[str, tuple[Any, str, Any]]] = {
    "an incident does not end": (logic._Words, "end_by_person", _say("ended")),
    "a second one opens over the first": (logic._Words, "open_by_person", lambda self: (
        self.open("by_person", self.command.actor, []) or "opened"
    )),
    "who joins is not counted": (logic._Words, "joined", _say("joined")),
    "who leaves is counted on": (logic._Words, "left", _say("left")),
    "whose case leaves counts on": (logic, "still_counted", lambda counted, members: counted),
    "anybody ends an incident": (Ranks, "why_not", _nothing),
    "cases do not leave": (logic._Words, "remove", _say("asked_to_leave")),
    "cases do not hear of the level": (logic._Words, "tell_members", lambda *given: "told"),
    "cases stay below their incident": (planning, "reach_level", _nothing),
    "a further case does not keep it going": (Place, "ask", _ask_without_waiting_longer),
    "it never falls quiet": (IncidentPolicy, "quiet", property(lambda self: self.window * 99)),
}  # fmt: skip


def _is_noticed(machine: type[RuleBasedStateMachine], defect: tuple[Any, str, Any]) -> bool:
    owner, name, broken = defect
    few = settings(
        max_examples=_HISTORIES,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with patch.object(owner, name, broken):
        try:
            run_state_machine_as_test(machine, settings=few)
        except AssertionError:
            return True
    return False


def _a_few_always(defects: dict[str, tuple[Any, str, Any]]) -> list[Any]:
    """Return the defects, of which the first is looked for in the short form as well."""
    return [
        name if place == 0 else pytest.param(name, marks=pytest.mark.long_fault)
        for place, name in enumerate(defects)
    ]


@pytest.mark.parametrize("defect", _a_few_always(OF_COMPLAINTS))
def test_a_broken_rule_of_contacts_or_clocks_is_noticed(defect: str) -> None:
    assert _is_noticed(ComplaintsMachine, OF_COMPLAINTS[defect])


@pytest.mark.parametrize("defect", _a_few_always(OF_LINKS))
def test_a_broken_rule_of_merges_or_limits_is_noticed(defect: str) -> None:
    assert _is_noticed(LinkedMachine, OF_LINKS[defect])


@pytest.mark.parametrize("defect", _a_few_always(OF_INCIDENTS))
def test_a_broken_rule_of_incidents_is_noticed(defect: str) -> None:
    assert _is_noticed(IncidentMachine, OF_INCIDENTS[defect])
