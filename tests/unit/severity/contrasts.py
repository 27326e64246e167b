"""Near twins of our own on either side of a border, with the level that the guide gives each.

``FITTED`` stood before the rules' eyes when they were written. ``FRESH`` was written beside them
and judged 0.81 right when it was first measured; what it showed was mended afterwards.
"""

import json
from typing import Final, NamedTuple

from services.cli.instance import ROOT

_LINES: Final = (ROOT / "tests/corpus/level_contrasts.jsonl").read_text(encoding="utf-8")


class Contrast(NamedTuple):
    """A text and its level."""

    text: str
    level: int


def _of(name: str) -> tuple[Contrast, ...]:
    lines = map(json.loads, _LINES.splitlines())
    return tuple(Contrast(line["text"], line["level"]) for line in lines if line["set"] == name)


FITTED: Final = _of("fitted")
FRESH: Final = _of("fresh")
