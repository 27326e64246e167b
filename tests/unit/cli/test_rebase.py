"""What a move to other policies would do is known before it is done."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.cases import CaseState
from schemas.ledger import CaseClocks, ClockRun, PolicyVersions
from schemas.vocabulary import CaseStatus, ClockName
from services.cli.rebase_book import book_for, kept_versions
from services.cli.rebase_plan import Wanted, moves, summary
from services.domain.clocks.book import SLA, MemoryPolicyArchive, open_book
from services.domain.errors import SettingsError
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


def test_a_preview_says_what_each_case_would_be_due(archive: MemoryPolicyArchive) -> None:
    book = open_book(archive, ELAPSED)
    found = list(moves([pinned(archive)], Wanted("shorter"), None, book, at(hours=1)))
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
    (move,) = moves([pinned(archive)], Wanted("shorter"), None, book, now)
    assert move.shifts[0].becomes_overdue


def test_a_move_back_would_retract_what_was_breached_meanwhile(
    archive: MemoryPolicyArchive,
) -> None:
    book = open_book(archive, ELAPSED)
    old = book.current
    shorter = old.model_copy(update={"sla": "shorter"})
    state = pinned(archive, policies=shorter, fired=("resolution:breach:0",))
    (move,) = moves([state], Wanted(old.sla), "shorter", book, at(days=6, hours=1))
    assert move.after == old
    assert move.shifts[0].is_retracted


def test_who_is_answered_or_there_already_is_left_alone(archive: MemoryPolicyArchive) -> None:
    book = open_book(archive, ELAPSED)
    done = pinned(archive, status=CaseStatus.RESOLVED, resolved_at=NOON)
    there = pinned(archive, policies=book.current.model_copy(update={"sla": "shorter"}))
    assert not list(moves([done, there], Wanted("shorter"), None, book, NOON + timedelta(1)))


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
