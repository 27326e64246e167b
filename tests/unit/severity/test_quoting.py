"""What a text only quotes is left out; what it reports stays."""

from time import process_time

import pytest

from services.severity.logic import Contact, Judge
from services.severity.quoting import own_words

OWN = "My shirt is just late."


@pytest.mark.parametrize(
    "text",
    [
        "> It caught fire.\n\nMy shirt is just late.",
        "My shirt is just late.\n\n> It caught fire.\n>> Somebody was hurt.",
        "On Mon, 3 Mar, X wrote:\n> It caught fire.\n\nMy shirt is just late.",
        "On Mon, 3 Mar 2026 at 10:00, A Very Long Name <\na@b.example> wrote:\n> Fire\n\n" + OWN,
        "My shirt is just late.\r\n\r\n-----Original Message-----\r\nFrom: Bob\r\n\r\nFire.",
        "My shirt is just late.\n\n---------- Forwarded message ---------\nFrom: Bob\n\nFire.",
        "My shirt is just late.\nBegin forwarded message:\n\nFrom: Bob\n\nFire.",
        "My shirt is just late.\n\nFrom: Bob\nSent: Monday\nTo: me\nSubject: Claim\n\nFire.",
        "My shirt is just late.\n\nBob <b@c.example> wrote:\n\nIt caught fire.",
        "-----Original Message-----\nFrom: Bob\n> Fire.\n\nMy shirt is just late.",
        "-----Original Message-----\nFire.\n-----End of message-----\nMy shirt is just late.",
        "「客服:包裹起火」\n- - - - - - - - - -\nMy shirt is just late.",
        "My shirt is just late.\n\n------------------ 原始邮件 ------------------\n起火",
        "My shirt is just late.\n---- 回复的原邮件 ----\n起火",
        "My shirt is just late.\n寄件者: 客服\n寄件日期: 3月3日\n主旨: 理賠\n\n起火",
        "张三 写道:\n> 起火\nMy shirt is just late.",
    ],
)
def test_a_quoted_block_is_left_out_wherever_it_stands(text: str) -> None:
    assert own_words(text).strip() == OWN


@pytest.mark.parametrize(
    "text",
    [
        "晚了两天,没有引用",
        "> 包裹起火",
        "FYI\n> It caught fire.",
        "Please see my complaint below.\n> It caught fire.",
        "请看下面的邮件\n> 包裹起火",
        "In reply to your email of 6 March:\n> We called you.\nYou never did.",
        "> My hand is cut.\n\nNobody answered this.",
        "On 3 March your agent wrote:\nYour parcel burned.",
        "短信:“您的快件已起火销毁”",
        ">3天没送到\n急",
        ">>>紧急<<<\n起火",
        "发件人:张三\n收件人:李四\n电话:1\n包裹起火",
    ],
)
def test_a_report_stays_and_so_does_all_where_nothing_else_is_left(text: str) -> None:
    assert own_words(text) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-----原始邮件-----\n内容:有人受伤", "内容:有人受伤"),
        ("转发:\n-----原始邮件-----\n内容:有人受伤", "内容:有人受伤"),
        ("Fwd:\n-----Original Message-----\nIt caught fire.", "It caught fire."),
        (
            "Sent from my phone\n\n-----Original Message-----\nIt caught fire.",
            "Sent from my phone\n\nIt caught fire.",
        ),
    ],
)
def test_what_is_passed_on_is_told_without_what_the_program_wrote_around_it(
    text: str, told: str
) -> None:
    assert own_words(text) == told


@pytest.mark.parametrize(
    "unit", ["-", "- ", "> ", "to:\n", "主题:\n", "x写道\n> ", "<@", "「\n", "--- \t", "> <   "]
)
def test_no_text_takes_long(unit: str) -> None:
    text = "---> wrote:\n主题 -- 」\n" + unit * (20_000 // len(unit))
    begun = process_time()
    own_words(text)
    assert process_time() - begun < 1


def test_neither_rules_nor_model_see_what_is_quoted(judge: Judge, rules_alone: Judge) -> None:
    own = Contact("The parcel is two days late.")
    quoting = Contact(own.text + "\n\n> It burned, I will sue, 60 customers lost 900,000 yuan.")
    for one in (judge, rules_alone):
        assert one.judge(quoting) == one.judge(own)
