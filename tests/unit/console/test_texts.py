"""Both catalogues say the same things, and name every word that records are written in."""

import re
from string import Formatter

import pytest

from schemas import handling_words, notice_words, vocabulary
from schemas.contacts import Role
from schemas.topics import TOPICS
from services.console.actions import REASONS
from services.console.command_form import PARTS
from services.console.language import LANGUAGES, Texts, language_of, texts_of
from services.console.pages import HERE
from services.console.sampling import STATES
from services.domain.notice_fates import FateState
from services.runtime.troubles import Trouble

NAMED = {
    "status": vocabulary.CaseStatus,
    "category": vocabulary.Category,
    "nature": vocabulary.Nature,
    "cause": vocabulary.Cause,
    "channel": vocabulary.Channel,
    "relation": vocabulary.Relation,
    "role": Role,
    "clock": vocabulary.ClockName,
    "stage": vocabulary.ClockStage,
    "change": vocabulary.ChangeKind,
    "refusal": vocabulary.Refusal,
    "notice_kind": notice_words.NoticeKind,
    "notice_channel": notice_words.NoticeChannel,
    "notice_state": FateState,
    "grade": handling_words.RiskGrade,
    "concern": handling_words.Concern,
    "outcome": handling_words.FindingOutcome,
    "party": handling_words.LiableParty,
    "branch": handling_words.CompensationBranch,
    "money_step": handling_words.CompensationStep,
    "record": PARTS,
    "reject_reason": REASONS,
    "act": vocabulary.CommandKind,
    "done": vocabulary.CommandKind,
    "state": STATES,
    "trouble": Trouble,
    "worker": {worker for topic in TOPICS for worker in (*topic.producers, *topic.consumers)},
}


def values_in(texts: Texts, key: str) -> set[str]:
    text = texts._texts[key]
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


def test_both_languages_have_the_same_texts() -> None:
    assert texts_of("zh").keys() == texts_of("en").keys()


def test_a_text_needs_the_same_values_in_both_languages() -> None:
    zh, en = texts_of("zh"), texts_of("en")
    free = {"time.today", "time.this_year", "time.other_year"}  # a month is a number or a name
    every = sorted(zh.keys())
    assert {key for key in every if values_in(zh, key) != values_in(en, key)} <= free
    plural = [key for key in every if isinstance(en._texts[key], dict)]
    assert all("other" in texts._texts[key] for texts in (zh, en) for key in plural)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMED)
def test_every_word_of_a_record_has_a_name(language: str, name: str) -> None:
    keys = texts_of("zh" if language == "zh" else "en").keys()
    assert [word for word in NAMED[name] if f"{name}.{word}" not in keys] == []


def test_every_text_that_a_template_asks_for_is_there() -> None:
    asked = set()
    for template in (HERE / "templates").glob("*.html"):
        asked |= set(re.findall(r"""\bt\(["']([a-z_.0-9]+)["'][,)]""", template.read_text()))
    assert len(asked) > 80
    assert asked - texts_of("en").keys() == set()


def test_a_count_has_its_own_form_for_one() -> None:
    en, zh = texts_of("en"), texts_of("zh")
    assert (en("list.contacts", n=1), en("list.contacts", n=2)) == ("1 contact", "2 contacts")
    assert zh("list.contacts", n=1) == "1 次联系"
    assert en("pipeline.letters", n=1, age="2 days").startswith("1 dead letter is open, for 2 days")


def test_a_word_that_nobody_named_is_shown_as_it_is() -> None:
    assert texts_of("zh").word("rule", "delay.medical") == "delay.medical"
    assert texts_of("zh").word("rule", "same_waybill") == "运单号相同"


def test_the_choice_counts_more_than_the_browser() -> None:
    assert language_of("zh", "en-GB") == "zh"
    assert language_of("tlh", "en-GB") == "en"
