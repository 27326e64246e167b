"""The notation in which the policy writes what people say, and its translation.

====================  ==============================================================
``签收``              these characters; a Latin word matches as a whole word
``{name}``            any word of the policy's class ``name``
``(a|b|)``            one of these, here also nothing
``~``                 a gap inside a clause: some characters, between Latin words some words
``……``                a gap inside a sentence
``!(a|b)``            not followed by one of these
``charg*``            a Latin word that begins so
``#``                 a number
====================  ==============================================================

Patterns stand in one text, separated by `` / `` or line breaks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

_TOKENS: Final = re.compile(
    r"(?P<class>\{\w+\})|(?P<long>……)|(?P<words> ~ )|(?P<gap>~)|(?P<not>!\()|(?P<open>\()"
    r"|(?P<or>\|)|(?P<close>\))|(?P<rest>\*)|(?P<number>#)"
    r"|(?P<space> )|(?P<literal>[^{}()|~*!#… ]+)|(?P<bad>.)"
)
_LATIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_GAPS: Final = {
    "gap": r"([^,。;!?\n]{0,8}?)",
    "long": r"([^。!?\n]{0,24}?)",
    "words": r"((?:[ \n]+[^\s,.;!?。]+){0,4}?)[ \n]+",
    "rest": r"[a-z]*",
    "number": r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十百千几半多好]+)",
    "space": r"[ \n-]+",
}
_NUMBER_HEADS: Final = "0123456789一二两三四五六七八九十百千几半多好"
Classes = Mapping[str, tuple[str, ...]]
Tokens = tuple[tuple[str, str], ...]
"""Parts of a pattern, each with its kind: a group of ``_TOKENS``, or ``bad``."""

_SHORTEST: Final = {True: 4, False: 2}
_LONGER: Final = {True: 6, False: 3}
_LONGEST: Final = {True: 8, False: 4}
"""How many first characters find a pattern, for Latin ones and others."""
_MOST_CHARACTERS: Final = max(_LONGEST.values())
_MOST_BEGINNINGS: Final = 150
_WHOLE_WORDS: Final = r"((?:[ \n]++[^\s,.;!?。]++){0,4}?)[ \n]+"
_WORD_BEGINS: Final = re.compile(r"\\b([a-z0-9])")


class PatternError(ValueError):
    """A pattern that does not follow the notation."""


def split(text: str) -> tuple[str, ...]:
    """Return the patterns of a policy's text."""
    parts = (part.strip() for line in text.splitlines() for part in line.split(" / "))
    return tuple(part for part in parts if part)


def to_regex(pattern: str, classes: Classes) -> str:
    """Return the regular expression for ``pattern``; only gaps are captured.

    >>> to_regex("没~(到|收到)", {})
    '没([^,。;!?\\\\n]{0,8}?)(?:到|收到)'

    Raises:
        PatternError: a bracket is open, a class unknown or the notation otherwise broken.
    """
    return "".join(to_parts(pattern, classes))


def to_parts(pattern: str, classes: Classes) -> list[str]:
    """Return the same in parts, of which each is an expression of its own.

    Raises:
        PatternError: as with :func:`to_regex`.
    """
    parts, depth = [""], 0
    for kind, token in _tokens(pattern):
        if depth == 0:
            parts.append("")
        if kind == "class":
            words = sorted(_class(token, pattern, classes), key=len, reverse=True)
            made = f"(?:{'|'.join(to_regex(word, classes) for word in words)})"
        elif kind in _GAPS:
            made = _GAPS[kind]
            if kind == "rest":  # The word goes on: it does not end before this.
                parts[-1 if depth else -2] = parts[-1 if depth else -2].removesuffix(r"\b")
        elif kind in {"open", "not"}:
            depth += 1
            made = "(?:" if kind == "open" else "(?!"
        elif kind in {"or", "close"}:
            depth -= kind == "close"
            made = "|" if kind == "or" else ")"
        else:
            made = _bounded(token)
        parts[-1] += made
        if depth < 0 or kind == "bad":
            raise PatternError(f"{pattern!r}: {token!r} stands where it means nothing")
    if depth:
        raise PatternError(f"{pattern!r}: a bracket is not closed")
    return [part for part in parts if part]


def any_of(several: Iterable[Sequence[str]]) -> str:
    """Return an expression that matches what one of ``several`` does, each given in parts.

    What some of them begin with alike is read once.

    >>> any_of([["a", "b"], ["a", "c"], ["d", "e"], ["d"]])
    'a(?:b|c)|d(?:e|)'
    """
    begun: dict[str, list[Sequence[str]]] = {}
    for parts in several:
        begun.setdefault(parts[0], []).append(parts[1:])
    return "|".join(first + _bracketed(rests) for first, rests in begun.items())


def _bracketed(rests: Sequence[Sequence[str]]) -> str:
    if len(rests) == 1:
        return "".join(rests[0])
    more = any_of(rest for rest in rests if rest)
    return f"(?:{more}{'' if all(rests) else '|'})" if more else ""


def quickened(source: str) -> str:
    r"""Return an expression that matches what ``source`` does, and sooner does not match: that a
    word begins is asked only where its first character stands.

    Of many words the engine then tries those that begin right, and the others cost next to nothing.

    >>> quickened(r"(?:\bhave\b|\bhas\b)")
    '(?:h(?<!\\wh)ave\\b|h(?<!\\wh)as\\b)'
    """
    whole_words = source.replace(_GAPS["words"], _WHOLE_WORDS)
    return _WORD_BEGINS.sub(r"\1(?<!\\w\1)", whole_words)


def keys_of(pattern: str, classes: Classes) -> frozenset[str]:
    """Return the first characters of what matches ``pattern``, two of Chinese, four of Latin.

    Raises:
        PatternError: the pattern begins with a gap.
    """
    return _beginnings(pattern, classes, _SHORTEST)


def beginnings_of(pattern: str, classes: Classes) -> frozenset[str]:
    """Return longer beginnings than ``keys_of``, where a pattern has not too many of them.

    Whatever matches the pattern begins with one of them, white space and hyphens read as spaces.

    Raises:
        PatternError: the pattern begins with a gap.
    """
    tokens = _tokens(pattern)
    if tokens and tokens[0][0] == "number":
        return _after_number(tokens[1:], classes, pattern)
    for lengths in (_LONGEST, _LONGER):
        found = _beginnings(pattern, classes, lengths)
        if len(found) < _MOST_BEGINNINGS:
            return found
    return keys_of(pattern, classes)


def _after_number(rest: Tokens, classes: Classes, pattern: str) -> frozenset[str]:
    """Return how a number begins that ``rest`` follows: it goes on, or that comes next."""
    firsts = {first[:1] for first, _ in _heads(rest, classes, pattern, _SHORTEST)}
    if "" in firsts:
        return frozenset(_NUMBER_HEADS)
    return frozenset(
        head + more for head in _NUMBER_HEADS for more in {*firsts, *_NUMBER_HEADS, "."}
    )


def _beginnings(pattern: str, classes: Classes, lengths: Mapping[bool, int]) -> frozenset[str]:
    heads = {head for head, _ in _heads(_tokens(pattern), classes, pattern, lengths)}
    if "" in heads:
        raise PatternError(f"{pattern!r}: it would match nothing or begins with a gap")
    return frozenset(head[: lengths[is_latin(head)]] for head in heads)


def is_latin(text: str) -> bool:
    """Return whether ``text`` begins with a Latin letter or digit."""
    return text[:1] in _LATIN


@lru_cache(maxsize=50_000)
def _tokens(pattern: str) -> Tokens:
    return tuple((found.lastgroup or "bad", found[0]) for found in _TOKENS.finditer(pattern))


def _class(token: str, pattern: str, classes: Classes) -> tuple[str, ...]:
    try:
        return classes[token[1:-1]]
    except KeyError:
        raise PatternError(f"{pattern!r}: there is no class {token}") from None


def _bounded(literal: str) -> str:
    start = r"\b" if re.match(r"[a-z]|\d{3}", literal) else ""
    end = r"\b" if re.search(r"[a-z]$|\d{3}$", literal) else ""
    return start + re.escape(literal) + end


def _heads(
    tokens: Tokens, classes: Classes, pattern: str, lengths: Mapping[bool, int]
) -> set[tuple[str, bool]]:
    """Return the possible first characters of ``tokens``, as many as asked for.

    With each, whether it ends there: what follows a gap or a number is no part of a beginning.
    Many ways lead to the same few characters, so that they are gone on with once.
    """
    ended: set[tuple[str, bool]] = set()
    open_ones = {""}
    while tokens and open_ones:
        firsts, tokens = _firsts(tokens, classes, pattern, lengths)
        going_on = set()
        for head in open_ones:
            for first, is_over in firsts:
                longer = head + first
                if is_over or (longer and len(longer) >= lengths[is_latin(longer)]):
                    ended.add((longer[:_MOST_CHARACTERS], True))
                else:
                    going_on.add(longer)
        open_ones = going_on
    return ended | {(head, False) for head in open_ones}


def _firsts(
    tokens: Tokens, classes: Classes, pattern: str, lengths: Mapping[bool, int]
) -> tuple[set[tuple[str, bool]], Tokens]:
    """Return how the first thing in ``tokens`` may begin, and what follows that thing."""
    kind, token = tokens[0]
    if kind in {"gap", "long", "words", "rest", "not"}:
        return {("", True)}, tokens[1:]
    if kind == "number":
        return {(head, True) for head in _NUMBER_HEADS}, tokens[1:]
    if kind == "open":
        options, rest = _options(tokens)
    elif kind == "class":
        options, rest = [_tokens(w) for w in _class(token, pattern, classes)], tokens[1:]
    else:
        return {(token, False)}, tokens[1:]
    return set().union(*(_heads(some, classes, pattern, lengths) for some in options)), rest


def _options(tokens: Tokens) -> tuple[list[Tokens], Tokens]:
    """Split ``(a|b)rest`` into its alternatives and what follows."""
    options: list[list[tuple[str, str]]] = [[]]
    depth = 0
    for position, (kind, token) in enumerate(tokens):
        depth += (kind in {"open", "not"}) - (kind == "close")
        if depth == 0:
            return [tuple(one) for one in options], tokens[position + 1 :]
        if depth == 1 and kind == "or":
            options.append([])
        elif position:
            options[-1].append((kind, token))
    raise PatternError("a bracket is not closed")
