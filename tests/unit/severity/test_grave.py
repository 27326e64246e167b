"""What makes a complaint grave, and what only sounds so: the rules alone, on our own sentences."""

import pytest

from services.severity.logic import Contact, Judge

GRAVE = 4
MAJOR = 3


@pytest.mark.parametrize(
    "text",
    [
        "卸货时铁架滑下来,师傅的手指没了一截,已经入院",
        "站口台阶结冰,我母亲摔断了髋骨",
        "驛站捲閘跌落嚟,壓到我阿媽隻腳,而家入咗院",
        "箱角弹在我眼角上,缝了四针",
        "The rider dropped the crate and my daughter's foot is broken.",
        "Your van reversed over my left foot, we called 911.",
        "The shutter came down on my fingers, I lost a fingertip.",
    ],
)
def test_somebody_hurt_is_critical(rules_alone: Judge, text: str) -> None:
    assert rules_alone.judge(Contact(text)).level == GRAVE


@pytest.mark.parametrize(
    "text",
    [
        "驿站角落里放着两瓶氯气,没有任何标识",
        "我把打火机充气罐写成文具寄出去了,快拦下来",
        "一整罐双氧水写成清洁剂",
        "The box marked toys holds a live mortar round.",
        "There is a red diamond and UN 1950 on the inner box of my parcel.",
    ],
)
def test_dangerous_goods_are_critical(rules_alone: Judge, text: str) -> None:
    assert rules_alone.judge(Contact(text)).level == GRAVE


@pytest.mark.parametrize(
    "text",
    [
        "学校统一寄出的七百多份录取通知书一周没有动静",
        "我们给九十个馆配发的耗材全卡在你们中转站,已经十天",
        "The kits of 96 teams have been stuck at your hub since Monday.",
        "Not one parcel of our 120 exhibitors has arrived.",
    ],
)
def test_fifty_people_hit_are_critical_whatever_they_are_called(
    rules_alone: Judge, text: str
) -> None:
    assert rules_alone.judge(Contact(text)).level == GRAVE


@pytest.mark.parametrize(
    "text",
    [
        "我不去什么12305,只想知道快递为什么晚了三天",
        "本来想打12315的,算了,下次送上楼就行,别再放门口",
        "不用驚動郵管局,就想問件貨幾時到,遲咗四日",
        "烟雾报警器外壳裂了,五十九块",
        "派出所拉了线不让进,小哥把件放在岗亭,没打电话",
        "I shan't go to the Postal Bureau; the bag of buttons is nine days late.",
        "I have no wish to go to any ombudsman, the parcel is late, that is all.",
        "The police had our lane taped off, so the parcel was left at the corner.",
        "I withdraw my complaint of last week to the ombudsman.",
    ],
)
def test_an_authority_that_nobody_turned_to_raises_nothing(rules_alone: Judge, text: str) -> None:
    assert rules_alone.judge(Contact(text)).level < MAJOR


@pytest.mark.parametrize(
    "text",
    [
        "我已经打了12305,快递晚了八天",
        "再不处理我就去邮管局",
        "I have written to the ombudsman about the late parcel.",
        "If it is not here by Friday I will report you to the postal authority.",
    ],
)
def test_an_authority_that_somebody_turns_to_is_major(rules_alone: Judge, text: str) -> None:
    assert rules_alone.judge(Contact(text)).level == MAJOR


@pytest.mark.parametrize(
    "text",
    [
        "我存了三万块装修,今天只说快递晚了两天",
        "The order total was 6,500, all came but a tape measure, which is late.",
        "My business turns over $3.5 million and you cannot bring a late phone case.",
    ],
)
def test_a_sum_that_is_not_at_stake_raises_nothing(rules_alone: Judge, text: str) -> None:
    assert rules_alone.judge(Contact(text)).level == 1


def test_a_word_that_begins_like_a_list_of_customers_is_none(rules_alone: Judge) -> None:
    assert rules_alone.judge(Contact("客户表示司机不肯上楼,把三百多斤的柜子放在路边")).level < GRAVE


@pytest.mark.parametrize(
    "text",
    [
        "If you don't refund I'll sue you",
        "You lost it. We're contacting the local newspaper.",
        "我要起诉你们,把快递弄丢了",
        "我現在就找記者,件又晚了",
    ],
)
def test_what_is_announced_outright_is_major_whatever_the_model_says(
    judge: Judge, rules_alone: Judge, text: str
) -> None:
    assert judge.judge(Contact(text)).level == MAJOR
    assert rules_alone.judge(Contact(text)).level == MAJOR


@pytest.mark.parametrize(
    "text",
    [
        "我不会去法院起诉你们,就是晚了",
        "I will not sue, it is just late",
        "I'm not contacting the press",
    ],
)
def test_what_is_said_not_to_be_done_is_not_announced(judge: Judge, text: str) -> None:
    assert judge.judge(Contact(text)).level < MAJOR


@pytest.mark.parametrize(
    "text", ["垃圾!骗子!死全家", "你们不得好死,快递晚了", "祝你們公司早日倒閉"]
)
def test_a_curse_of_the_customers_is_no_violence(judge: Judge, text: str) -> None:
    score = judge.judge(Contact(text))
    assert score.level < MAJOR


@pytest.mark.parametrize(
    "text", ["快递员骂我死全家", "他發短信「死全家」", "站长诅咒我全家不得好死"]
)
def test_a_curse_of_staff_is_major(judge: Judge, text: str) -> None:
    assert judge.judge(Contact(text)).level == MAJOR


def test_words_alone_raise_nothing_where_only_the_customer_is_hit(judge: Judge) -> None:
    score = judge.judge(Contact("我们公司50多人,我一个人的件晚了"))
    assert score.level == 1
    assert score.unsure


@pytest.mark.parametrize("text", ["到付件乱收我30块", "到付件亂收我三十塊錢"])
def test_a_charge_at_will_is_significant(judge: Judge, text: str) -> None:
    assert judge.judge(Contact(text)).level == 2


def test_a_charge_that_is_not_at_will_is_not(judge: Judge) -> None:
    assert judge.judge(Contact("不是乱收,就是多收了六块")).level == 1
