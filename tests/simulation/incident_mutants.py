"""Rules of ADR 0035, broken: what a place does with a word, and what the cases there are told."""

from dataclasses import replace
from typing import Any, Final

from services.adapters.memory_incidents import MemoryIncidentStore
from services.incidents.logic import _Words
from services.incidents.place import Place
from tests.simulation.mutant import NOTHING_ELSE, Method, Mutant, collector

MUTANTS: Final[list[Mutant]] = []
mutant = collector(MUTANTS)
_FIRES: Final = NOTHING_ELSE | {"incidents": True}


@mutant(
    "0035",
    MemoryIncidentStore,
    "of_commands",
    **_FIRES | {"crash": 0.03, "focus": ("after append", "after_decision", "before_commit")},
)
def word_that_is_read_again_taken_for_said_before(right: Method) -> Method:
    """What a place decided before its worker died is never produced."""

    def of_commands(self: Any, commands: Any) -> Any:
        return {mark: replace(row, source="0:0:0") for mark, row in right(self, commands).items()}

    return of_commands


@mutant("0035", Place, "ask", **_FIRES)
def asked_taken_for_joined(right: Method) -> Method:
    """A place counts a case when it asks it, whatever the case answers."""

    def ask(self: Any, incident: Any, there: Any, actor: str) -> str:
        counted = incident.model_copy(update={"cases": incident.cases + 1})
        return str(right(self, counted, there, actor))

    return ask


@mutant("0035", _Words, "tell_members", **_FIRES | {"commands": 10})
def members_are_not_told_of_a_level(right: Method) -> Method:
    """An incident becomes graver, and the cases that are part of it do not."""
    return lambda self, members: "told"


@mutant("0027", _Words, "pass_on_news", **_FIRES)
def customers_are_told_while_the_incident_lasts(right: Method) -> Method:
    """Who ends an incident ends what its customers were about to hear."""

    def pass_on_news(self: Any, members: Any) -> str:
        return "told_otherwise" if self.is_another() else str(right(self, members))

    return pass_on_news
