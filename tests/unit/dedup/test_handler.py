"""One decision per contact, made from claims that somebody won (ADRs 0001 and 0002)."""

from typing import Any

import pytest

from schemas.contacts import Role
from schemas.vocabulary import Channel
from services.domain.identity import person_index
from tests.support.builders import KEYS, NOON, a_contact, at
from tests.support.dedup_desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_first_contact_opens_a_case_and_the_same_person_repeats(desk: Desk) -> None:
    first, second = desk.take(a_contact("a"), a_contact("b"))
    assert (first.relation, second.relation) == ("new", "repeat")
    assert first.case_id == second.case_id


def test_what_was_said_of_a_standing_case_before_is_looked_up_and_not_claimed_again(
    desk: Desk,
) -> None:
    desk.take(a_contact("a", text="碎了"), a_contact("b", customer="other", text="碎了"))
    asked: list[str] = []
    desk.store.before = asked.append
    (third,) = desk.take(a_contact("c", customer="other", text="碎了"))
    assert third.relation == "repeat"
    assert "insert_claims" not in asked


def test_a_waybill_is_the_same_however_it_is_written(desk: Desk) -> None:
    ways = [
        "SF1314002793816",
        "sf 1314 0027 93816",
        "SF1314OO2793816",
        "ＳＦ１３１４００２７９３８１６",
    ]
    cases = {
        one.case_id
        for number, way in enumerate(ways)
        for one in desk.take(a_contact(f"c{number}", waybill=way))
    }
    inside = desk.take(a_contact("in", waybill=None, text="单号SF1314002793816一直没到"))
    assert cases | {inside[0].case_id} == {inside[0].case_id}


def test_another_person_about_the_same_parcel_is_a_second_complainant_once(desk: Desk) -> None:
    desk.take(a_contact("a", customer="sender"))
    second, third = desk.take(
        a_contact("b", customer="receiver", text="杯子碎了"), a_contact("c", customer="receiver")
    )
    assert (second.relation, third.relation) == ("second_complainant", "repeat")


def test_a_known_person_who_names_a_new_defect_brings_a_new_fact(desk: Desk) -> None:
    desk.take(a_contact("a", text="还没到"))
    fact, again = desk.take(a_contact("b", text="到了,碎了"), a_contact("c", text="碎了怎么赔"))
    assert (fact.relation, again.relation) == ("new_fact", "repeat")
    assert fact.reasons[-1].detail == "damaged"


def test_a_contact_without_waybill_joins_the_persons_case_about_the_item(desk: Desk) -> None:
    first = desk.take(a_contact("a", text="我的电热毯九天没有消息"))[0]
    joined = desk.take(a_contact("b", waybill=None, text="电热毯还是没有消息"))[0]
    apart = desk.take(a_contact("c", waybill=None, text="发票申请三次都在开具中"))[0]
    assert joined.case_id == first.case_id
    assert apart.case_id != first.case_id


def test_contacts_that_come_in_another_order_than_they_were_received_meet_all_the_same(
    desk: Desk,
) -> None:
    later = desk.take(a_contact("a", text="电热毯坏了", received_at=at(days=2)))[0]
    earlier = desk.take(a_contact("b", waybill=None, text="电热毯呢", received_at=NOON))[0]
    assert earlier.case_id == later.case_id


def test_a_mistyped_waybill_of_the_same_person_joins_and_its_owner_stays_known(desk: Desk) -> None:
    first, slip = desk.take(
        a_contact("a", text="青花茶盘没到"),
        a_contact("b", waybill="SF1300080000001", text="青花茶盘还没到", received_at=at(days=1)),
    )
    again = desk.take(a_contact("c", waybill="SF1300080000001", text="茶盘呢"))[0]
    assert (slip.case_id, slip.relation) == (first.case_id, "repeat")
    assert slip.reasons[0].rule == "same_person_waybill_slip"
    assert slip.confidence < 1
    assert (again.case_id, again.relation) == (first.case_id, "repeat")


def test_who_is_known_only_by_a_look_up_is_no_second_complainant_later(desk: Desk) -> None:
    desk.take(a_contact("a", customer="sender", text="景德镇青花茶盘显示签收,买家没拿到"))
    slip = desk.take(
        a_contact("b", customer="buyer", waybill="SF1300080000001", text="景德镇的青花茶盘谁签的")
    )[0]
    again = desk.take(a_contact("c", customer="sender", waybill="SF1300080000001", text="茶盘呢"))
    assert (slip.relation, again[0].relation) == ("second_complainant", "repeat")
    assert slip.case_id == again[0].case_id


def test_a_slip_with_other_goods_opens_a_case_and_suggests_the_first(desk: Desk) -> None:
    first = desk.take(a_contact("a", text="青花茶盘碎成好几块,茶杯也裂缝"))[0]
    other = desk.take(
        a_contact(
            "b", waybill="SF1300080000001", text="羽绒睡袋拉链坏,枕头发霉", received_at=at(days=1)
        )
    )[0]
    assert other.relation == "new"
    assert [(one.case_id, one.rule) for one in other.perhaps] == [
        (first.case_id, "waybill_slip_other_goods")
    ]


@pytest.mark.parametrize(
    ("text", "role"),
    [("青花茶盘碎了", Role.RECEIVER), ("上次说的青花茶盘碎了", Role.SENDER)],
)
def test_the_next_number_of_a_row_is_suggested_and_not_joined(
    desk: Desk, text: str, role: Role
) -> None:
    first = desk.take(a_contact("a", waybill="SF1300000000011", text="青花茶盘碎了"))[0]
    next_one = desk.take(
        a_contact("b", waybill="SF1300000000012", text=text, role=role, received_at=at(days=1))
    )[0]
    assert next_one.relation == "new"
    assert [(one.case_id, one.rule) for one in next_one.perhaps] == [
        (first.case_id, "same_person_waybill_neighbour")
    ]


def test_a_receiver_who_comes_back_to_the_same_goods_has_mistyped_the_last_digit(
    desk: Desk,
) -> None:
    first = desk.take(a_contact("a", waybill="SF1300000000011", text="青花茶盘碎了"))[0]
    again = desk.take(
        a_contact(
            "b", waybill="SF1300000000012", text="上次说的青花茶盘碎了", received_at=at(days=1)
        )
    )[0]
    assert (again.case_id, again.relation) == (first.case_id, "repeat")


def test_a_case_without_waybill_that_got_one_takes_no_neighbour_of_it(desk: Desk) -> None:
    desk.take(a_contact("a", waybill=None, text="驿站弄丢一双棉鞋,黑色"))
    desk.take(a_contact("b", waybill="SF1300000000011", text="棉鞋那双的单号,黑色"))
    other = desk.take(
        a_contact("c", waybill="SF1300000000012", text="棉鞋那双黑色", received_at=at(days=2))
    )[0]
    assert (other.relation, len(other.perhaps)) == ("new", 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("红色连衣裙卡在武汉三天", "蓝色连衣裙卡在武汉三天"),  # another colour
        ("电饭煲外壳凹了一块掉漆", "吹风机外壳凹了一块掉漆"),  # other goods
        ("寄到拉萨的唐卡停在西宁", "寄到拉萨的经幡停在西宁"),  # goods that nobody knows
    ],
)
def test_two_like_items_of_one_person_are_suggested(desk: Desk, first: str, second: str) -> None:
    cases = desk.take(
        a_contact("a", waybill=None, text=first),
        a_contact("b", waybill=None, text=second, received_at=at(days=1)),
    )
    assert cases[1].relation == "new"
    assert [one.case_id for one in cases[1].perhaps] == [cases[0].case_id]


def test_who_may_mean_either_of_two_cases_joins_neither(desk: Desk) -> None:
    desk.take(
        a_contact("a", waybill="SF1300000000011", text="棉鞋少了一双"),
        a_contact("b", waybill="YT1455520000012", text="棉鞋少了一双", received_at=at(days=1)),
    )
    third = desk.take(
        a_contact("c", waybill=None, text="棉鞋少了一双,还没人回", received_at=at(days=2))
    )[0]
    assert (third.relation, len(third.perhaps)) == ("new", 2)


def test_a_batch_of_a_merchant_is_one_case_for_each_parcel(desk: Desk) -> None:
    batch = [
        a_contact(
            f"c{n}",
            waybill=f"SF130000000010{n}",
            role=Role.SENDER,
            text=f"批量寄件第{n}单:样品皮带至今未揽收",
            received_at=at(seconds=n),
        )
        for n in range(1, 6)
    ]
    assert len({one.case_id for one in desk.take(*batch)}) == 5


def test_a_phrase_that_many_type_joins_no_strangers(desk: Desk) -> None:
    same = desk.take(
        *(
            a_contact(f"c{n}", waybill=waybill, customer=f"cust-{n}", text="显示签收 本人没收到")
            for n, waybill in enumerate(("SF1300000000173", "SF1300000000713", None, None))
        )
    )
    assert len({one.case_id for one in same}) == 4


def test_the_waybill_that_comes_later_joins_the_case_opened_without_it(desk: Desk) -> None:
    first = desk.take(a_contact("a", waybill=None, text="我妈寄的腊肠说好周五到"))[0]
    number = desk.take(a_contact("b", text="找到单号了,腊肠那个"))[0]
    stranger = desk.take(a_contact("c", customer="mother", text="腊肠还没到"))[0]
    assert number.case_id == first.case_id == stranger.case_id
    assert (number.relation, stranger.relation) == ("repeat", "second_complainant")


def test_the_last_four_digits_of_a_waybill_name_the_parcel(desk: Desk) -> None:
    first = desk.take(a_contact("a", waybill="JT3102330447719", text="打印机派送四天"))[0]
    tail = desk.take(a_contact("b", waybill=None, text="尾号7719那单催一下"))[0]
    assert (tail.case_id, tail.reasons[0].rule) == (first.case_id, "waybill_tail")


def test_a_regulators_forward_is_a_repeat_with_or_without_a_waybill(desk: Desk) -> None:
    first = desk.take(
        a_contact("a", waybill=None, text="我叫冯桂兰,锦绣里三栋,女婿寄的电热水壶说是退回去了")
    )[0]
    forward = desk.take(
        a_contact(
            "b",
            waybill=None,
            customer=None,
            channel=Channel.REGULATOR,
            text="冯桂兰(锦绣里三栋)反映其女婿所寄电热水壶未经同意被退回",
        )
    )[0]
    assert (forward.case_id, forward.relation) == (first.case_id, "repeat")
    with_waybill = desk.take(
        a_contact("c"), a_contact("d", customer="bureau", channel=Channel.REGULATOR)
    )
    assert [one.relation for one in with_waybill] == ["new", "repeat"]


def test_one_person_is_known_by_number_phone_or_address(desk: Desk) -> None:
    phone = person_index(KEYS, "default", "13800138000")
    first = desk.take(a_contact("a", aliases=(phone,)))[0]
    by_phone = desk.take(a_contact("b", customer="13800138000"))[0]
    without = desk.take(
        a_contact("c", customer="13800138000", waybill=None, text="还没到(contact-1)")
    )
    assert (by_phone.relation, by_phone.case_id) == ("repeat", first.case_id)
    assert without[0].case_id == first.case_id or without[0].perhaps


def test_anonymous_contacts_without_anything_to_know_them_by_stay_apart(desk: Desk) -> None:
    first, second = desk.take(
        a_contact("a", waybill=None, customer=None), a_contact("b", waybill=None, customer=None)
    )
    assert first.case_id != second.case_id


def test_what_nobody_in_particular_sends_again_at_once_is_one_matter(desk: Desk) -> None:
    said = "你们城东网点的快递员把我的包裹直接扔在楼道里,箱子都踩烂了,我要投诉"
    nobody: dict[str, Any] = {"waybill": None, "customer": None}
    first, again, later = desk.take(
        a_contact("a", text=said, **nobody),
        a_contact("b", text=f"{said}他!", received_at=at(seconds=9), **nobody),
        a_contact("c", text=f"{said}!!请处理", received_at=at(hours=2), **nobody),
    )
    assert (again.case_id, again.relation) == (first.case_id, "repeat")
    assert later.case_id != first.case_id
    assert [one.case_id for one in later.perhaps] == [first.case_id]


def test_the_same_text_of_the_same_person_without_waybill_is_one_case(desk: Desk) -> None:
    first, second = desk.take(
        a_contact("a", waybill=None, text="在吗"), a_contact("b", waybill=None, text="在吗?")
    )
    assert first.case_id == second.case_id
    assert second.relation == "repeat"


def test_a_waybill_used_again_after_its_window_is_another_parcel(desk: Desk) -> None:
    first = desk.take(a_contact("a"))[0]
    within = desk.take(a_contact("b", received_at=at(days=100)))[0]
    after = desk.take(a_contact("c", received_at=at(days=200)))[0]
    again = desk.take(a_contact("d", received_at=at(days=201)))[0]
    assert first.case_id == within.case_id
    assert after.case_id not in {first.case_id}
    assert again.case_id == after.case_id


def test_tenants_never_share_a_case(desk: Desk) -> None:
    ours, theirs = desk.take(a_contact("a"), a_contact("a", tenant="other"))
    assert ours.case_id != theirs.case_id
