"""What a short answer to a short message says: no more of these, or a rating. Pure.

Only an answer that says nothing else is taken as one; whoever writes a sentence is read by a
person.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_STOP: Final = frozenset(
    {
        "td", "t", "回t", "退订", "回t退订", "td退订", "t退订",
        "stop", "stopall", "unsubscribe", "unsub", "optout", "opt out", "quit",
    }
)  # fmt: skip
"""What receivers of short messages send to get no more of them: the habit of China's operators,
and the words that CTIA's guidelines ask senders to understand. Not among them is what may answer
a proposal or be about a parcel: ``N``, ``R``, 取消 (cancel it), 拒收 (refuse it at the door)."""
_STARS: Final = re.compile(
    r"(?:我?[给打评])?\s*([1-5]|[一二三四五](?=\s*[分星颗]))\s*(?:分|颗?星|stars?|points?)?"
)
_NUMERALS: Final = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
_EDGES: Final = " \t\r\n.。,，!！~～;；:：\"'“”‘’()（）[]【】"


@dataclass(frozen=True, slots=True)
class Stop:
    """No more messages, please."""


@dataclass(frozen=True, slots=True)
class Stars:
    """A rating from 1 to 5."""

    stars: int


def short_answer(text: str) -> Stop | Stars | None:
    """Return what the answer says; None when it says more, or something else.

    >>> short_answer("５ 分！"), short_answer("回T退订"), short_answer("5分钟后再打给我")
    (Stars(stars=5), Stop(), None)
    """
    words = unicodedata.normalize("NFKC", text).casefold().strip(_EDGES)
    if " ".join(words.split()) in _STOP:
        return Stop()
    found = _STARS.fullmatch(words)
    if found is None:
        return None
    return Stars(_NUMERALS.get(found[1]) or int(found[1]))
