"""Which stations a case names, and who must not have it alone, as a page shows it."""

from schemas.stations import NamedStation
from schemas.vocabulary import ChangeKind
from services.console.case_view import facts_of, happenings
from services.console.language import texts_of
from services.console.refusals import refusal_words
from tests.unit.console.test_views import EN, VIEW, ZH, a_change, a_state

ABOUT = NamedStation(station="杭州三站", teams=("claims",), is_about=True)
NAMED = NamedStation(station="Leeds North Depot", teams=("billing",))


def test_a_case_says_whose_own_station_it_is_about() -> None:
    facts = dict(facts_of(a_state(stations=(ABOUT, NAMED)), VIEW))
    assert facts["Stations named"] == "杭州三站, Leeds North Depot (not for Claims alone)"
    assert "Stations named" not in dict(facts_of(a_state(), VIEW))
    named = dict(facts_of(a_state(stations=(NAMED,)), VIEW))
    assert named["Stations named"] == "Leeds North Depot"


def test_the_timeline_says_why_another_team_has_it_now() -> None:
    change = a_change(
        ChangeKind.TEAM_PASSED_OVER,
        skipped="claims",
        reason="conflict_of_interest",
        team="senior-desk",
        stations=(ABOUT,),
    )
    (shown,) = happenings([change], None, VIEW)
    assert shown.details == (
        "Team: Senior desk",
        "Passed over: Claims",
        "About: 杭州三站",
        "The matter is about its own station or staff, so it must not decide alone",
    )


def test_the_refusal_has_words_in_both_languages() -> None:
    assert refusal_words("conflict_of_interest", "", EN).startswith("A station")
    assert "不得单独处理" in refusal_words("conflict_of_interest", "", ZH)
    assert texts_of("zh").word("rule", "full") == "全组在办案件已满"
