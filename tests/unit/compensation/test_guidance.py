"""What a compensation may come to: each branch, each step with what it rests on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contacts import Facts as Stated
from schemas.vocabulary import Category
from services.domain.compensation.facts import facts_of
from services.domain.compensation.guidance import Facts, Guidance, guide
from services.domain.compensation.rules import SHIPPED, load_rules
from services.domain.compensation.words import as_answer, sentence
from services.domain.errors import SettingsError
from tests.support.builders import a_contact

RULES = load_rules()


def guided(**facts: Any) -> Guidance:
    return guide(Facts.model_validate(facts), RULES)


def span(guidance: Guidance) -> tuple[int | None, int | None]:
    return guidance.least, guidance.most


def words(guidance: Guidance) -> list[str]:
    return [step.words for step in guidance.steps]


def test_insured_and_lost_is_the_insured_value() -> None:
    found = guided(harm="lost", insured=50_000, value=80_000, postage=1_200)
    assert (found.branch, *span(found)) == ("insured", 50_000, 50_000)


def test_insured_and_partly_damaged_is_that_share() -> None:
    assert span(guided(harm="damaged", insured=50_000, share=0.4)) == (20_000, 20_000)


def test_an_uninsured_express_item_has_no_cap_by_the_postage() -> None:
    found = guided(harm="lost", value=80_000, postage=1_200)
    assert (found.branch, *span(found)) == ("uninsured", 80_000, 80_000)
    assert "void_terms" in words(found)
    assert "universal_cap" not in words(found)


def test_an_uninsured_universal_item_is_capped_at_three_times_the_postage() -> None:
    found = guided(harm="lost", product="registered", value=80_000, postage=450)
    assert (found.branch, *span(found)) == ("universal_service", 1_350, 1_350)
    assert span(guided(harm="lost", product="registered", value=900, postage=450)) == (900, 900)


def test_gross_negligence_loses_the_cap() -> None:
    found = guided(
        harm="lost", product="registered", value=80_000, postage=450, gross_negligence=True
    )
    assert span(found) == (80_000, 80_000)


def test_what_spoilt_is_compensated_in_full_and_not_shown_as_law() -> None:
    found = guided(harm="spoilt", perishable=True, value=26_850)
    assert (found.branch, *span(found)) == ("perishable", 26_850, 26_850)
    step = next(one for one in found.steps if one.words == "perishable")
    assert step.rule is not None
    assert not step.rule.is_law


@pytest.mark.parametrize(
    ("days", "same_city", "is_lost"), [(6, False, False), (7, False, True), (3, True, True)]
)
def test_what_is_overdue_for_long_is_taken_for_lost(
    days: int, same_city: bool, is_lost: bool
) -> None:
    found = guided(
        harm="delayed", days_overdue=days, same_city=same_city, value=9_000, postage=1_000
    )
    assert span(found) == ((9_000, 9_000) if is_lost else (1_000, 1_000))


def test_an_exemption_is_for_a_person_to_judge_and_never_a_refusal() -> None:
    found = guided(harm="lost", value=80_000, exemption="force_majeure")
    assert span(found) == (0, 80_000)
    assert words(found)[-1] == "a_person_decides"


def test_force_majeure_does_not_exempt_an_insured_universal_item() -> None:
    found = guided(harm="lost", product="registered", insured=5_000, exemption="force_majeure")
    assert span(found) == (5_000, 5_000)


def test_fraud_adds_three_times_the_price_and_at_least_five_hundred_yuan() -> None:
    assert span(guided(harm="lost", value=1_000, postage=1_200, fraud=True)) == (51_000, 51_000)
    dear = guided(harm="lost", value=1_000, postage=40_000, fraud=True)
    assert span(dear) == (121_000, 121_000)


@pytest.mark.parametrize(
    ("facts", "asks"),
    [
        ({"harm": "lost"}, ("value",)),
        ({"harm": "delayed"}, ("postage",)),
        ({"harm": "lost", "product": "registered"}, ("value", "postage")),
        ({"harm": "lost", "product": "registered", "value": 5}, ("postage",)),
        ({"harm": "lost", "fraud": True}, ("value", "postage")),
    ],
)
def test_what_is_not_known_is_asked_for(facts: dict[str, Any], asks: tuple[str, ...]) -> None:
    found = guided(**facts)
    assert (found.asks, span(found)) == (asks, (None, None))


@given(
    st.fixed_dictionaries(
        {
            "harm": st.sampled_from(["lost", "damaged", "spoilt"]),
            "product": st.sampled_from(["express", "registered"]),
            "value": st.none() | st.integers(0, 10**8),
            "insured": st.integers(0, 10**8),
            "postage": st.none() | st.integers(0, 10**5),
            "share": st.floats(0.01, 1),
            "perishable": st.booleans(),
            "exemption": st.sampled_from([None, "force_majeure", "sender_fault"]),
            "gross_negligence": st.booleans(),
            "fraud": st.booleans(),
        }
    )
)
def test_every_guidance_is_a_range_that_its_steps_explain_in_both_languages(
    facts: dict[str, Any],
) -> None:
    found = guide(Facts.model_validate(facts), RULES)
    assert (found.least is None) == (found.most is None)
    assert (found.least is None) == bool(found.asks) or facts["fraud"]
    if found.least is not None and found.most is not None:
        assert 0 <= found.least <= found.most
    for step in found.steps:
        zh, en = (sentence(step, "CNY", language) for language in ("zh", "en"))
        assert zh
        assert en
        if step.rule is not None and not step.rule.is_law:
            assert "可配置" in zh
            assert "configurable" in en
    assert as_answer(found)["guidance"] == RULES.version


def test_rules_without_their_default_are_refused_at_load(tmp_path) -> None:  # type: ignore[no-untyped-def]
    broken = tmp_path / "rules.yaml"
    broken.write_text(SHIPPED.read_text(encoding="utf-8").replace("default: cn", "default: xx"))
    with pytest.raises(SettingsError, match="xx"):
        load_rules(broken)


def test_guidance_begins_with_what_the_contacts_state_the_newest_first() -> None:
    contacts = [
        a_contact("b", facts=Stated(declared_value_cny=300.5)),
        a_contact("a", facts=Stated(declared_value_cny=100, goods="冷鲜牛肉", postage_cny=23)),
    ]
    found = facts_of(Category.DAMAGE, contacts)
    assert found is not None
    assert (found.harm, found.value, found.postage, found.perishable) == (
        "spoilt", 30_050, 2_300, True,
    )  # fmt: skip
    assert facts_of(Category.ATTITUDE, contacts) is None
