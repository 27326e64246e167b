"""Whether a record's JSON Schema still keeps what an earlier one of the same version promised.

Within a version everything that was accepted stays accepted and means the same, and what was
always there stays always there. New are only optional fields, further words, wider limits and
further kinds of values, all of which readers get before producers do (ADR 0006).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = dict[str, Any]
Refs = frozenset[tuple[str, str]]

_SAYS_NOTHING: Final = {"title", "description", "$schema", "$defs", "$ref"}
_THE_SAME: Final = ("type", "const", "pattern", "format", "default", "$id")
_AT_MOST: Final = ("maxLength", "maximum", "maxItems")
_AT_LEAST: Final = ("minLength", "minimum", "minItems")
_WORDS: Final = ("enum", "x-extensible-enum")
_PARTS: Final = ("properties", "required", "additionalProperties", "items", "anyOf")
_KNOWN: Final = {*_SAYS_NOTHING, *_THE_SAME, *_AT_MOST, *_AT_LEAST, *_WORDS, *_PARTS}
_MISSING: Final = object()


def breaches(old: Schema, new: Schema) -> list[str]:
    """Return a line for each promise of ``old`` that ``new`` breaks: which field, and how."""
    return list(dict.fromkeys(_Comparison(old, new).breaches("", old, new, frozenset())))


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old: Mapping[str, Schema] = old.get("$defs", {})
        self._new: Mapping[str, Schema] = new.get("$defs", {})

    def breaches(self, where: str, old: Schema, new: Schema, within: Refs) -> Iterator[str]:
        """Compare two parts; ``within`` which named parts they lie, so that circles end."""
        refs = (old.get("$ref", ""), new.get("$ref", ""))
        if all(refs):
            if refs in within:
                return
            within |= {refs}
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        for keyword in sorted((old.keys() | new.keys()) - _KNOWN):
            yield f"{where}: nobody compares {keyword!r}"
        if "anyOf" in old or "anyOf" in new:
            yield from self._alternatives(where, old, new, within)
            yield from _changed(where, old, new, ("default",))
            return
        if "enum" in new:
            old = _as_words(old)
        yield from _changed(where, old, new, _THE_SAME)
        yield from _narrowed(where, old, new)
        yield from _words(where, old, new)
        yield from self._fields(where, old, new, within)
        for keyword, place in (("additionalProperties", ".*"), ("items", "[]")):
            yield from self._inside(where + place, old.get(keyword), new.get(keyword), within)

    def _alternatives(self, where: str, old: Schema, new: Schema, within: Refs) -> Iterator[str]:
        then, now = old.get("anyOf", [old]), new.get("anyOf", [new])
        for one in then:
            tried = [list(self.breaches(where, one, other, within)) for other in now]
            if all(tried):  # none is without breaches: the nearest one says most
                yield from min(tried, key=len)
        if {"type": "null"} in now and {"type": "null"} not in then:
            yield f"{where}: may be null now"

    def _fields(self, where: str, old: Schema, new: Schema, within: Refs) -> Iterator[str]:
        then, now = old.get("properties", {}), new.get("properties", {})
        needed_then, needed_now = set(old.get("required", ())), set(new.get("required", ()))
        for name, field in then.items():
            if name in now:
                yield from self.breaches(f"{where}.{name}", field, now[name], within)
            else:
                yield f"{where}.{name}: is gone"
        for name in sorted(needed_now - needed_then):
            yield f"{where}.{name}: is required now"
        for name in sorted((needed_then - needed_now) & now.keys()):
            yield f"{where}.{name}: may be left out now"

    def _inside(self, where: str, old: Any, new: Any, within: Refs) -> Iterator[str]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.breaches(where, old, new, within)
        elif old != new and new not in (None, True):
            yield f"{where}: was {old}, is {new}"


def _as_words(part: Schema) -> Schema:
    """Return a part with the one value that it takes as a list of one word, which may grow."""
    rest = {name: value for name, value in part.items() if name != "const"}
    return {**rest, "enum": [part["const"]]} if "const" in part else part


def _resolved(part: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return a part with what its reference stands for; what stands beside it counts more."""
    name = part.get("$ref", "").removeprefix("#/$defs/")
    return {**definitions[name], **part} if name else part


def _changed(where: str, old: Schema, new: Schema, keywords: tuple[str, ...]) -> Iterator[str]:
    for keyword in keywords:
        was, is_now = (_without_nulls(one.get(keyword, _MISSING)) for one in (old, new))
        if (was, type(was)) != (is_now, type(is_now)):
            yield f"{where}: {keyword} was {_said(was)}, is {_said(is_now)}"


def _without_nulls(default: Any) -> Any:
    """Absent and null are the same on the wire, so a default that gains a null says the same."""
    if isinstance(default, dict):
        return {name: value for name, value in default.items() if value is not None}
    return default


def _narrowed(where: str, old: Schema, new: Schema) -> Iterator[str]:
    endless = float("inf")
    for keyword in _AT_MOST:
        if new.get(keyword, endless) < old.get(keyword, endless):
            yield f"{where}: {keyword} fell to {new[keyword]}"
    for keyword in _AT_LEAST:
        if new.get(keyword, -endless) > old.get(keyword, -endless):
            yield f"{where}: {keyword} rose to {new[keyword]}"


def _words(where: str, old: Schema, new: Schema) -> Iterator[str]:
    """An open list may not close; a closed one may open."""
    then = {word for keyword in _WORDS for word in old.get(keyword, ())}
    now = {word for keyword in _WORDS for word in new.get(keyword, ())}
    for word in sorted(then - now, key=str):
        yield f"{where}: the word {word!r} is gone"
    if "enum" in new and "enum" not in old:
        yield f"{where}: other words are refused now"


def _said(value: Any) -> str:
    return "not there" if value is _MISSING else repr(value)
