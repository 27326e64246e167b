"""What comes after the answer: survey, silence, rating, window, archive, removal, hold."""

import pytest

from schemas.vocabulary import CaseStatus, CommandKind, Refusal
from tests.support.builders import at
from tests.unit.cases.desk import FIRST, Desk, another


@pytest.fixture
def desk() -> Desk:
    """A case that was answered at noon."""
    desk = Desk()
    desk.take(FIRST)
    desk.act(CommandKind.RESOLVE, note="It was found.")
    return desk


def look(desk: Desk, **later: float) -> tuple[list[str], str | None]:
    """Follow up at a time after the answer; return what happened, or why nothing did."""
    desk.clock.time = at(**later)
    answer = desk.act(CommandKind.FOLLOW_UP, actor="system")
    return desk.kinds(), answer.refusal


def test_the_answer_says_until_when_and_where_to_turn(desk: Desk) -> None:
    care = desk.case().aftercare
    assert care is not None
    assert (care.reopen_until, care.appeal_until) == (at(days=30), at(days=365))
    assert care.redress == "cn@redress-2026.3"


def test_a_silent_customer_is_asked_twice_then_noted_as_unreachable(desk: Desk) -> None:
    assert look(desk, hours=23.9) == ([], Refusal.NOTHING_DUE)
    assert look(desk, hours=24) == (["survey_requested"], None)
    assert look(desk, hours=71) == ([], Refusal.NOTHING_DUE)
    assert look(desk, hours=72) == (["survey_requested"], None)
    assert look(desk, hours=143) == ([], Refusal.NOTHING_DUE)
    assert look(desk, hours=144) == (["survey_unreachable", "closed"], None)
    assert desk.case().status is CaseStatus.CLOSED
    assert desk.history()[-1].reason == "unreachable"


def test_the_same_look_twice_asks_once(desk: Desk) -> None:
    assert look(desk, hours=24) == (["survey_requested"], None)
    assert look(desk, hours=24) == ([], Refusal.NOTHING_DUE)


def test_a_closed_case_is_archived_when_its_window_is_over(desk: Desk) -> None:
    desk.act(CommandKind.RATE, rating=5, actor="customer")
    assert desk.kinds() == ["rated", "closed"]
    assert look(desk, days=59.9) == ([], Refusal.NOTHING_DUE)
    assert look(desk, days=60) == (["archived"], None)
    assert look(desk, days=4000) == ([], Refusal.NOTHING_DUE)
    assert desk.case().archived_at == at(days=60)


def test_a_clerk_who_closes_at_once_does_not_spare_the_survey(desk: Desk) -> None:
    desk.act(CommandKind.CLOSE)
    assert look(desk, hours=24) == (["survey_requested"], None)
    assert look(desk, hours=72) == (["survey_requested"], None)
    assert look(desk, hours=144) == (["survey_unreachable"], None)
    assert look(desk, days=60) == (["archived"], None)


def test_a_middling_rating_leaves_time_to_come_back_and_then_closes(desk: Desk) -> None:
    desk.act(CommandKind.RATE, rating=3, actor="customer")
    assert desk.kinds() == ["rated"]
    assert look(desk, days=6.9) == ([], Refusal.NOTHING_DUE)
    assert look(desk, days=7) == (["closed"], None)


def test_a_poor_rating_is_reviewed_by_the_team_above(desk: Desk) -> None:
    desk.act(CommandKind.RATE, rating=2, actor="customer")
    assert desk.kinds() == ["rated", "reopened"]
    state = desk.case()
    assert (state.status, state.team, state.rating) == ("reopened", "senior-desk", None)
    assert desk.history()[-1].reason == "poor_rating"


def test_a_poor_rating_after_a_review_offers_the_appeal(desk: Desk) -> None:
    desk.act(CommandKind.RATE, rating=1, actor="customer")
    desk.act(CommandKind.RESOLVE, note="It stays so.")
    desk.act(CommandKind.RATE, rating=1, actor="customer")
    assert desk.kinds() == ["rated", "appeal_offered"]
    assert desk.case().status is CaseStatus.RESOLVED


def test_one_answer_is_rated_once(desk: Desk) -> None:
    desk.act(CommandKind.RATE, rating=3, actor="customer")
    assert desk.act(CommandKind.RATE, rating=5).refusal is Refusal.ALREADY_DECIDED


def test_after_the_window_a_case_is_reopened_by_rank_only(desk: Desk) -> None:
    desk.clock.time = at(days=30, seconds=1)
    for actor in ("customer", "clerk:clerk-101"):
        answer = desk.act(CommandKind.REOPEN, actor=actor, note="?")
        assert answer.refusal is Refusal.WINDOW_OVER
        assert "regulator" in (answer.explanation or "")
    assert desk.act(CommandKind.REOPEN, actor="clerk:clerk-801", note="new facts").refusal is None


def test_what_was_asked_in_time_counts_though_it_is_read_late(desk: Desk) -> None:
    desk.clock.time = at(days=31)
    answer = desk.act(CommandKind.REOPEN, actor="customer", note="?", issued_at=at(days=29))
    assert answer.refusal is None


def test_a_new_contact_is_never_turned_away(desk: Desk) -> None:
    desk.act(CommandKind.RATE, rating=5, actor="customer")
    look(desk, days=60)
    desk.clock.time = at(days=200)
    desk.take(another("again", received_at=at(days=200)))
    state = desk.case()
    assert (state.status, state.archived_at, state.aftercare) == ("reopened", None, None)
    assert desk.history()[-1].reason == "contact_after_window"


def test_a_reopened_case_begins_its_aftercare_anew(desk: Desk) -> None:
    look(desk, hours=24)
    desk.act(CommandKind.REOPEN, note="?", actor="customer")
    assert look(desk, hours=200) == ([], Refusal.NOTHING_DUE)
    desk.act(CommandKind.RESOLVE, note="Now it is there.")
    care = desk.case().aftercare
    assert care is not None
    assert (care.surveys, care.follow_up_at) == (0, at(hours=224))


def test_only_the_system_follows_up(desk: Desk) -> None:
    assert desk.act(CommandKind.FOLLOW_UP).refusal is Refusal.NOT_PERMITTED


# ---------------------------------------------------------------------------- removal


def test_personal_data_stay_for_three_years_and_then_may_go(desk: Desk) -> None:
    desk.act(CommandKind.CLOSE)
    desk.clock.time = at(days=1095)
    assert desk.act(CommandKind.ANONYMISE, actor="system").refusal is Refusal.NOTHING_DUE
    desk.clock.time = at(days=1096)
    assert desk.act(CommandKind.ANONYMISE, actor="system").refusal is None
    assert desk.case().anonymised_at == at(days=1096)
    assert desk.act(CommandKind.ANONYMISE, actor="system").refusal is Refusal.ALREADY_DECIDED


def test_a_legal_hold_keeps_everything_until_it_is_lifted(desk: Desk) -> None:
    desk.act(CommandKind.CLOSE)
    desk.act(CommandKind.HOLD, note="court order")
    assert desk.act(CommandKind.HOLD, note="again").refusal is Refusal.ALREADY_DECIDED
    desk.clock.time = at(days=2000)
    assert desk.act(CommandKind.ANONYMISE, actor="system").refusal is Refusal.ON_HOLD
    desk.act(CommandKind.RELEASE, note="settled")
    assert desk.act(CommandKind.ANONYMISE, actor="system").refusal is None


def test_an_open_case_is_never_anonymised(desk: Desk) -> None:
    desk.act(CommandKind.REOPEN, note="?", actor="customer")
    desk.clock.time = at(days=2000)
    assert desk.act(CommandKind.ANONYMISE, actor="system").refusal is Refusal.NOT_ALLOWED_NOW
