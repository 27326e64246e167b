"""A place goes by its own rules: where none is sure, the guidance says so and asks a person."""

import pytest

from schemas.places import CasePlace, Reach
from schemas.vocabulary import Category
from services.domain.compensation.facts import facts_of
from services.domain.compensation.guidance import Facts, guide
from services.domain.compensation.rules import load_rules
from services.domain.compensation.words import as_answer
from services.domain.redress import load_redress
from tests.support.builders import a_contact

RULES = load_rules()
HARMS = ("lost", "damaged", "spoilt", "delayed")


@pytest.mark.parametrize("jurisdiction", ["GB", "eu", "US", "au", "upu", "HK", "mars"])
@pytest.mark.parametrize("harm", HARMS)
def test_no_amount_and_no_law_of_china_is_used_elsewhere(jurisdiction: str, harm: str) -> None:
    facts = Facts.model_validate(
        {
            "jurisdiction": jurisdiction,
            "harm": harm,
            "value": 50_000,
            "insured": 9_000,
            "postage": 1_200,
            "fraud": True,
            "days_overdue": 90,
        }
    )
    found = guide(facts, RULES)
    assert (found.least, found.most, found.branch) == (None, None, "unknown")
    assert found.asks == ("rule",)
    assert [found.steps[0].words, found.steps[-1].words] == [
        "no_sure_rule",
        "a_person_finds_the_rule",
    ]
    said = str(as_answer(found))
    assert not any(
        word in said for word in ("民法典", "快递暂行条例", "邮政法", "消费者权益保护法")
    )


def test_what_is_known_of_a_place_is_told_with_what_it_rests_on() -> None:
    steps = as_answer(guide(Facts(harm="lost", jurisdiction="GB"), RULES))["steps"]
    assert "£20 or £50" in steps[1]["en"]
    assert "an operator's terms, not law" in steps[1]["en"]
    assert steps[1]["is_law"] is False
    (law,) = as_answer(guide(Facts(harm="lost", jurisdiction="EU"), RULES))["steps"][1:-1]
    assert (law["is_law"], law["basis"]) == (True, "97/67/EC, Art. 19")


def test_the_postal_union_is_named_only_for_what_crosses_a_border_and_never_as_law() -> None:
    def said(is_abroad: bool) -> list[dict[str, object]]:
        facts = Facts(harm="lost", jurisdiction="GB", is_abroad=is_abroad)
        steps: list[dict[str, object]] = as_answer(guide(facts, RULES))["steps"]
        return [step for step in steps if "UPU" in str(step.get("basis"))]

    assert said(False) == []
    (union,) = said(True)
    assert union["is_law"] is False


def test_the_place_of_a_case_says_whose_rules_count() -> None:
    place = CasePlace(jurisdiction="GB", reach=Reach.INTERNATIONAL, policy="test")
    facts = facts_of(Category.LOSS, [a_contact(declared_value_cny=500)], place)
    assert facts is not None
    assert (facts.jurisdiction, facts.is_abroad) == ("gb", True)
    home = facts_of(Category.LOSS, [a_contact(declared_value_cny=500)])
    assert home is not None
    assert guide(home, RULES).most == 50_000


def test_whoever_lives_elsewhere_is_not_sent_to_chinas_authority() -> None:
    redress = load_redress()
    assert redress.reference("CN").startswith("cn@")
    assert redress.reference("GB").startswith("gb@")
    for place in ("EU", "US", "HK"):
        routes = redress.routes(redress.reference(place))
        assert routes
        assert not any(route.is_law or "12305" in route.en for route in routes)
