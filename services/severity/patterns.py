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
from collections.abc import Iterator, Mapping
from typing import Final

_TOKENS: Final = re.compile(
    r"(?P<class>\{\w+\})|(?P<long>……)|(?P<words> ~ )|(?P<gap>~)|(?P<not>!\()|(?P<open>\()"
    r"|(?P<or>\|)|(?P<close>\))|(?P<rest>\*)|(?P<number>#)"
    r"|(?P<space> )|(?P<literal>[^{}()|~*!#… ]+)|(?P<bad>.)"
)
_LATIN: Final = re.compile(r"[a-z0-9]")
_GAPS: Final = {
    "gap": r"([^,。;!?\n]{0,8}?)",
    "long": r"([^。!?\n]{0,24}?)",
    "words": r"((?:[ \n]+[^\s,.;!?。]+){0,4}?)[ \n]+",
    "rest": r"[a-z]*",
    "number": r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十百千几半多好]+)",
    "space": r"[ \n-]+",
}
_NUMBER_HEADS: Final = "0123456789一二两三四五六七八九十百几半多好"
Classes = Mapping[str, tuple[str, ...]]

KEY_LENGTHS: Final = {True: 4, False: 2}
"""How many first characters find a pattern, for Latin ones and others."""


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
    made, depth = "", 0
    for kind, token in _tokens(pattern):
        if kind == "class":
            words = sorted(_class(token, pattern, classes), key=len, reverse=True)
            made += f"(?:{'|'.join(to_regex(word, classes) for word in words)})"
        elif kind in _GAPS:
            made += _GAPS[kind]
        elif kind in {"open", "not"}:
            depth += 1
            made += "(?:" if kind == "open" else "(?!"
        elif kind in {"or", "close"}:
            depth -= kind == "close"
            made += "|" if kind == "or" else ")"
        else:
            made += _bounded(token)
        if depth < 0 or kind == "bad":
            raise PatternError(f"{pattern!r}: {token!r} stands where it means nothing")
    if depth:
        raise PatternError(f"{pattern!r}: a bracket is not closed")
    return re.sub(r"\\b(?=\[a-z\]\*)", "", made)


def keys_of(pattern: str, classes: Classes) -> frozenset[str]:
    """Return the beginnings by which a text that matches ``pattern`` is noticed.

    Raises:
        PatternError: the pattern begins with a gap.
    """
    heads = frozenset(_heads(list(_tokens(pattern)), classes, pattern))
    if "" in heads:
        raise PatternError(f"{pattern!r}: it would match nothing or begins with a gap")
    return frozenset(head[: KEY_LENGTHS[is_latin(head)]] for head in heads)


def is_latin(text: str) -> bool:
    """Return whether ``text`` begins with a Latin letter or digit."""
    return _LATIN.match(text) is not None


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    for found in _TOKENS.finditer(pattern):
        yield found.lastgroup or "bad", found[0]


def _class(token: str, pattern: str, classes: Classes) -> tuple[str, ...]:
    try:
        return classes[token[1:-1]]
    except KeyError:
        raise PatternError(f"{pattern!r}: there is no class {token}") from None


def _bounded(literal: str) -> str:
    start = r"\b" if re.match(r"[a-z]|\d{3}", literal) else ""
    end = r"\b" if re.search(r"[a-z]$|\d{3}$", literal) else ""
    return start + re.escape(literal) + end


def _heads(tokens: list[tuple[str, str]], classes: Classes, pattern: str) -> Iterator[str]:
    """Yield the possible first characters of ``tokens``, as many as a key needs."""
    if not tokens or tokens[0][0] in {"gap", "long", "words", "rest", "not"}:
        yield ""
        return
    kind, token = tokens[0]
    if kind == "number":
        yield from _NUMBER_HEADS
        return
    if kind == "open":
        options, rest = _options(tokens)
        firsts = [first for option in options for first in _heads(option, classes, pattern)]
    elif kind == "class":
        rest = tokens[1:]
        words = _class(token, pattern, classes)
        firsts = [first for word in words for first in _heads(list(_tokens(word)), classes, word)]
    else:
        firsts, rest = [token], tokens[1:]
    for first in firsts:
        if first and len(first) >= KEY_LENGTHS[is_latin(first)]:
            yield first
        else:
            yield from (first + more for more in _heads(rest, classes, pattern))


def _options(
    tokens: list[tuple[str, str]],
) -> tuple[list[list[tuple[str, str]]], list[tuple[str, str]]]:
    """Split ``(a|b)rest`` into its alternatives and what follows."""
    options: list[list[tuple[str, str]]] = [[]]
    depth = 0
    for position, (kind, token) in enumerate(tokens):
        depth += (kind in {"open", "not"}) - (kind == "close")
        if depth == 0:
            return options, tokens[position + 1 :]
        if depth == 1 and kind == "or":
            options.append([])
        elif position:
            options[-1].append((kind, token))
    raise PatternError("a bracket is not closed")
