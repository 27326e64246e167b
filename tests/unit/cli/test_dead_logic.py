"""Dead letters are chosen, named and shown without showing what they hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.cases import CaseCommand
from schemas.codec import encode
from schemas.dead import DeadFacts, Headers, to_headers
from schemas.vocabulary import CommandKind
from services.cli.dead_filter import Wanted, summary, total_line
from services.cli.dead_logic import (
    DeadLetterError,
    Letter,
    a_letter,
    by_number,
    case_of,
    check_key,
    check_mended,
    check_replayable,
    facts_lines,
    rendered,
    since_of,
    split_id,
    table,
)
from services.domain.letter_store import LetterEnd, LetterFate
from tests.support.builders import a_contact

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOME = "complaints.received.v1"


def headers(topic: str = HOME, reason: str = "malformed", error: str = "no") -> Headers:
    return to_headers(
        DeadFacts(topic, "id", 1, 5, "dedup", reason, error, "facts.waybill", "too_long", NOW, "1")
    )


def letter(offset: int = 7, value: bytes = b"{secret", topic: str = HOME, **facts: str) -> Letter:
    return a_letter(f"{topic}.dead", 0, offset, b"key", value, headers(topic, **facts))


def test_an_id_is_topic_partition_and_offset() -> None:
    assert letter().id == "complaints.received.v1.dead:0:7"
    assert split_id(letter().id) == ("complaints.received.v1.dead", 0, 7)


@pytest.mark.parametrize("text", ["123456", "topic:0", "topic:x:1", ":0:1", "topic:0:-1"])
def test_anything_else_is_no_id(text: str) -> None:
    assert split_id(text) is None


def test_a_number_is_short_and_belongs_to_the_id_alone() -> None:
    assert letter().number == letter(value=b"other").number
    assert letter().number != letter(offset=8).number
    assert len(letter().number) == 6


def test_a_letter_is_found_by_its_number() -> None:
    letters = [letter(offset) for offset in range(50)]
    assert by_number(letters, letter(31).number).offset == 31


def test_a_number_nobody_has_is_refused() -> None:
    with pytest.raises(DeadLetterError, match="no dead letter has this number"):
        by_number([letter()], "000000" if letter().number != "000000" else "000001")


def test_a_number_of_several_letters_is_refused_with_their_ids() -> None:
    numbers: dict[str, Letter] = {}
    for other in map(letter, range(10_000)):  # among so many, two have one number
        if other.number in numbers:
            break
        numbers[other.number] = other
    else:
        pytest.fail("no two letters have the same number")
    with pytest.raises(DeadLetterError, match=f"give the id: .*{other.id}"):
        by_number([numbers[other.number], other], other.number)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("2h", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T08:00+08:00", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_since_is_a_span_or_an_instant(text: str, at: datetime) -> None:
    assert since_of(text, NOW) == at


def test_since_refuses_other_words() -> None:
    with pytest.raises(ValueError, match="soon"):
        since_of("soon", NOW)


def test_letters_are_chosen_by_topic_reason_and_time() -> None:
    one = letter(reason="conflicting")
    later = NOW + timedelta(seconds=1)
    every = Wanted(HOME, "conflicting", "dedup", "too_long", NOW, later, "NO", "secret")
    assert Wanted().matches(one)
    assert every.matches(one)
    for wrong in (
        Wanted(topic="case.commands"),
        Wanted(reason="malformed"),
        Wanted(worker="cases"),
        Wanted(rule="too_short"),
        Wanted(since=later),
        Wanted(until=NOW),
        Wanted(text="yes"),
        Wanted(about="C01"),
    ):
        assert not wrong.matches(one), wrong


def test_the_table_shows_no_content() -> None:
    (head, line) = table([letter()], ["open"])
    assert "secret" not in line
    assert "key" not in line
    assert letter().id in line
    assert head.startswith("number")


def test_a_letter_without_facts_is_listed_but_goes_nowhere() -> None:
    stranger = a_letter("x.dead", 0, 1, None, b"", [("other", None)])
    assert "no facts" in table([stranger], ["open"])[1]
    assert "not put there by a worker" in facts_lines(stranger)[-1]
    with pytest.raises(DeadLetterError, match="do not say where it came from"):
        _ = stranger.home


def test_a_letter_that_claims_to_come_from_elsewhere_goes_nowhere() -> None:
    forged = a_letter(f"{HOME}.dead", 0, 1, None, b"", headers("case.commands.v1"))
    with pytest.raises(DeadLetterError):
        _ = forged.home


def test_facts_cannot_steer_the_terminal() -> None:
    lines = facts_lines(letter(error="\x1b[2Jgone\nnext"))
    assert "\x1b" not in "".join(lines)
    assert "error     \\x1b[2Jgone next" in lines


def test_content_is_rendered_harmlessly() -> None:
    assert rendered("快件\x1b[31m\x00".encode(), 100) == "快件\\x1b[31m\\x00"
    assert rendered(b"\xff\xfe", 100) == "\\xff\\xfe"
    assert rendered(None, 100) == "(no value)"


def test_long_content_is_cut_and_says_so() -> None:
    assert rendered(b"x" * 50, 10) == "xxxxxxxxxx\n… 40 more characters; --raw gives all"


def test_a_mended_value_that_would_die_again_is_refused_by_field_and_rule() -> None:
    with pytest.raises(DeadLetterError, match="json_invalid"):
        check_mended(letter(), b"{", "")
    with pytest.raises(DeadLetterError, match=r"tenant.*missing"):
        check_mended(letter(), b"{}", "")


def test_a_mended_value_of_the_contract_is_taken_also_under_a_prefix() -> None:
    check_mended(letter(topic=f"t1.{HOME}"), encode(a_contact()), "t1.")
    with pytest.raises(DeadLetterError):
        check_mended(letter(topic=f"t1.{HOME}"), b"{}", "t1.")


def test_a_topic_without_a_contract_of_ours_takes_any_mended_value() -> None:
    check_mended(letter(topic="somebody.elses.v1"), b"{}", "")


# ------------------------------------------------------------------ keys, compacted topics

COMMAND = CaseCommand(
    tenant="default",
    case_id="C1",
    command_id="a",
    kind=CommandKind.ACKNOWLEDGE,
    actor="clerk:7",
    issued_at=NOW,
)


@pytest.mark.parametrize("prefix", ["", "t1."])
def test_a_letter_of_a_compacted_topic_is_not_replayed(prefix: str) -> None:
    with pytest.raises(DeadLetterError, match=r"is compacted.*newest state.*a note will do"):
        check_replayable(letter(topic=f"{prefix}cases.state.v1"), prefix)


@pytest.mark.parametrize("topic", [HOME, "case.commands.v1", "somebody.elses.v1"])
def test_letters_of_all_other_topics_are(topic: str) -> None:
    check_replayable(letter(topic=topic), "")


def test_a_mended_key_must_be_that_of_the_case_which_the_record_is_about() -> None:
    died = letter(topic="t1.case.commands.v1")
    check_key(died, b"default|C1", encode(COMMAND), "t1.")
    with pytest.raises(DeadLetterError, match=r"default\|C2.*it would die again.*default\|C1"):
        check_key(died, b"default|C2", encode(COMMAND), "t1.")
    with pytest.raises(DeadLetterError, match="would die again whatever its key"):
        check_key(died, b"default|C1", b"{", "t1.")


def test_where_the_key_is_only_a_hint_any_will_do() -> None:
    check_key(letter(), b"anything", encode(a_contact()), "")
    check_key(letter(topic="somebody.elses.v1"), b"anything", None, "")


def test_the_case_of_a_letter_is_its_key_where_the_topic_is_keyed_by_case() -> None:
    def died_in(topic: str, key: bytes) -> Letter:
        return replace(letter(topic=f"t1.{topic}"), key=key)

    assert case_of(died_in("complaints.scored.v1", b"default|C1"), "t1.") == "default|C1"
    assert case_of(died_in("complaints.scored.v1", b"\xff"), "t1.") is None
    assert case_of(died_in("complaints.received.v1", b"default|hint"), "t1.") is None
    assert case_of(a_letter(f"{HOME}.dead", 0, 7, b"default|C1", b"", ()), "") is None


def test_a_letter_without_facts_is_found_by_topic_and_content_only() -> None:
    stranger = a_letter(f"{HOME}.dead", 0, 7, b"key", b"C01", ())
    assert Wanted(topic=HOME, about="C01").matches(stranger)
    assert not Wanted(topic=HOME, worker="dedup").matches(stranger)


def test_the_reasons_are_counted_and_what_ended_is_not_open() -> None:
    letters = [letter(offset) for offset in range(3)] + [letter(9, reason="conflicting")]
    gone = letters[0]
    end = LetterEnd(gone.place, gone.id, LetterFate.DISCARDED, "id:1:5", "li", NOW, "a test")
    now = NOW + timedelta(hours=3)
    head, first, second, total = summary(letters, {gone.place: end}, now)
    assert head.split()[:3] == ["letters", "open", "oldest"]
    assert first.split() == ["3", "2", "3", "h", HOME, "dedup", "malformed,", "too_long"]
    assert second.split()[:2] == ["1", "1"]
    assert total == "4 dead letters, 3 open, the oldest for 3 h"
    assert total_line([gone], {gone.place: end}, now) == "1 dead letters, 0 open"
