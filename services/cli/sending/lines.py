"""Lines of a file as bodies of requests. Pure; whether a contact is legal the API decides."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

LABELS: Final = frozenset(
    {
        "case",
        "relation",
        "incident",
        "category",
        "nature",
        "cause",
        "level",
        "acknowledged_at",
        "answered_at",
    }
)
"""What a person found out about a contact; not something a customer sends."""
_RENAMED: Final[dict[str, str]] = {"lang": "language"}


class Sendable(NamedTuple):
    """A line that can be sent."""

    number: int
    body: bytes


class BadLine(NamedTuple):
    """A line that cannot be sent, or that the API refused."""

    number: int
    field: str
    rule: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.number}: {self.field}: " if self.field else f"line {self.number}: "
        return f"{where}{self.message} ({self.rule})"


def sendables(lines: Iterable[bytes]) -> Iterator[Sendable | BadLine]:
    """Yield what to send for each line that is not blank.

    A line without an ``id`` gets one from its content (and the how-manyeth of its kind in
    the file it is): sending the same file again is then safe too.
    """
    seen: Counter[bytes] = Counter()
    for number, line in enumerate(lines, 1):
        content = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not content.strip():
            continue
        form = _form(number, content)
        if isinstance(form, BadLine):
            yield form
            continue
        if form.get("id") is None:
            digest = hashlib.sha256(content.strip()).digest()
            seen[digest] += 1
            form["id"] = f"line-{digest.hex()[:32]}-{seen[digest]}"
        yield Sendable(number, json.dumps(form, ensure_ascii=False).encode())


def _form(number: int, content: bytes) -> dict[str, Any] | BadLine:
    try:
        form: Any = json.loads(content)
    except UnicodeDecodeError:
        return BadLine(number, "", "utf8", "not UTF-8")
    except (ValueError, RecursionError) as error:
        place = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        return BadLine(number, "", "json_invalid", f"not JSON{place}")
    if not isinstance(form, dict):
        return BadLine(number, "", "object", "not a JSON object")
    broken = next((name for name, value in form.items() if _is_broken([name, value])), None)
    if broken is not None:
        field = "" if _is_broken(broken) else broken
        return BadLine(number, field, "unicode", "half a character: send \\u escapes in pairs")
    given: dict[str, Any] = {name: value for name, value in form.items() if value is not None}
    return {_RENAMED.get(name, name): given[name] for name in given if name not in LABELS}


def _is_broken(value: object) -> bool:
    """Return whether there are halves of characters in it (lone surrogates), which no text has."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
