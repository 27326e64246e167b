"""What a move to other policies would do is known before it is done."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.cases import CaseState
from schemas.ledger import CaseClocks, ClockRun, PolicyMove, PolicyVersions
from schemas.vocabulary import CaseStatus, ClockName
from services.cli.rebase_book import book_for, check_known, kept_versions
from services.cli.rebase_owners import Owner
from services.cli.rebase_plan import Blocked, Move, Wanted, moves, summary
from services.domain import approval, teams
from services.domain.clocks.book import (
    APPROVAL,
    SLA,
    TEAMS,
    MemoryPolicyArchive,
    PolicyBook,
    keep_text,
    open_book,
)
from services.domain.errors import SettingsError
from services.domain.policies import parse_yaml
from tests.support.builders import ELAPSED, NOON, at
from tests.unit.sla.states import a_state

SHORTER = ELAPSED.read_text(encoding="utf-8").replace("elapsed-2026.1", "shorter")
SHORTER = SHORTER.replace("limit: {span: 7d", "limit: {span: 6d", 1)


@pytest.fixture
def archive(tmp_path: Path) -> MemoryPolicyArchive:
    archive = MemoryPolicyArchive()
    open_book(archive, ELAPSED)
    archive.keep(SLA, "shorter", SHORTER)
    return archive


def pinned(archive: MemoryPolicyArchive, **changes: Any) -> CaseState:
    versions = open_book(archive, ELAPSED).current
    runs = (
        ClockRun(clock=ClockName.ACKNOWLEDGEMENT, stopped_at=NOON),
        ClockRun(clock=ClockName.RESOLUTION),
    )
    clocks = CaseClocks(policies=changes.pop("policies", versions), runs=runs)
    return a_state(clocks=clocks, **changes)


def moving(
    states: Sequence[CaseState],
    wanted: Wanted,
    book: PolicyBook,
    now: datetime = NOON,
    only_from: str | None = None,
) -> list[Move]:
    """Return the cases that would move; nothing is in the way of any."""
    found = list(moves(states, wanted, only_from, book, now))
    assert all(isinstance(one, Move) for one in found)
    return [one for one in found if isinstance(one, Move)]


def edited(archive: MemoryPolicyArchive, kind: str, shipped: Path, old: str, new: str) -> str:
    """Archive a shipped policy with other words; return its version."""
    text = shipped.read_text(encoding="utf-8")
    assert old in text
    version = str(parse_yaml(text)["version"])
    return keep_text(archive, kind, text.replace(version, "edited").replace(old, new))


def test_a_preview_says_what_each_case_would_be_due(archive: MemoryPolicyArchive) -> None:
    book = open_book(archive, ELAPSED)
    found = moving([pinned(archive)], Wanted("shorter"), book, at(hours=1))
    (move,) = found
    (shift,) = move.shifts
    assert (shift.clock, shift.before, shift.after) == ("resolution", at(days=7), at(days=6))
    assert not shift.becomes_overdue
    assert summary(found)[:2] == [
        "1 open cases would move",
        "1 clocks would be due earlier, 0 later",
    ]


def test_a_preview_says_what_would_be_overdue_at_once(archive: MemoryPolicyArchive) -> None:
    book = open_book(archive, ELAPSED)
    now = at(days=6, hours=1)
    (move,) = moving([pinned(archive)], Wanted("shorter"), book, now)
    assert move.shifts[0].becomes_overdue


def test_a_move_back_would_retract_what_was_breached_meanwhile(
    archive: MemoryPolicyArchive,
) -> None:
    book = open_book(archive, ELAPSED)
    old = book.current
    shorter = old.model_copy(update={"sla": "shorter"})
    state = pinned(archive, policies=shorter, fired=("resolution:breach:0",))
    (move,) = moving([state], Wanted(old.sla), book, at(days=6, hours=1), "shorter")
    assert move.after == old
    assert move.shifts[0].is_retracted


def test_who_is_answered_or_there_already_is_left_alone(archive: MemoryPolicyArchive) -> None:
    book = open_book(archive, ELAPSED)
    done = pinned(archive, status=CaseStatus.RESOLVED, resolved_at=NOON)
    there = pinned(archive, policies=book.current.model_copy(update={"sla": "shorter"}))
    assert not moving([done, there], Wanted("shorter"), book, NOON + timedelta(1))


def test_a_preview_says_who_would_be_next_up_the_ladder(archive: MemoryPolicyArchive) -> None:
    book = open_book(archive, ELAPSED)
    front = "clerk-105, clerk-106]\n    up: "
    version = edited(archive, TEAMS, teams.SHIPPED, front + "senior-desk", front + "task-force")
    found = moving([pinned(archive, team="front-desk")], Wanted(teams=version), book)
    assert found[0].owners == (Owner("next owner up", "senior-desk", "task-force"),)
    assert found[0].shifts == ()
    assert summary(found)[-1].startswith("1 cases would have another next owner")
    elsewhere = pinned(archive, team="task-force")
    assert moving([elsewhere], Wanted(teams=version), book)[0].owners == ()


def test_a_preview_says_who_would_approve_which_sums(archive: MemoryPolicyArchive) -> None:
    book = open_book(archive, ELAPSED)
    alone = "{up_to: 20000, team: null}"
    version = edited(archive, APPROVAL, approval.SHIPPED, alone, alone.replace("2", "4"))
    (move,) = moving([pinned(archive, team="front-desk")], Wanted(approval=version), book)
    assert move.owners == (
        Owner("approves over 200.00 to 400.00 CNY", "senior-desk", "the clerk alone"),
    )


def test_the_list_has_every_kind_that_a_case_carries(archive: MemoryPolicyArchive) -> None:
    listed = {line.split()[0] for line in kept_versions(archive)}
    assert listed == {"sla", "calendars", "limits", "teams", "approval", "compensation"}
    assert listed == set(Wanted._fields)


def test_a_version_of_any_kind_that_nobody_kept_is_refused(archive: MemoryPolicyArchive) -> None:
    check_known(archive, Wanted(teams="teams-2026.4")._asdict())
    with pytest.raises(SettingsError, match=r"'none' of approval; known: approval-"):
        check_known(archive, Wanted(approval="none")._asdict())


def test_a_run_goes_on_where_it_broke_off_and_takes_no_case_twice(
    archive: MemoryPolicyArchive,
) -> None:
    book = open_book(archive, ELAPSED)
    shorter = book.current.model_copy(update={"sla": "shorter"})
    before = PolicyMove(run="may", before=book.current)
    moved = pinned(archive, policies=shorter, case_id="moved")
    assert moved.clocks is not None
    clocks = moved.clocks.model_copy(update={"moves": (before,)})
    moved = moved.model_copy(update={"clocks": clocks})
    left = pinned(archive)
    again = list(moves([moved, left], Wanted("shorter"), None, book, NOON, "may"))
    assert [one.case_id for one in again] == [left.case_id]
    (other,) = moves([moved], Wanted(book.current.sla), None, book, NOON, "may")
    assert other == Blocked("moved", "may")
    (free,) = moves([moved], Wanted(book.current.sla), None, book, NOON, "june")
    assert isinstance(free, Move)


def test_a_file_is_looked_at_without_being_kept(
    archive: MemoryPolicyArchive, tmp_path: Path
) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(SHORTER.replace("version: shorter", "version: newest"), encoding="utf-8")
    book, version = book_for(archive, str(file), keep=False)
    assert version == "newest"
    assert book.has(PolicyVersions(**(book.current.model_dump() | {"sla": "newest"})))
    assert archive.versions(SLA) == ["elapsed-2026.1", "shorter"]
    book_for(archive, str(file), keep=True)
    assert archive.versions(SLA) == ["elapsed-2026.1", "newest", "shorter"]


def test_what_counts_today_is_what_the_files_of_the_instance_say(
    archive: MemoryPolicyArchive,
) -> None:
    book, _ = book_for(archive, None, keep=False, files=(ELAPSED, None, None, None))
    assert book.current.sla == "elapsed-2026.1"
    assert book_for(archive, None, keep=False)[0].current.sla.startswith("sla-")


def test_a_version_says_one_thing_for_ever(archive: MemoryPolicyArchive, tmp_path: Path) -> None:
    file = tmp_path / "changed.yaml"
    file.write_text(SHORTER.replace("span: 6d", "span: 5d"), encoding="utf-8")
    with pytest.raises(SettingsError, match="without a new version"):
        book_for(archive, str(file), keep=True)
    with pytest.raises(SettingsError, match="without a new version"):
        open_book(archive, file)


def test_a_version_that_nobody_kept_is_refused_with_those_there_are(
    archive: MemoryPolicyArchive,
) -> None:
    with pytest.raises(SettingsError, match=r"known: .*shorter"):
        book_for(archive, "sla-none", keep=True)
    assert next(iter(kept_versions(archive))).startswith("sla")
