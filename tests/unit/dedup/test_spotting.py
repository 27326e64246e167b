"""Words are spotted where their patterns find them: in any text, in both scripts of words."""

from random import Random
from typing import Final

import pytest

from services.dedup.policy import load_policy
from services.domain.telling import fold

POLICY: Final = load_policy()
WORDS: Final = [
    *[word for defect in POLICY.defects.values() for word in defect.words],
    *POLICY.refers,
    *POLICY.waits,
    *POLICY.another,
    *POLICY.tail,
    *POLICY.denials,
]


@pytest.mark.parametrize("seed", range(5))
def test_each_list_is_spotted_where_its_pattern_finds_the_first_word(seed: int) -> None:
    random = Random(seed)
    for _ in range(200):
        words = [
            random.choice(WORDS) + random.choice(["", " ", ",", "x", "_", "7", "包"])
            for _ in range(random.randrange(6))
        ]
        text = fold("".join(words))
        found = {name: words.search(text) for name, words in POLICY.spotter.patterns.items()}
        first = {name: one.start() for name, one in found.items() if one}
        assert POLICY.spotter.places(text) == first


def test_a_latin_word_begins_where_a_word_begins() -> None:
    assert "late" in POLICY.spotter.places("so late")
    assert "late" not in POLICY.spotter.places("chocolate")
