"""A case keeps the ladder, the approval and the rules of compensation that it began with: a file
that is edited while it is open counts for new cases only."""

from dataclasses import replace
from pathlib import Path

import pytest

from schemas.cases import CaseState
from schemas.handling import CompensationOrder, Money
from schemas.handling_words import CompensationBranch
from schemas.vocabulary import ClockName, CommandKind
from services.cases.clocks import NO_SUCH_TEAM, climb
from services.cases.policies import Policies
from services.cases.story import Story
from services.domain import approval as approvals
from services.domain import teams as ladders
from services.domain.calendars import policy as calendars
from services.domain.clocks import book
from services.domain.clocks.book import MemoryPolicyArchive, PolicyBook, keep_files, read_files
from services.domain.compensation import rules
from services.domain.errors import SettingsError
from tests.support.builders import ELAPSED, at
from tests.unit.cases.desk import CASE, FIRST, POLICIES, Desk

FRONT = "clerk-105, clerk-106]\n    up: "
SKIPPING = (FRONT + "senior-desk", FRONT + "task-force")
ORDER = CompensationOrder(
    amount=Money(minor=30_000, currency="CNY"),
    branch=CompensationBranch.UNINSURED,
    guidance="compensation-2026.1",
)


def edited(kind: str, shipped: Path, old: str, new: str) -> str:
    text = shipped.read_text(encoding="utf-8")
    assert old in text
    version = next(line for line in text.splitlines() if line.startswith("version: "))
    return text.replace(version, f"version: {kind}-edited").replace(old, new)


class Office:
    """A desk whose files may be edited while cases are open: each edit starts it anew."""

    def __init__(self, folder: Path) -> None:
        self.archive = MemoryPolicyArchive()
        self.folder = folder
        self.files = read_files(sla_file=ELAPSED)
        self.store = Desk().store

    def start(self) -> Desk:
        """Start a worker with today's files."""
        kept = PolicyBook(self.archive, keep_files(self.archive, self.files))
        return Desk(self.store, self.policies(kept))

    def policies(self, kept: PolicyBook) -> Policies:
        return replace(
            POLICIES,
            teams=kept.teams(kept.current),
            approval=kept.approval(kept.current),
            book=kept,
        )

    def edit(self, kind: str, shipped: Path, old: str, new: str) -> None:
        self.files = self.files._replace(**{kind: edited(kind, shipped, old, new)})


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def climbed(desk: Desk, state: CaseState, hours: float = 1) -> tuple[str | None, list[str | None]]:
    """Return where an escalation leads after so many hours, and whom it passed over as gone."""
    policies = desk.handler._policies()
    story = Story(state.tenant, state.case_id, state, at(hours=hours))
    fields = climb(story, state, ClockName.RESOLUTION, at(), policies)
    gone = [one.skipped for one in story.events if one.reason == NO_SUCH_TEAM]
    return fields.get("team"), gone


def test_a_case_climbs_the_ladder_that_it_began_with(office: Office) -> None:
    office.start().take(FIRST)
    office.edit("teams", ladders.SHIPPED, *SKIPPING)
    desk = office.start()
    old = desk.case()
    assert old.clocks is not None
    new = old.model_copy(
        update={
            "clocks": old.clocks.model_copy(
                update={"policies": desk.handler._policies().book.current}
            )
        }
    )
    assert climbed(desk, old) == ("senior-desk", [])
    assert climbed(desk, new) == ("task-force", [])


def test_whoever_has_a_holiday_that_was_published_since_is_not_on_duty(office: Office) -> None:
    hours = "team_calendars: {default: always, senior-desk: cn-office}\n"
    office.files = office.files._replace(sla=office.files.sla + hours)
    desk = office.start()
    desk.take(FIRST)
    on_tuesday_morning = 15
    assert climbed(desk, desk.case(), on_tuesday_morning) == ("senior-desk", [])
    first = "      - {from: 2025-01-01, "
    holiday = "      - {from: 2026-03-03, to: 2026-03-03, zh: 新假日, en: New holiday}\n"
    office.edit("calendars", calendars.SHIPPED, first, holiday + first)
    assert climbed(office.start(), desk.case(), on_tuesday_morning) == ("task-force", [])


def test_the_sum_is_approved_by_whom_the_case_began_with(office: Office) -> None:
    office.start().take(FIRST)
    alone = "{up_to: 20000, team: null}"
    office.edit("approval", approvals.SHIPPED, alone, alone.replace("2", "4"))
    desk = office.start()
    desk.act(CommandKind.ACKNOWLEDGE)
    assert desk.act(CommandKind.COMPENSATE, compensation=ORDER).refusal is None
    decided = desk.case().compensation
    assert decided is not None
    assert (decided.approval, decided.policy) == ("senior-desk", "approval-2026.3")
    assert desk.handler._policies().book.current.approval == "approval-edited"


def test_the_rules_of_compensation_are_those_it_began_with(office: Office) -> None:
    office.start().take(FIRST)
    office.edit("compensation", rules.SHIPPED, "goodwill: {most: 20000", "goodwill: {most: 90000")
    desk = office.start()
    kept = desk.handler._policies().book
    clocks = desk.case(CASE).clocks
    assert clocks is not None
    assert kept.rules(clocks.policies).jurisdictions["cn"].goodwill.most == 20_000
    assert kept.rules(kept.current).jurisdictions["cn"].goodwill.most == 90_000


def test_a_file_that_is_edited_without_a_new_version_is_refused(office: Office) -> None:
    office.start()
    text = approvals.SHIPPED.read_text(encoding="utf-8").replace("20000", "20001")
    office.files = office.files._replace(approval=text)
    with pytest.raises(SettingsError, match="without a new version"):
        office.start()


def test_a_move_to_other_time_limits_leaves_the_rest_as_it_was(office: Office) -> None:
    desk = office.start()
    desk.take(FIRST)
    clocks = desk.case().clocks
    assert clocks is not None
    assert clocks.policies is not None
    office.archive.keep(book.SLA, "other", ELAPSED.read_text().replace("elapsed-2026.1", "other"))
    plain = {"teams": None, "approval": None, "compensation": None, "sla": "other"}
    wanted = clocks.policies.model_copy(update=plain)
    assert (
        desk.act(CommandKind.REBASE, actor="system", policies=wanted, reason="test").refusal is None
    )
    moved = desk.case().clocks
    assert moved is not None
    assert moved.policies == clocks.policies.model_copy(update={"sla": "other"})
