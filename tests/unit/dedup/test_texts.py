"""Texts are compared by what they tell, and defects are read with their denials."""

import pytest

from services.dedup.policy import load_policy
from services.dedup.texts import defects_in, fingerprint, pieces_of, shingles_of
from services.domain.telling import any_of, fold, pieces_in, runs_in

POLICY = load_policy()


def pieces(text: str) -> set[int]:
    return set(pieces_of(pieces_in(runs_in(fold(text))), POLICY))


def shingles(text: str) -> set[int]:
    runs = runs_in(fold(text))
    return set(shingles_of(runs, pieces_in(runs)))


def test_texts_that_differ_in_spaces_and_punctuation_have_one_fingerprint() -> None:
    texts = ("玻璃鱼缸碎了 240块 有照片", "玻璃鱼缸碎了  240块,有照片。")
    assert len({fingerprint(fold(text)) for text in texts}) == 1


def test_what_every_complaint_says_is_not_a_telling_piece() -> None:
    assert pieces("你们 快递 没有 收到") == pieces("The courier has not delivered it") == set()


def test_texts_about_one_item_share_pieces_and_others_do_not() -> None:
    first = pieces("我的电热毯九天没有消息")
    assert len(first & pieces("电热毯还是没有动静")) >= 2
    assert not first & pieces("发票申请三次都在开具中")


def test_the_two_scripts_and_english_plurals_say_the_same() -> None:
    assert pieces("電熱毯壞了") == pieces("电热毯坏了")
    assert pieces("the lamps arrived") == pieces("THE LAMP ARRIVED")


def test_a_forward_in_other_words_shares_rare_stretches_with_what_it_forwards() -> None:
    own = shingles("我叫冯桂兰,锦绣里三栋,我女婿寄的电热水壶说是退回去了")
    forward = shingles("冯桂兰(锦绣里三栋)反映其女婿所寄电热水壶未经同意被退回")
    assert own & forward
    assert not own & shingles("茶具在金华分拨四天了,一动不动")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("杯子碎了", {"damaged"}),
        ("没碎,就是晚到", {"late"}),
        ("The vase is broken", {"damaged"}),
        ("The vase is not broken, only late", {"late"}),
        ("少了一包,手也划伤了", {"missing", "hurt"}),
        ("張口問我要20塊油錢", {"charged"}),
        ("He swore at my mother", {"rude"}),
        ("谢谢", set()),
    ],
)
def test_defects_are_named_and_not_denied(text: str, kinds: set[str]) -> None:
    assert defects_in(text, POLICY) == kinds


def test_a_latin_word_right_behind_chinese_is_a_word() -> None:
    assert any_of(("app",)).search(fold("你们App扣了两次"))
    assert not any_of(("app",)).search("snapped")


def test_fruit_is_goods() -> None:
    assert "芒果" in pieces_in(runs_in(fold("芒果烂了")))
