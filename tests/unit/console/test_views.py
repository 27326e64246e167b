"""Records as pages show them."""

from typing import Any

import pytest

from schemas.added import ContactAdded
from schemas.cases import CaseChanged, CaseState
from schemas.contacts import LikeCase
from schemas.record import Reason
from schemas.scores import Score
from schemas.vocabulary import (
    CaseStatus,
    Category,
    Cause,
    ChangeKind,
    Channel,
    ClockName,
    CommandKind,
    Nature,
    Relation,
)
from services.adapters.case_search import CaseFilter, Order, Place
from services.adapters.deadlines import Deadline
from services.console.actions import ACTIONS, NOT_A_CLERKS, REASONS, offered
from services.console.app import zone_of
from services.console.case_view import facts_of, happenings
from services.console.language import texts_of
from services.console.list_view import Wanted, rows_of, time_of
from services.console.refusals import refusal_words
from services.console.told_view import by_contact, told
from services.console.viewing import Viewing
from services.console.words import Remaining
from services.domain.lifecycle import load_lifecycle
from services.domain.teams import load_teams
from services.runtime.settings import Settings
from tests.support.builders import NOON, TENANT, a_contact, a_deduplicated, at

EN, ZH = texts_of("en"), texts_of("zh")
ZONE = zone_of(Settings())
VIEW = Viewing(NOON, ZONE, EN, load_teams())


def a_state(**changes: Any) -> CaseState:
    fields: dict[str, Any] = {
        "tenant": TENANT,
        "case_id": "C1",
        "seq": 1,
        "status": CaseStatus.RECEIVED,
        "opened_at": at(hours=-3),
        "updated_at": at(hours=-1),
        "first_contact_id": a_contact().contact_id,
        "last_contact_at": at(hours=-3),
        "channel": Channel.PHONE,
        "contacts": 1,
        "complainants": 1,
    }
    return CaseState(**(fields | changes))


def a_change(kind: ChangeKind, seq: int = 1, **more: Any) -> CaseChanged:
    fields: dict[str, Any] = {"actor": "system", "status": CaseStatus.RECEIVED, "at": NOON}
    return CaseChanged(tenant=TENANT, case_id="C1", seq=seq, kind=kind, **(fields | more))


# ------------------------------------------------------------------------------------- list


def test_an_empty_address_asks_for_what_is_open_and_most_urgent() -> None:
    wanted = Wanted.read({}, None)
    assert (wanted.filter, wanted.order) == (CaseFilter(open_only=True), Order.URGENT)
    assert (wanted.address(), wanted.is_narrowed, wanted.status) == ("/cases", False, "open")


def test_an_address_says_what_was_chosen_and_reads_back() -> None:
    query = {"status": "closed", "level": "3", "category": "loss", "team": "claims"}
    query |= {"order": "newest", "mine": "1", "after": "-5.C1"}
    wanted = Wanted.read(query, "clerk-201")
    assert wanted.filter == CaseFilter(
        status=CaseStatus.CLOSED,
        level=3,
        category=Category.LOSS,
        team="claims",
        assignee="clerk-201",
    )
    assert (wanted.order, wanted.after) == (Order.NEWEST, Place(-5, "C1"))
    assert wanted.address() == (
        "/cases?status=closed&level=3&category=loss&team=claims&mine=1&order=newest"
    )
    assert wanted.address(level="", after="7.C2").endswith("order=newest&after=7.C2")


def test_words_that_an_address_should_not_have_are_as_if_not_there() -> None:
    query = {"status": "$ne", "level": "9", "category": "x", "after": "{}", "order": "y"}
    assert Wanted.read(query | {"mine": "1"}, None) == Wanted.read({}, None)


def test_a_search_looks_at_settled_cases_too() -> None:
    wanted = Wanted.read({"q": " c01ab "}, None)
    assert wanted.filter == CaseFilter(id_prefix="C01AB")
    assert wanted.text == "c01ab"


def test_a_row_has_the_words_of_its_language() -> None:
    state = a_state(level=3, category=Category.LOSS, team="claims", assignee="clerk-201")
    first = {state.first_contact_id: a_deduplicated(a_contact(text="相机\n不见了"))}
    (row,) = rows_of([state], first, {}, VIEW.teams, NOON, ZONE, ZH)
    assert (row.level, row.level_name, row.category) == (3, "重大", "丢失短少")
    assert (row.team, row.assignee, row.excerpt) == ("理赔组", "clerk-201", "相机 不见了")
    assert (row.status_name, row.time.text, row.age) == ("已接收", "历时 3 小时", "3 小时")


def test_a_case_whose_contact_or_team_is_not_known_here_has_a_row() -> None:
    (row,) = rows_of([a_state(team="new-team")], {}, {}, VIEW.teams, NOON, ZONE, EN)
    assert (row.team, row.excerpt, row.assignee) == ("new-team", "", "")


def test_the_time_is_what_is_left_else_the_age_else_how_long_it_took() -> None:
    due = Deadline("resolution", "breach", at(hours=1))
    assert time_of(a_state(), due, NOON, EN).text == "1 h left"
    assert time_of(a_state(), due, NOON, EN).tone == "soon"
    assert time_of(a_state(), None, NOON, EN).text == "3 h old"
    missed = a_state(fired=("resolution:breach:0", "resolution:escalate1:0"))
    assert time_of(missed, None, NOON, EN) == time_of(missed, due, NOON, EN)
    assert time_of(missed, None, NOON, EN) == Remaining("overdue · 3 h old", "late")
    answered = a_state(fired=("acknowledgement:breach:0",), acknowledged_at=NOON)
    assert time_of(answered, None, NOON, EN).tone == "calm"
    closed = a_state(status=CaseStatus.CLOSED, closed_at=at(hours=-1))
    assert time_of(closed, due, NOON, EN).text == "took 2 h"


# ------------------------------------------------------------------------------------- case


def test_a_timeline_is_newest_first_and_marks_what_is_new_to_the_reader() -> None:
    history = [a_change(ChangeKind.NOTED, seq, note=f"n{seq}") for seq in (1, 2, 3)]
    shown = happenings(history, 2, VIEW)
    assert [(one.seq, one.is_new, one.note) for one in shown] == [
        (3, True, "n3"),
        (2, False, "n2"),
        (1, False, "n1"),
    ]
    assert not any(one.is_new for one in happenings(history, None, VIEW))


@pytest.mark.parametrize(
    ("change", "details"),
    [
        (a_change(ChangeKind.ASSIGNED, assignee="clerk-7"), ("Assigned to clerk-7",)),
        (
            a_change(ChangeKind.LEVEL_RAISED, level=3, reason="asked_again"),
            ("Level 3 Major", "Asked again, still unsolved"),
        ),
        (
            a_change(ChangeKind.ESCALATED, team="task-force", inform=("privacy",)),
            ("Team: Task force", "Informed: Data protection"),
        ),
        (
            a_change(ChangeKind.CLOCK_BREACHED, clock=ClockName.RESOLUTION, due_at=NOON, late=True),
            ("Resolution", "due today 20:00", "fired late, after an outage"),
        ),
        (a_change(ChangeKind.UNKNOWN), ()),
    ],
    ids=lambda value: value.kind if isinstance(value, CaseChanged) else "",
)
def test_a_change_is_told_in_words(change: CaseChanged, details: tuple[str, ...]) -> None:
    assert happenings([change], None, VIEW)[0].details == details


def test_a_contact_comes_with_the_reasons_of_every_decision_about_it() -> None:
    record = a_deduplicated(
        a_contact(declared_value_cny=300.0),
        relation=Relation.REPEAT,
        reasons=(Reason(rule="same_waybill"), Reason(rule="odd.rule", detail="x", weight=-0.5)),
    )
    added = ContactAdded(
        contact_id=record.contact.contact_id,
        relation=Relation.REPEAT,
        channel=Channel.PHONE,
        received_at=NOON,
    )
    score = Score(
        category=Category.LOSS,
        nature=Nature.PRODUCT,
        cause=Cause.STAFF,
        level=2,
        confidence=0.5,
        policy="p",
    )
    change = a_change(
        ChangeKind.CONTACT_ADDED,
        contact=added,
        score=score,
        path=("root", "claims"),
        routing="routing-1",
    )
    (shown,) = told([record], by_contact([change]), VIEW)
    dedup, severity, routing = shown.decisions
    assert (routing.title, routing.result, routing.policy) == ("Team", "claims", "routing-1")
    assert [ground.name for ground in routing.grounds] == ["root → claims"]
    assert [(g.name, g.detail, g.weight) for g in dedup.grounds] == [
        ("Same waybill", "", ""),
        ("odd.rule", "x", "-0.50"),
    ]
    assert severity.result == "2 Significant · Loss · confidence 50%"
    assert ("Declared value", "300.00 CNY") in shown.facts
    assert ("Waybill", "SF1300000000001") in shown.facts


def test_a_contact_names_the_cases_that_are_perhaps_the_same() -> None:
    like = LikeCase(case_id="C7", confidence=0.6, rule="same_person_waybill_slip")
    (shown,) = told([a_deduplicated(perhaps=(like,))], {}, VIEW)
    [perhaps] = shown.perhaps
    assert (perhaps.case_id, perhaps.rule) == ("C7", "same_person_waybill_slip")
    assert perhaps.why == "(Same person, waybill one slip away, 60%)"


def test_what_a_case_does_not_have_yet_is_said_to_be_missing() -> None:
    facts = dict(facts_of(a_state(), VIEW))
    assert (facts["Team"], facts["Assigned to"]) == ("—", "—")
    assert "Acknowledged" not in facts


def test_a_refusal_is_told_in_the_language_of_the_page_where_its_ground_is_known() -> None:
    assert refusal_words("stale", "the case has changed", ZH) == "案件已有变动。"
    assert refusal_words("unknown", "ask the lead", EN) == "ask the lead"
    assert refusal_words("brand_new", "", EN) == "The case does not allow this now."


# ---------------------------------------------------------------------------------- actions


@pytest.mark.parametrize("status", set(CaseStatus) - {CaseStatus.UNKNOWN})
def test_the_actions_offered_are_those_that_the_life_cycle_allows(status: CaseStatus) -> None:
    commands = load_lifecycle().commands
    allowed = {kind for kind, move in commands.items() if status in move.allowed_from}
    assert {action.kind for action in offered(status)} == allowed - NOT_A_CLERKS


def test_an_action_asks_for_what_the_life_cycle_needs() -> None:
    commands = load_lifecycle().commands
    for action in ACTIONS:
        assert commands[action.kind].needs == action.fields
    assert commands[CommandKind.REJECT].reasons == REASONS


def test_every_command_has_an_action_and_a_key_of_its_own() -> None:
    assert {action.kind for action in ACTIONS} == set(CommandKind) - NOT_A_CLERKS
    assert len({action.shortcut for action in ACTIONS}) == len(ACTIONS)
    assert not {action.shortcut for action in ACTIONS} & set("jklp/?")
    assert offered(CaseStatus.UNKNOWN) == ACTIONS
