"""What was read back is produced only after a majority write: a primary that is none any more
still answers reads, and knows nothing of what the new one took since (ADR 0002)."""

import pytest

from services.domain.errors import OutageError
from services.runtime.records import Inbound
from tests.unit.cases.desk import FIRST, Desk, another, changes

WRITES = {"append", "project", "barrier"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def not_committed(desk: Desk) -> list[Inbound]:
    """Return a batch that stands in the log and was perhaps never produced."""
    batch = [desk.record(FIRST), desk.record(another("b"))]
    desk.handle(batch, commit=False)
    return batch


def operations(desk: Desk, batch: list[Inbound]) -> list[str]:
    """Return what the batch asks of the store, in order."""
    asked: list[str] = []
    desk.store.before = asked.append
    assert changes(desk.handle(batch))
    return asked


def test_nothing_read_back_is_produced_where_no_majority_takes_a_write(desk: Desk) -> None:
    batch = not_committed(desk)

    def refuse(operation: str) -> None:
        if operation == "barrier":
            raise OutageError("mongodb", "not primary any more")

    desk.store.before = refuse
    with pytest.raises(OutageError, match="not primary"):
        desk.handle(batch)


def test_the_majority_write_comes_after_everything_that_is_read(desk: Desk) -> None:
    asked = operations(desk, not_committed(desk))
    assert asked.count("barrier") == 1
    assert asked[-1] == "barrier"


def test_a_batch_that_writes_itself_needs_no_further_write(desk: Desk) -> None:
    desk.take(FIRST)
    asked = operations(desk, [desk.record(another("b"))])
    assert "append" in asked
    assert "barrier" not in asked


def test_of_a_batch_that_writes_too_what_is_read_back_is_covered_by_that_write(desk: Desk) -> None:
    asked = operations(desk, [*not_committed(desk), desk.record(another("c"))])
    assert "barrier" not in asked
    reads = [place for place, name in enumerate(asked) if name not in WRITES]
    assert max(reads) < asked.index("append")
