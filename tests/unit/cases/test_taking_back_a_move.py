"""A move to other policies is taken back by its run: each case has again what it had before."""

import pytest

from schemas.cases import CommandSettled
from schemas.ledger import CaseClocks, PolicyMove, PolicyVersions
from schemas.vocabulary import CommandKind, Refusal
from services.cases.policies import load_policies
from services.cli.rebase_plan import Blocked, Move, undoing
from services.domain.clocks.book import SLA, MemoryPolicyArchive, PolicyBook, open_book
from tests.support.builders import ELAPSED, at
from tests.unit.cases.desk import FIRST, Desk

TEXT = ELAPSED.read_text(encoding="utf-8")


@pytest.fixture
def book() -> PolicyBook:
    archive = MemoryPolicyArchive()
    for version in ("second", "third"):
        archive.keep(SLA, version, TEXT.replace("elapsed-2026.1", version))
    return open_book(archive, ELAPSED)


@pytest.fixture
def desk(book: PolicyBook) -> Desk:
    desk = Desk(policies=load_policies(book))
    desk.take(FIRST)
    return desk


def clocks(desk: Desk) -> CaseClocks:
    found = desk.case().clocks
    assert found is not None
    return found


def pins(desk: Desk) -> PolicyVersions:
    found = clocks(desk).policies
    assert found is not None
    return found


def move(desk: Desk, sla: str, run: str) -> CommandSettled:
    wanted = pins(desk).model_copy(update={"sla": sla})
    said = {"actor": "system", "policies": wanted, "reason": "test"}
    return desk.act(CommandKind.REBASE, run=run, **said)


def undo(desk: Desk, run: str) -> CommandSettled:
    return desk.act(
        CommandKind.REBASE, actor="system", policies=pins(desk), reason="test", undoes=run
    )


def test_a_run_is_taken_back_to_what_the_case_had_before(desk: Desk) -> None:
    before = pins(desk)
    move(desk, "second", "run-1")
    assert pins(desk).sla == "second"
    assert undo(desk, "run-1").refusal is None
    assert pins(desk) == before
    assert [one.move for one in desk.history() if one.move] == [
        PolicyMove(run="run-1", before=before),
        PolicyMove(run="run-1", before=before, undone=True),
    ]


def test_a_case_that_was_moved_again_is_left_alone_and_the_run_is_named(desk: Desk) -> None:
    move(desk, "second", "run-1")
    move(desk, "third", "run-2")
    refused = undo(desk, "run-1")
    assert refused.refusal is Refusal.NOT_ALLOWED_NOW
    assert "run-2" in (refused.explanation or "")
    assert pins(desk).sla == "third"
    undo(desk, "run-2")
    assert undo(desk, "run-1").refusal is None
    assert pins(desk).sla == "elapsed-2026.1"


def test_taking_back_twice_does_nothing_twice(desk: Desk) -> None:
    move(desk, "second", "run-1")
    undo(desk, "run-1")
    seq = desk.case().seq
    assert undo(desk, "run-1").refusal is Refusal.ALREADY_DECIDED
    assert undo(desk, "run-none").refusal is Refusal.ALREADY_DECIDED
    assert desk.case().seq == seq


def test_the_preview_of_an_undo_says_where_each_case_goes_and_what_blocks_it(
    desk: Desk, book: PolicyBook
) -> None:
    before = pins(desk)
    move(desk, "second", "run-1")
    (found,) = undoing([desk.case()], "run-1", book, at(hours=1))
    assert isinstance(found, Move)
    assert found.after == before
    move(desk, "third", "run-2")
    assert list(undoing([desk.case()], "run-1", book, at(hours=1))) == [
        Blocked(desk.case().case_id, "run-2")
    ]
    assert list(undoing([desk.case()], "run-none", book, at(hours=1))) == []


def test_what_moves_a_state_keeps_is_bounded(desk: Desk) -> None:
    for number in range(12):
        move(desk, ("second", "third")[number % 2], f"run-{number}")
    assert [one.run for one in clocks(desk).moves] == [f"run-{number}" for number in range(4, 12)]
