"""The labelling guide, rule by rule, on sentences of our own."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.scores import Score
from schemas.vocabulary import Category, Cause, Channel
from services.severity.logic import Contact, Judge
from services.severity.policy import load_policy
from tests.support.judging import JUDGE
from tests.unit.severity.indirect import INDIRECT
from tests.unit.severity.sentences import SENTENCES, Sentence


def rules(score: Score) -> set[str]:
    return {reason.rule for reason in score.reasons}


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one.text)
def test_the_rules_judge_a_plain_sentence_as_the_guide_says(
    rules_alone: Judge, sentence: Sentence
) -> None:
    score = rules_alone.judge(Contact(sentence.text))
    assert (score.category, score.level) == (sentence.category, sentence.level)
    assert sentence.cause in (None, score.cause)


@pytest.mark.parametrize(
    ("sentences", "least"), [(SENTENCES, 0.93), (INDIRECT, 0.85)], ids=["plain", "hinted at"]
)
def test_the_model_leaves_nearly_all_of_them_right(
    judge: Judge, sentences: Sequence[Sentence], least: float
) -> None:
    scores = judge.judge_all([Contact(one.text) for one in sentences])
    pairs = list(zip(sentences, scores, strict=True))
    assert sum(one.category == score.category for one, score in pairs) >= least * len(pairs)
    assert sum(one.level == score.level for one, score in pairs) >= least * len(pairs)


@pytest.mark.parametrize(
    ("calm", "angry"),
    [
        ("快递晚了三天", "快递晚了三天!!!!!!垃圾公司!!!气死我了!!!"),
        ("My parcel is late", "MY PARCEL IS LATE!!!! THIS IS OUTRAGEOUS!!!"),
        ("杯子碎了,三十块", "杯子碎了,三十块,再也不用你们了,下次换顺丰"),
    ],
)
def test_anger_capitals_and_switching_company_raise_nothing(
    judge: Judge, calm: str, angry: str
) -> None:
    first, second = judge.judge(Contact(calm)), judge.judge(Contact(angry))
    assert (first.category, first.level) == (second.category, second.level)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("不是坏了,也不是丢了,就是晚到", "delay"),
        ("没有人受伤,没有起火,只是快递晚了", "delay"),
        ("Nothing was broken and nobody was hurt, it is just late.", "delay"),
        ("东西没少,盒子也没破,就是没给我打电话就放驿站了", "delivery"),
        ("我怕路上丢了,麻烦快点送", "delay"),
        ("会不会碎啊?什么时候到?", "delay"),
    ],
)
def test_what_is_denied_or_feared_is_not_the_matter(judge: Judge, text: str, category: str) -> None:
    score = judge.judge(Contact(text))
    assert (score.category, score.level) == (category, 1)


@pytest.mark.parametrize(("earlier", "level"), [(0, 1), (1, 2), (2, 3), (9, 3)])
def test_earlier_contacts_of_the_field_raise_the_level(
    judge: Judge, earlier: int, level: int
) -> None:
    assert judge.judge(Contact("快递还没到", earlier_contacts=earlier)).level == level


def test_the_larger_of_field_and_text_wins(judge: Judge) -> None:
    text = "第三次来电催促,快递还没到"
    assert judge.judge(Contact(text, earlier_contacts=0)).level == 3
    assert judge.judge(Contact("第二次来电,快递没到", earlier_contacts=4)).level == 3
    assert judge.judge(Contact("杯子碎了,值八百块", declared_cny=120_000)).level == 4
    assert judge.judge(Contact("杯子碎了,值八百块", declared_cny=20)).level == 2


def test_a_solved_matter_has_no_earlier_contacts(judge: Judge) -> None:
    score = judge.judge(Contact("撤销投诉,包裹找到了,谢谢", earlier_contacts=3))
    assert (score.category, score.level) == (Category.OTHER, 1)


def test_what_a_regulator_forwards_is_major(judge: Judge) -> None:
    score = judge.judge(Contact("快件晚到两天", Channel.REGULATOR))
    assert score.level == 3
    assert "level_regulator_forwards" in rules(score)


def test_goods_that_are_worth_something_raise_a_loss_without_a_sum(rules_alone: Judge) -> None:
    assert rules_alone.judge(Contact("寄的东西丢了")).level == 1
    assert rules_alone.judge(Contact("寄的东西丢了", goods="笔记本电脑")).level == 2
    assert rules_alone.judge(Contact("金项链丢了")).level == 3
    assert rules_alone.judge(Contact("金项链丢了,就值八十块")).level == 1


def test_each_decision_says_why_and_by_which_policy(judge: Judge) -> None:
    score = judge.judge(Contact("快递员骂我,还说要打我,我要去法院起诉"))
    assert {"rude", "threat_by_staff", "level_lawsuit", "level_violent_staff"} <= rules(score)
    assert all(reason.rule and len(reason.detail or "") <= 200 for reason in score.reasons)
    assert score.policy == load_policy().version


def test_reasons_show_no_name_number_or_address_from_inside_a_phrase(judge: Judge) -> None:
    text = "快递放在王小明13800138000那个驿站,门口没人"
    shown = "".join(reason.detail or "" for reason in judge.judge(Contact(text)).reasons)
    assert "王小明" not in shown
    assert "1380" not in shown


@pytest.mark.parametrize("text", ["嗯", "????", "👍👍", "qwerty", "【图片】"])
def test_a_text_that_says_nothing_is_other_and_unsure(judge: Judge, text: str) -> None:
    score = judge.judge(Contact(text))
    assert (score.category, score.level, score.confidence) == (Category.OTHER, 1, 0.0)
    assert score.unsure


@given(st.text(max_size=300))
def test_any_text_has_a_score_and_always_the_same(text: str) -> None:
    first = JUDGE.judge(Contact(text))
    assert first == JUDGE.judge(Contact(text))
    assert first.category is not Category.UNKNOWN
    assert first.cause in Cause
    assert 1 <= first.level <= 4
    assert 0 <= first.confidence <= 1
    Score.model_validate(first.model_dump())


@given(st.lists(st.sampled_from([one.text for one in SENTENCES]), max_size=4))
def test_any_mixture_of_complaints_has_a_valid_score(texts: list[str]) -> None:
    Score.model_validate(JUDGE.judge(Contact("。".join(texts) or "?")).model_dump())
