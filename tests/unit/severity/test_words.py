"""The notation of the policy's words, folding, denial, and places."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.severity.denial import Denials, is_denied
from services.severity.folding import Folder
from services.severity.lexicon import Lexicon, SignWords
from services.severity.patterns import (
    PatternError,
    beginnings_of,
    keys_of,
    quickened,
    split,
    to_regex,
)
from services.severity.places import PlaceMarker, Places, Reach
from services.severity.policy import SeverityPolicy
from services.severity.training import corpus

CLASSES = {"没": ("没", "没有"), "item": ("parcel", "box")}
DENIALS = Denials({"not": (("没", "没有", "不是", "not", "nothing"), ("有", "any", "is"))}, CLASSES)


def matches(pattern: str, text: str) -> bool:
    return re.search(to_regex(pattern, CLASSES), text, re.ASCII) is not None


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("签收", "已签收了", True),
        ("{没}收到", "没有收到", True),
        ("放~驿站", "放在了那个驿站", True),
        ("放~驿站", "放在了,驿站", False),
        ("放……驿站", "放在了,那个驿站", True),
        ("碎(了|成)", "碎成渣", True),
        ("碎(了|成)", "碎银", False),
        ("滚!(动|轮)", "滚动", False),
        ("滚!(动|轮)", "给我滚", True),
        ("#天没到", "三十天没到", True),
        ("late", "translated", False),
        ("charg*", "charged", True),
        ("never ~ arrived", "never to have arrived", True),
        ("never ~ arrived", "never. It arrived", False),
        ("my {item}", "my box", True),
        ("call back", "call-back", True),
    ],
)
def test_a_pattern_means_what_the_notation_says(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize("pattern", ["{gone}", "(a", "a)", "~放", "(|)", "!(a)"])
def test_a_broken_pattern_is_refused(pattern: str) -> None:
    def read() -> None:
        to_regex(pattern, CLASSES)
        keys_of(pattern, CLASSES)

    with pytest.raises(PatternError):
        read()


def test_patterns_stand_in_one_text_or_on_lines_of_it() -> None:
    assert split("a / b c\n  d\n") == ("a", "b c", "d")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("貨件遺失", "货件遗失。"),
        ("ＳＦ１２３", "sf123。"),
        ("冇收到,喺邊度", "没有收到,在边度。"),
        ("太慢了 下次再说", "太慢了,下次再说。"),
        ("It’s   LATE", "it's late。"),
        ("甲\n\n 乙", "甲\n乙。"),
        ("a long\nline", "a long line。"),
        ("recieved", "received。"),
        ("……", "。。"),
    ],
)
def test_texts_are_evened_out(policy: SeverityPolicy, text: str, folded: str) -> None:
    assert Folder(policy.spellings).fold(text) == folded


@given(st.text(max_size=200))
def test_folding_never_fails(text: str) -> None:
    assert Folder({"冇": "没有"}).fold(text)


@pytest.fixture(scope="module")
def folders(policy: SeverityPolicy) -> tuple[Folder, Folder]:
    """One that evens out plain texts by their characters, and one that does so with none: it has
    a spelling that gives an accent, which joins what stands before it."""
    return Folder(policy.spellings), Folder({**policy.spellings, "\ue000": "\u0301"})


PIECES = "aÅǆ ‘'`“”…—·¥￥，。！ＡＦ１～　個电話冇\u0301\u200b😀\n"


@given(st.text(st.sampled_from(PIECES), max_size=12))
def test_a_character_becomes_the_same_by_itself_and_among_others(
    folders: tuple[Folder, Folder], text: str
) -> None:
    by_characters, together = folders
    assert by_characters.fold(text) == together.fold(text)


def test_every_word_of_the_policy_is_written_as_texts_are_folded(policy: SeverityPolicy) -> None:
    folder = Folder({})
    for name, sign in policy.signs.items():
        for pattern in sign.words:
            plain = pattern.replace("……", "")
            assert folder.fold(plain).rstrip("。") == plain.rstrip("。"), (name, pattern)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("没有", True),
        ("没", True),
        ("is not any ", True),
        ("没有,", False),
        ("东西", False),
        ("", False),
    ],
)
def test_a_denial_stands_right_before_the_word(before: str, expected: bool) -> None:
    pattern = DENIALS.pattern(("not",))
    assert pattern is not None
    everywhere = range(len(before))
    assert is_denied(pattern, before + "坏了", len(before), everywhere) is expected


def test_a_denied_sign_is_not_found_unless_it_is_said_again() -> None:
    lexicon = Lexicon({"broken": SignWords(("坏了", "东西~丢"), ("not",))}, CLASSES, DENIALS)
    assert lexicon.find("没坏了") == {}
    assert lexicon.find("东西没丢") == {}
    assert lexicon.find("杯子没坏了,碗坏了")["broken"].word == "坏了"


def test_no_pattern_of_the_policy_is_missed_for_its_beginning(policy: SeverityPolicy) -> None:
    """Trying each at every place of a text is what the search by beginnings must equal."""
    folder = Folder(policy.spellings)
    texts = [folder.fold(one.line.text) for one in corpus.read_held_out()[::60]]
    for sign in policy.signs.values():
        for pattern in sign.words:
            regex = re.compile(to_regex(pattern, policy.classes), re.ASCII)
            beginnings = tuple(beginnings_of(pattern, policy.classes))
            for text in texts:
                for found in regex.finditer(text):
                    rest = text[found.start() :].replace("\n", " ").replace("-", " ")
                    assert rest.startswith(beginnings), (pattern, found[0])


def test_a_number_or_a_gap_ends_the_beginning_of_a_pattern() -> None:
    lexicon = Lexicon({"late": SignWords(("(#|好几)天没到", "(拖~了|迟迟)不到"), ())}, {}, DENIALS)
    assert lexicon.find("十二天没到")["late"].word == "十二天没到"
    assert lexicon.find("拖了很久了不到").keys() == {"late"}
    assert lexicon.find("a 12天没到").keys() == {"late"}


def test_a_word_matches_alike_wherever_its_edge_is_asked(policy: SeverityPolicy) -> None:
    folder = Folder(policy.spellings)
    texts = [folder.fold(one.line.text) for one in corpus.read_held_out()[::200]]
    texts += ["x".join(text.split(" ")) for text in texts]
    for sign in policy.signs.values():
        source = "|".join(to_regex(pattern, policy.classes) for pattern in sign.words)
        if source == quickened(source):
            continue
        plain, quick = (re.compile(one, re.ASCII) for one in (source, quickened(source)))
        for text in texts:
            found = [[one.span() for one in each.finditer(text)] for each in (plain, quick)]
            assert found[0] == found[1], (sign.words, text)


def test_every_pattern_of_the_shipped_policy_can_be_compiled(policy: SeverityPolicy) -> None:
    """They are compiled when a text first needs them: none may turn out to be wrong then."""
    for sign in policy.signs.values():
        for word in sign.words:
            re.compile(to_regex(word, policy.classes), re.ASCII)


@pytest.mark.parametrize(
    ("reach", "text", "inside"),
    [
        (Reach.CLAUSE_BEFORE, "你好,慢点就算了,还骂人", "慢点就算了"),
        (Reach.CLAUSE_AFTER, "好,就算了 慢点,还骂人", "就算了 慢点"),
        (Reach.SENTENCE_AFTER, "就算了,慢点。还骂人", "就算了,慢点"),
        (Reach.LINE, "甲\n就算了,慢\n乙", "就算了,慢"),
        (Reach.LINE, "甲就算了", ""),
        (Reach.LINE_OF_QUESTION, "就算了吗?\n乙", "就算了吗?"),
        (Reach.LINE_OF_QUESTION, "就算了。\n乙", ""),
    ],
)
def test_a_place_reaches_as_far_as_it_says(reach: Reach, text: str, inside: str) -> None:
    begun = [found.start() for found in re.finditer("就算", text)]
    places = Places([PlaceMarker(("就算了",), reach, 0.5)], {}).find(text, begun)
    assert "".join(text[place.start : place.end] for place in places) == inside
