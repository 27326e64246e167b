"""Who comes back without the waybill, and whose parcel he means."""

import pytest

from schemas.contacts import ContactReceived, Role
from schemas.vocabulary import Relation
from services.dedup.policy import load_policy
from services.domain.telling import fold
from tests.support.builders import a_contact, at
from tests.support.dedup_desk import Desk

WAYBILL, OTHER = "SF2041187730925", "JT5120126630960"
POLICY = load_policy()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def later(
    text: str, waybill: str | None = None, customer: str = "c1", **facts: Role
) -> ContactReceived:
    return a_contact(
        "later", waybill=waybill, customer=customer, text=text, received_at=at(days=1), **facts
    )


@pytest.mark.parametrize(
    "text",
    [
        "昨天投诉那箱还是坏的",
        "礼拜一在网上反映过的",
        "周二App提交的那张单",
        "前日邮件所述的问题仍在",
        "第三遍了",
        "第三个电话了",
        "I wrote on Monday about the vase",
        "As a follow-up to my mail",
        "昨天講的喜餅",
    ],
)
def test_a_day_and_a_word_of_telling_refer_to_an_earlier_contact(text: str) -> None:
    folded = fold(text)
    assert POLICY.is_recalled(folded, POLICY.spotter.places(folded))


@pytest.mark.parametrize("text", ["昨天到了门口没人", "周五送来的箱子湿了", "昨天派送了一次"])
def test_a_day_alone_refers_to_nothing(text: str) -> None:
    folded = fold(text)
    assert not POLICY.is_recalled(folded, POLICY.spotter.places(folded))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("签收照片不是我家门", "周二App提交的签收照片,我家的门是灰色的"),
        ("芒果烂了一半,黑水流出来", "昨天投诉芒果的,照片传了两遍都失败"),
        ("保健品从墨尔本退回来了", "Hello, I wrote yesterday, why was it returned?"),
    ],
)
def test_whoever_has_one_matter_and_comes_back_to_it_means_that_one(
    desk: Desk, first: str, second: str
) -> None:
    opened, again = desk.take(
        a_contact("first", waybill=WAYBILL, customer="c1", text=first), later(second)
    )
    assert again.case_id == opened.case_id
    assert again.relation is not Relation.NEW


@pytest.mark.parametrize(
    "second", ["昨天投诉过你们,另一单的毯子也没到", "昨天投诉过你们,今天是电饭锅没到"]
)
def test_coming_back_with_another_item_opens_a_case(desk: Desk, second: str) -> None:
    opened, again = desk.take(
        a_contact("first", waybill=WAYBILL, customer="c1", text="雨伞的伞骨断了"), later(second)
    )
    assert again.case_id != opened.case_id


@pytest.mark.parametrize(
    "second",
    [
        "刚才快递员把我的花盆摔了",
        "花盆碎了,到底有没有人管",
        "之前没说,花盆送来是碎的",
        "上午送来的花盆裂了",
    ],
)
def test_words_that_only_may_refer_do_not_bring_other_goods_to_a_matter_that_names_none(
    desk: Desk, second: str
) -> None:
    opened, again = desk.take(
        a_contact("first", waybill=WAYBILL, customer="c1", text="没打电话直接放柜子"), later(second)
    )
    assert again.case_id != opened.case_id


def test_who_has_two_matters_and_names_both_joins_neither(desk: Desk) -> None:
    umbrella, cup, again = desk.take(
        a_contact("umbrella", waybill=WAYBILL, customer="c1", text="雨伞骨断了"),
        a_contact("cup", waybill=OTHER, customer="c1", text="保温杯磕瘪了"),
        later("伞那个,伞骨断的,昨天报的,怎么赔?保温杯我就不追究了"),
    )
    assert again.relation is Relation.NEW
    assert {one.case_id for one in again.perhaps} == {umbrella.case_id, cup.case_id}


def test_digits_of_the_contacts_own_mistyped_waybill_speak_of_no_other(desk: Desk) -> None:
    opened, again = desk.take(
        a_contact("first", waybill="JT5120187740092", customer="c1", text="小孩的摇摇马少一条腿"),
        later("摇摇马缺腿的,昨天打过的,单号尾数0029。", waybill="JT5120187740029"),
    )
    assert again.case_id == opened.case_id


def test_the_sender_who_tells_the_receivers_story_joins_it_with_the_waybill(desk: Desk) -> None:
    opened, sender = desk.take(
        a_contact(
            "first",
            waybill=None,
            customer="c1",
            text="我外孙给我寄的枇杷蜜没收着,我住老粮库后头,姓佟",
        ),
        later("枇杷蜜两瓶,外孙寄给佟姓外婆,住老粮库后头", WAYBILL, "c2", role=Role.SENDER),
    )
    assert (sender.case_id, sender.relation) == (opened.case_id, Relation.SECOND_COMPLAINANT)


def test_a_sender_of_goods_that_many_buy_is_suggested_at_most(desk: Desk) -> None:
    opened, sender = desk.take(
        a_contact(
            "first", waybill=None, customer="c1", text="芒果烂了一半,住老粮库后头的,箱子流水"
        ),
        later("我发的芒果客户说烂了一半,发往西安曲江的", WAYBILL, "c2", role=Role.SENDER),
    )
    assert sender.case_id != opened.case_id
