"""Waybill numbers: what is one, what is not, and that spelling does not matter."""

import random
import time
from datetime import date
from datetime import time as dt_time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.domain.waybill import normalise_waybill, stated_waybill, waybills_in

WRITTEN = [
    ("SF1302847561029", "SF1302847561029"),
    ("sf 1302 8475 6102 9", "SF1302847561029"),
    ("SF-1302-8475-61029", "SF1302847561029"),
    ("SF—1302—8475—61029", "SF1302847561029"),
    ("ＳＦ１３７７７２０４１６６５５", "SF13777204166" + "55"),
    ("SF1314OO2793816", "SF1314002793816"),
    ("SFI314002793816", "SF1314002793816"),
    ("SFl314002793816", "SF1314002793816"),
    ("SF\u200b1302847561029\u202c", "SF1302847561029"),
    ("\ufeffYT4408123956710\n", "YT4408123956710"),
    ("EA302118457CN", "EA302118457CN"),
    ("ea 302 118 457 cn", "EA302118457CN"),
    ("EA33l748209CN", "EA331748209CN"),
    ("RR473124829IL", "RR473124829IL"),
    ("777248019964401", "777248019964401"),
    ("７７７２４８０１９９６４４０１", "777248019964401"),
    ("777 2480 1996 4401", "777248019964401"),
    ("NO.777248019964401", "777248019964401"),
    ("NO 777248019964401", "777248019964401"),
    ("DPK210012345678", "DPK210012345678"),
    ("1130012345678", "1130012345678"),
]
NO_WAYBILL = [
    "",
    "   ",
    "don't know",
    "没有单号",
    "SF",
    "SF13028",
    "13800138000",
    "138 0013 8000",
    "１３８００１３８０００",
    "+86 138 0013 8000",
    "8613800138000",
    "013800138000",
    "TEL13800138000",
    "0755-83112345",
    "010 6888 8888",
    "400-820-8888",
    "11010119900307771X",
    "110101199003077715",
    "6222021234567890123",
    "4111 1111 1111 1111",
    "356938035643809",
    "2026-03-02",
    "2026-03-02 08:15:00",
    "202603020815",
    "20260302081500",
    "1280.00",
    "000000000000",
    "SF0000000000000",
    "1" * 15,
    "9" * 40,
]
IN_TEXT = [
    ("包裹YT4413998102276何时送?电话13800138000", ["YT4413998102276"]),
    ("SF1302847561029 2件都没到", ["SF1302847561029"]),
    ("SF1302847561029-1和-2", ["SF1302847561029"]),
    ("SF1302847561029 13800138000", ["SF1302847561029"]),
    ("sf 1302 8475 6102 9 没到", ["SF1302847561029"]),
    ("YT44 1399 8102 276 没到", ["YT4413998102276"]),
    ("SFl3O2847561029丢了", ["SF1302847561029"]),
    ("单号777248019964401 13800138000找我", ["777248019964401"]),
    ("单号 777 2480 1996 4401 没动", ["777248019964401"]),
    ("７７７２４８０１９９６４４０１", ["777248019964401"]),
    ("773123456789 2件", ["773123456789"]),
    ("7731 2345 6789 2件", ["773123456789"]),
    ("my number is 777248019964401", ["777248019964401"]),
    ("order no 777248019964401, please", ["777248019964401"]),
    ("NO777248019964401", ["777248019964401"]),
    ("posted with EA 450027716 CN yesterday", ["EA450027716CN"]),
    ("EA119930572CN and ea302118457cn", ["EA119930572CN", "EA302118457CN"]),
    ("EA119930572CN, again EA119930572CN", ["EA119930572CN"]),
    ("777250117371206 和 SF1315027743960", ["777250117371206", "SF1315027743960"]),
    ("(YT4423520074462,各9.8元)", ["YT4423520074462"]),
    ("SF132160028471......后面还有一位我看不清", ["SF132160028471"]),
]
NOTHING_IN_TEXT = [
    "电话138 0013 8000 2026-03-02投诉过",
    "手机号13800138000 8点打",
    "tel 13800138000",
    "call me at 138 0013 8000 please",
    "MS 13800138000",
    "+86 13800138000",
    "mobile 138-0000-4567 and flat 12",
    "座机0755-83112345",
    "身份证110101199003077715",
    "身份证 110101 19900307 7715",
    "ID 110101 19900307 7715",
    "身份证11010119900307771X",
    "卡号6222 0212 3456 7890 123",
    "卡号6222021234567890123",
    "card 4111 1111 1111 1111",
    "IMEI 356938035643809",
    "2026-03-02 2026-03-05两次",
    "2026.03.02-2026.03.05",
    "20260302 20260305",
    "20260302 1234567",
    "on 2026-03-02 1130 he came",
    "202603020815打的电话",
    "赔1280.00 2026.03.02",
    "RMB 1234567890.00",
    "QQ1234567890",
    "wx13800138000",
    "单号000000000000",
    "尾号0086",
    "is 123456789 in order",
    "",
]
prefixes = st.sampled_from(["SF", "YT", "JT", "KY", "DPK", "TT"])
digit_runs = st.text("0123456789", min_size=9, max_size=16).filter(lambda run: len(set(run)) > 1)
prefixed = st.builds(str.__add__, prefixes, digit_runs)
postal = st.builds(
    "{}{}{}".format,
    st.sampled_from(["EA", "RR", "CP", "LZ"]),
    st.text("0123456789", min_size=9, max_size=9),
    st.sampled_from(["CN", "HK", "US", "DE"]),
)
bare = st.text("0123456789", min_size=10, max_size=16)
waybills = (prefixed | postal | bare).filter(lambda number: normalise_waybill(number) is not None)
_FULL_WIDTH = {n: chr(n + 0xFEE0) for n in range(0x21, 0x7F)}


@pytest.mark.parametrize(("written", "normal"), WRITTEN)
def test_a_waybill_is_read_however_it_is_written(written: str, normal: str) -> None:
    assert normalise_waybill(written) == normal


@pytest.mark.parametrize("written", NO_WAYBILL)
def test_another_number_in_the_field_is_no_waybill(written: str) -> None:
    assert normalise_waybill(written) is None


@pytest.mark.parametrize(("text", "numbers"), IN_TEXT)
def test_the_waybills_in_a_text_are_found(text: str, numbers: list[str]) -> None:
    assert list(waybills_in(text)) == numbers


@pytest.mark.parametrize("text", NOTHING_IN_TEXT)
def test_another_number_in_a_text_is_no_waybill(text: str) -> None:
    assert waybills_in(text) == ()


def test_nothing_written_is_no_waybill() -> None:
    assert normalise_waybill(None) is None


@given(waybills)
def test_a_normal_form_is_its_own_normal_form(number: str) -> None:
    normal = normalise_waybill(number)
    assert normal == normalise_waybill(normal)


@given(waybills, st.randoms(use_true_random=False))
def test_spaces_case_and_width_do_not_matter(number: str, chance: random.Random) -> None:
    spaced = "".join(c + chance.choice(["", "", " ", "-", "\u200b"]) for c in number)
    cased = "".join(chance.choice([c.lower(), c]) for c in spaced)
    wide = "".join(chance.choice([c, c.translate(_FULL_WIDTH)]) for c in cased)
    assert normalise_waybill(wide) == normalise_waybill(number)


@given(waybills, st.randoms(use_true_random=False))
def test_letters_that_look_like_digits_do_not_matter(number: str, chance: random.Random) -> None:
    confusable = {"0": "0Oo", "1": "1Il"}
    written = "".join(chance.choice(confusable.get(c, c)) for c in number)
    # Two letters, nine digits and "IL" is how a number of Israel's post looks.
    assume(not (len(written) == 13 and written[-2:].upper() in {"IL", "LI"}))
    assert normalise_waybill(written) == normalise_waybill(number)


@given(prefixed.filter(lambda n: 10 <= sum(map(str.isdigit, n)) <= 16) | postal)
def test_a_number_with_letters_is_found_in_any_sentence(number: str) -> None:
    normal = normalise_waybill(number)
    assume(normal is not None)
    assert waybills_in(f"单号{number}没到") == (normal,)
    assert waybills_in(f"Where is {number}, please?") == (normal,)


@given(st.text() | st.text("SFYT 0123456789OoIl-.·()\u200bＳ８"))
def test_no_text_crashes(text: str) -> None:
    for found in waybills_in(text):
        assert normalise_waybill(found) == found
    normalise_waybill(text)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "-"]))
def test_a_mobile_number_is_never_a_waybill(number: str, gap: str) -> None:
    written = gap.join((number[:3], number[3:7], number[7:]))
    assert normalise_waybill(written) is None
    for text in (f"电话{written}找我", f"tel {written}.", f"{written} {written}", f"+86{written}"):
        assert waybills_in(text) == (), text


@given(
    st.integers(110000, 659999),
    st.dates(date(1900, 1, 1), date(2026, 12, 31)),
    st.integers(0, 999),
    st.sampled_from("0123456789X"),
    st.sampled_from(["", " ", "-"]),
)
def test_an_identity_card_is_never_a_waybill(
    region: int, born: object, order: int, check: str, gap: str
) -> None:
    written = gap.join((str(region), str(born).replace("-", ""), f"{order:03}{check}"))
    assert normalise_waybill(written) is None
    assert waybills_in(f"身份证{written}") == waybills_in(f"ID {written}, thanks") == ()


@given(st.integers(10**14, 10**18 - 1), st.sampled_from(["", " "]))
def test_a_bank_card_is_never_a_waybill(body: int, gap: str) -> None:
    card = f"62{body}"
    groups = [card[i : i + 4] for i in range(0, len(card), 4)]
    assert waybills_in(f"卡号{gap.join(groups)}") == ()


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.times())
def test_a_date_is_never_a_waybill(day: date, hour: dt_time) -> None:
    written = f"{day} {hour:%H:%M:%S}"
    for form in (written, written.replace("-", "."), written.replace("-", "").replace(":", "")):
        assert waybills_in(f"从{form}起") == (), form


@pytest.mark.parametrize(
    "piece", ["1 ", "1", "ab 1 2 3 4 5 6 7 8 9 ", "SF1-", "O", "SF130284756102 "]
)
def test_a_long_text_is_read_in_no_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    started = time.process_time()
    waybills_in("ab " + text)
    normalise_waybill(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "written",
    [
        "运单号：SF1302847561029",
        "SF1302847561029（顺丰）",
        "SF1302847561029/SF1302847561030",
        "https://track.example/?no=SF1302847561029",
        "SF1302847561029,已签收",
    ],
)
def test_what_is_written_around_a_number_in_its_field_does_not_lose_it(written: str) -> None:
    assert stated_waybill(written, "还没有到") == "SF1302847561029"


@pytest.mark.parametrize("written", [None, *NO_WAYBILL])
def test_a_field_without_a_number_leaves_that_of_the_text(written: str | None) -> None:
    assert stated_waybill(written, "单号YT4413998102276") == "YT4413998102276"
