"""What the rules found in a text, as names a model can weigh beside the words.

The model learns from labelled texts how far each sign and rule can be trusted, and in what
company. Numbers become their order of magnitude: "五千六百九十九" and "6,200" say the same.
"""

from bisect import bisect_right
from functools import cache
from typing import Final

from schemas.vocabulary import Channel
from services.severity.naming import IS_HOTLINE, NAMES
from services.severity.numerals import Numeral
from services.severity.opinion import Opinion
from services.severity.reading import Reading

_SUMS_CNY: Final = (500, 5000, 100_000)
_CONFIDENCES: Final = (0.2, 0.4, 0.6, 0.7, 0.8)
_CUSTOMERS: Final = (2, 3, 10, 50, 500)
_MAGNITUDES: Final = (1, 2, 3, 10, 50, 100, 500, 1000, 5000, 10_000, 100_000, 1_000_000)
_FIRST_MARK: Final = 0xE100
"""Of a private area: no text has these characters."""
_LONGEST_AS_IS: Final = 1


def facts_of(reading: Reading, opinion: Opinion, channel: Channel | None) -> list[str]:
    """Return the names of what the rules found."""
    facts = [of_sign(name) for name in reading.present]
    facts += [_of_rule(name) for name in opinion.rules_held]
    facts += [f"level:{name}:{level}" for level, name, _ in opinion.levels if level > 1]
    amount = reading.amount_cny
    facts.append(f"sum:{-1 if amount is None else bisect_right(_SUMS_CNY, amount)}")
    facts.append(f"before:{min(reading.earlier_contacts, 3)}")
    facts.append(f"customers:{bisect_right(_CUSTOMERS, reading.customers)}")
    facts.append(f"channel:{channel}")
    facts.append(f"category:{opinion.category}")
    facts.append(f"category:{opinion.category}:{bisect_right(_CONFIDENCES, opinion.confidence)}")
    facts.append(f"cause:{opinion.cause}")
    facts.append(f"rules_level:{opinion.level}")
    return facts


@cache
def of_sign(name: str) -> str:
    """Return the name of the fact that a sign is there."""
    return f"sign:{name}"


@cache
def _of_rule(name: str) -> str:
    return f"rule:{name}"


def with_magnitudes(reading: Reading) -> str:
    """Return the folded text with a mark for each number's magnitude in place of its digits.

    Particulars are left out, and so is every other number that only names: whom to call, and where,
    is no harm, and next to no text to train on has any. So are sums that are not at stake and
    figures of speech. A hotline stays: it is whom one turns to.
    """
    text, position = reading.text, 0
    pieces: list[str] = []
    marks = [(begin, end, "") for begin, end in (*reading.particulars, *reading.unmeant)]
    marks += [
        (number.start, number.end, _mark_of(number))
        for number in reading.numbers
        if number.value != IS_HOTLINE
        and (number.is_digits or number.end - number.start > _LONGEST_AS_IS)
    ]
    # Of two that begin at one place the longer one is taken, of equal ones the one that leaves out.
    for begin, end, mark in sorted(marks, key=lambda one: (one[0], -one[1], one[2])):
        if begin >= position:
            pieces += (text[position:begin], mark)
            position = end
    return "".join((*pieces, text[position:]))


def _mark_of(number: Numeral) -> str:
    if number.value == NAMES:
        return ""
    return chr(_FIRST_MARK + bisect_right(_MAGNITUDES, number.value))
