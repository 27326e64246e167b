"""Texts are compared by what they tell, and defects are read with their denials."""

import pytest

from services.dedup.policy import load_policy
from services.dedup.texts import defects_in, fingerprint, pieces, shared_share

POLICY = load_policy()


def test_texts_that_differ_in_spaces_and_punctuation_have_one_fingerprint() -> None:
    assert fingerprint("玻璃鱼缸碎了 240块 有照片") == fingerprint("玻璃鱼缸碎了  240块,有照片。")


def test_what_every_complaint_says_is_not_a_telling_piece() -> None:
    assert pieces("你们 快递 没有 收到", POLICY) == pieces("", POLICY)


def test_texts_about_one_item_share_pieces_and_others_do_not() -> None:
    first = pieces("我的电热毯九天没有消息", POLICY)
    again = pieces("电热毯还是没有动静", POLICY)
    other = pieces("发票申请三次都在开具中", POLICY)
    assert shared_share(first, again)[0] >= 2
    assert shared_share(first, other)[0] == 0


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("杯子碎了", {"damaged"}),
        ("没碎,就是晚到", {"late"}),
        ("The vase is broken", {"damaged"}),
        ("The vase is not broken, only late", {"late"}),
        ("少了一包,手也划伤了", {"missing", "hurt"}),
        ("谢谢", set()),
    ],
)
def test_defects_are_named_and_not_denied(text: str, kinds: set[str]) -> None:
    assert defects_in(text, POLICY) == kinds
