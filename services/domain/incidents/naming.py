"""What people call the place of an incident: its hub, or the words that its cases share. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from services.domain.incidents.memory import HUB, THING, Sighting
from services.domain.telling import HAN

MOST_CHARACTERS: Final = 40


def place_name(words: Sequence[str], burst: Sequence[Sighting]) -> str:
    """Return the hub that most of the cases name, else the name that their words make, else the
    thing that was hit; the most frequent word comes first in ``words``."""
    hubs = Counter(one.hub for one in burst if one.hub)
    if hubs:
        hub, count = min(hubs.items(), key=lambda item: (-item[1], item[0]))
        if 2 * count >= len(burst):
            return hub[:80]
    told = [word for word in words if not word.startswith((HUB, THING))]
    if not told:
        return words[0].removeprefix(HUB).removeprefix(THING)[:MOST_CHARACTERS]
    lead = told[0]
    return (chained(lead, told[1:]) if lead[0] >= HAN else lead)[:MOST_CHARACTERS]


def chained(lead: str, others: Iterable[str]) -> str:
    """Return the longest name that pairs of characters make around ``lead``.

    >>> chained("洲花", ["绿洲", "花园", "大雪"])
    '绿洲花园'
    """
    pairs = [word for word in others if len(word) == 2 and word[0] >= HAN]
    name = lead
    for _ in pairs:
        before = next((one for one in pairs if one[1] == name[0] and one[0] not in name), None)
        after = next((one for one in pairs if one[0] == name[-1] and one[1] not in name), None)
        if before is None and after is None:
            return name
        name = (before[0] if before else "") + name + (after[1] if after else "")
    return name
