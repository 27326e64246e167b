"""The LetterStore port: what both of its forms promise."""

from dataclasses import replace

from services.domain.letter_store import LetterEnd, LetterFate, LetterStore
from tests.support.builders import NOON

GONE = LetterEnd("id:0:7", "x.dead:0:7", LetterFate.DISCARDED, "id2:1:5", "li", NOON, "a test")


def test_a_discarded_letter_is_remembered_with_who_when_and_why(letters: LetterStore) -> None:
    assert letters.discarded([GONE]) == []
    assert list(letters.ends()) == [GONE]


def test_the_first_end_stands_against_a_later_discard(letters: LetterStore) -> None:
    letters.discarded([GONE])
    other = replace(GONE, place="id:0:8", case="default|C1")
    assert letters.discarded([replace(GONE, by="wang"), other]) == [GONE]
    assert {end.place: end.by for end in letters.ends()} == {"id:0:7": "li", "id:0:8": "li"}


def test_a_replay_counts_more_than_a_discard(letters: LetterStore) -> None:
    letters.replayed([])
    letters.discarded([GONE])
    again = replace(GONE, fate=LetterFate.REPLAYED, note="x:0:9")
    letters.replayed([again])
    assert list(letters.ends()) == [again]
    assert letters.discarded([GONE]) == [again]
