"""What only one of can be true of one item, and what follows for the cases of one person."""

from typing import Any

import pytest

from schemas.contacts import ContactReceived, Role
from schemas.personal import KeyRing
from schemas.vocabulary import Channel, Relation
from services.dedup.particulars import MAX_PARTICULARS, Apart, ParticularFinder
from services.dedup.policy import DedupPolicy, load_policy
from services.domain.telling import fold
from tests.support.builders import KEYS, a_contact, at
from tests.support.dedup_desk import Desk

POLICY = load_policy()
WAYBILL, OTHER = "SF2041187730925", "JT5120126630960"


def found(text: str) -> set[int]:
    return set(POLICY.particulars.found(fold(text), KEYS, "tenant"))


def said(name: str, text: str, day: int, **changes: Any) -> ContactReceived:
    fields: dict[str, Any] = {"waybill": None, "customer": "c1"} | changes
    return a_contact(name, text=text, received_at=at(days=day), **fields)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("订单号 5512 没到", "order no. 5512 is late"),
        ("訂單編號:AB-5512-7", "订单ab55127"),
        ("5斤装的大米", "大米2.5公斤"),
        ("一箱十二瓶装", "12瓶装的"),
        ("京东买的", "bought at JD"),
        ("尼康相机", "my Nikon camera"),
        ("妈妈的轮椅", "the wheelchair is my mother's one"),
        ("5月20日买的", "I bought it on May 20"),
        ("三月八号下单", "3月8日下单"),
        ("收件人:王先生", "收貨人王先生"),
    ],
)
def test_one_thing_said_in_two_ways_is_one_particular(one: str, other: str) -> None:
    assert found(one)
    assert found(one) & found(other)


@pytest.mark.parametrize(
    "text",
    [
        "昨天打过电话,没人接",
        "5月20日打电话说今天送,没送",
        "5月28日派送失败",
        "订单3天没动了",
        "my order was 1200 yuan",
        "京东快递员态度很差",
        "妈妈的手机号打不通",
        "你们公司的快递员骂人",
        "大米少了2斤",
        "收到只有8斤",
        "碎了三瓶",
        "收件人电话没人打",
        "the order is delayed again",
        "I was redirected twice and spoke to a sonographer",
        "小米粥洒了一地",
    ],
)
def test_what_says_nothing_of_the_item_is_no_particular(text: str) -> None:
    assert found(text) == set()


def test_names_of_receivers_and_order_numbers_are_hashed_with_the_oldest_key() -> None:
    text = fold("收件人王先生,订单号5512")
    finder = POLICY.particulars
    other = KeyRing({"k2": bytes([7]) * 32}, "k2")
    rotated = KeyRing({"k2": bytes([7]) * 32, **KEYS.keys}, "k2")
    mine = finder.found(text, KEYS, "tenant")
    assert set(mine).isdisjoint(finder.found(text, other, "tenant"))
    assert set(mine).isdisjoint(finder.found(text, KEYS, "another tenant"))
    assert mine == finder.found(text, rotated, "tenant")


def test_of_a_text_that_names_very_many_few_are_kept() -> None:
    many = ",".join(f"订单号{number}" for number in range(55120, 55220))
    assert len(found(many)) == MAX_PARTICULARS


def test_a_waybill_that_is_called_an_order_number_is_none() -> None:
    text = fold(f"订单号{WAYBILL}没到")
    assert POLICY.particulars.found(text, KEYS, "tenant", (WAYBILL,)) == ()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ({"patterns": ["(?P<of>妈妈"], "cues": ["妈"]}, "no regular expression"),
        ({"patterns": ["妈妈"], "cues": ["妈"]}, "names no group"),
    ],
)
def test_a_kind_that_cannot_work_is_refused_with_the_policy(
    kind: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        DedupPolicy.model_validate(POLICY.model_dump() | {"apart": {"owner": kind}, "like": []})


def test_a_rule_that_asks_for_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"order\.number is no kind of apart"):
        DedupPolicy.model_validate(POLICY.model_dump() | {"apart": {}})


def test_a_kind_that_is_a_list_of_words_is_read_as_before() -> None:
    policy = DedupPolicy.model_validate(
        POLICY.model_dump() | {"apart": {"colour": ["红色 蓝色", "red"]}, "like": []}
    )
    assert policy.apart == {"colour": Apart(words=("红色", "蓝色", "red"))}


def test_a_longer_word_hides_the_word_in_it() -> None:
    finder = ParticularFinder({"colour": Apart(words=("red",), unless=("red tape",))})
    assert finder.found("no red tape", KEYS, "t") == ()
    assert finder.found("a reddish lamp", KEYS, "t") == ()
    assert len(finder.found("a red lamp", KEYS, "t")) == 1


def test_a_contact_that_names_nothing_leads_no_other_item_to_the_case() -> None:
    first, between, other = Desk().take(
        said("1", "订单号55120871的咖啡机还没到", 0),
        said("2", "咖啡机还没到", 1),
        said("3", "订单号55133902的咖啡机还没到", 2),
    )
    assert between.case_id == first.case_id != other.case_id
    assert [one.case_id for one in other.perhaps] == [first.case_id]


def test_an_order_number_joins_what_one_person_says_with_and_without_the_waybill() -> None:
    first, again = Desk().take(
        said("1", "订单55120871的货呢", 0, waybill=WAYBILL),
        said("2", "55120871这笔订单退钱吧", 3),
    )
    assert again.case_id == first.case_id
    assert again.reasons[0].rule == "same_order"
    assert again.confidence > 0.9


def test_two_waybills_of_one_order_are_two_parcels() -> None:
    first, second = Desk().take(
        said("1", "订单55120871的货呢", 0, waybill=WAYBILL),
        said("2", "订单55120871的货呢", 1, waybill=OTHER),
    )
    assert second.case_id != first.case_id


def test_sender_and_receiver_of_one_long_order_number_meet() -> None:
    first, sender = Desk().take(
        said("1", "订单2026060188812的货没到", 0),
        said("2", "客户说订单2026060188812收不到", 1, customer="c2", role=Role.SENDER),
    )
    assert sender.case_id == first.case_id
    assert sender.relation is Relation.SECOND_COMPLAINANT


def test_strangers_with_one_short_order_number_stay_apart() -> None:
    first, second = Desk().take(
        said("1", "订单5512的咖啡机没到", 0), said("2", "订单5512的咖啡机没到", 1, customer="c2")
    )
    assert second.case_id != first.case_id


def test_one_who_complains_of_two_orders_at_once_is_shown_both() -> None:
    one, two, both = Desk().take(
        said("1", "订单55120871的咖啡机没到", 0),
        said("2", "订单55133902的咖啡机没到", 1),
        said("3", "订单55120871和55133902都没到", 2),
    )
    assert len({one.case_id, two.case_id, both.case_id}) == 3
    assert {perhaps.case_id for perhaps in both.perhaps} == {one.case_id, two.case_id}


def test_a_forward_with_a_waybill_of_its_own_does_not_follow_a_text_without_one() -> None:
    text = "老粮库后头佟姓老人的枇杷蜜两瓶没收着,外孙寄的"
    first, told, forward = Desk().take(
        said("1", "枇杷蜜没到", 0, waybill=WAYBILL),
        said("2", f"上次的枇杷蜜,{text}", 1),
        said("3", text, 2, waybill=OTHER, customer=None, channel=Channel.REGULATOR),
    )
    assert told.case_id == first.case_id != forward.case_id
    assert first.case_id in {one.case_id for one in forward.perhaps}
