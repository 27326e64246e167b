"""What changes from one policy file to another, in words. Pure."""

from collections.abc import Iterator
from typing import Any, Final

_NAMES: Final = ("id", "rule", "name")
"""By which of its words an entry of a list is known again."""
LONGEST: Final = 120


def differences(old: Any, new: Any, way: str = "") -> Iterator[str]:
    """Yield one sentence for each thing that changes.

    >>> list(differences({"a": 1, "b": [1, 2]}, {"a": 2, "b": [2, 3]}))
    ['a: 1 becomes 2', 'b: 3 joins', 'b: 1 goes']
    """
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_mappings(old, new, way)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, way)
    else:
        yield f"{way or 'file'}: {shown(old)} becomes {shown(new)}"


def shown(value: Any) -> str:
    """Return a value in short."""
    if value is None or isinstance(value, bool):
        text = {None: "nothing", True: "yes", False: "no"}[value]
    elif isinstance(value, dict):
        text = ", ".join(f"{name} {shown(one)}" for name, one in value.items())
    elif isinstance(value, list):
        text = " ".join(map(shown, value)) if value else "nothing"
    else:
        text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _of_mappings(old: dict[Any, Any], new: dict[Any, Any], way: str) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        here = f"{way}.{name}" if way else str(name)
        if name not in new:
            yield f"{here} goes (was: {shown(old[name])})"
        elif name not in old:
            yield f"{here} is new: {shown(new[name])}"
        else:
            yield from differences(old[name], new[name], here)


def _of_lists(old: list[Any], new: list[Any], way: str) -> Iterator[str]:
    by_name = next((name for name in _NAMES if _has_names([*old, *new], name)), None)
    if by_name is not None:
        before, after = ({one[by_name]: one for one in many} for many in (old, new))
        yield from _of_mappings(before, after, way)
        yield from _of_order(
            [one for one in before if one in after], [one for one in after if one in before], way
        )
    elif any(isinstance(one, dict | list) for one in [*old, *new]):
        yield from _of_mappings(dict(enumerate(old, 1)), dict(enumerate(new, 1)), way)
    else:
        yield from (f"{way}: {shown(one)} joins" for one in new if one not in old)
        yield from (f"{way}: {shown(one)} goes" for one in old if one not in new)


def _has_names(entries: list[Any], name: str) -> bool:
    return all(isinstance(one, dict) and isinstance(one.get(name), str) for one in entries)


def _of_order(before: list[str], after: list[str], way: str) -> Iterator[str]:
    """Yield which entries are asked earlier than before: in a list that is walked, order is a
    rule too."""
    rest = list(before)
    for name in after:
        if rest and rest[0] != name:
            yield f"{way}.{name} is asked before {rest[0]} now"
        rest.remove(name)
