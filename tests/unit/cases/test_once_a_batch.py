"""However much comes of one case in a batch, it is written and told once."""

from schemas.vocabulary import CommandKind
from services.adapters.memory_cases import MemoryCaseStore
from tests.unit.cases.desk import FIRST, KEY, Desk, another, changes, command, states


class Counting(MemoryCaseStore):
    """Counts what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self.after = self.written.append

    def of(self, operation: str) -> int:
        """Return how many times it was done."""
        return self.written.count(operation)


def test_a_case_is_written_once_however_much_comes_of_it() -> None:
    store = Counting()
    Desk(store).take(FIRST, another("b"), another("c"), command(CommandKind.NOTE, note="n"))
    assert (store.of("append"), store.of("project")) == (1, 1)
    assert [entry.n for entry in store.log[KEY].values()] == [1]


def test_the_state_of_a_case_is_told_once_however_much_comes_of_it() -> None:
    handled = Desk().take(FIRST, another("b"), another("c"), command(CommandKind.NOTE, note="n"))
    assert [change.seq for change in changes(handled)] == [1, 2, 3, 4]
    assert [state.seq for state in states(handled)] == [4]
