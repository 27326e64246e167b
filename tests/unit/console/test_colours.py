"""The lines of the pipeline's plots: one look for each worker, told apart by everybody."""

import math
import re
from collections import defaultdict
from itertools import combinations
from typing import Final

import pytest

from services.cli.worker import WORKERS
from services.console.pages import HERE
from services.console.pipeline import COLOURS

Colour = tuple[float, float, float]
STYLE: Final = (HERE / "static/pages.css").read_text()
LINE: Final = dict(re.findall(r"\.(c\d+) \{ --c: (#[0-9a-f]{6}); \}", STYLE))
DASH: Final = {
    name: dash
    for names, dash in re.findall(r"((?:\.c\d+,? )+)\{ --dash: ([^;]+);", STYLE)
    for name in re.findall(r"c\d+", names)
}
# Machado, Oliveira, Fernandes 2009: what is seen where one kind of cones is missing.
EYES: Final = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.01182, 0.04294, 0.968881),
    ),
}


def linear(code: str) -> Colour:
    parts = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return red, green, blue


def lab(colour: Colour) -> Colour:
    """CIE L*a*b*, in which 2 is just seen beside each other."""
    red, green, blue = colour
    xyz = (
        (0.4125 * red + 0.3576 * green + 0.1804 * blue) / 0.9505,
        0.2127 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9503 * blue) / 1.0888,
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(code: str, eyes: str) -> Colour:
    colour = linear(code)
    red, green, blue = (
        min(1.0, max(0.0, sum(share * part for share, part in zip(row, colour, strict=True))))
        for row in EYES[eyes]
    )
    return lab((red, green, blue))


def test_every_worker_has_a_line_of_its_own() -> None:
    watched = [name for name in WORKERS if name != "console"]
    assert len(watched) <= COLOURS
    assert set(LINE) == {f"c{number}" for number in range(COLOURS)}
    assert len(set(LINE.values())) == COLOURS


def test_every_second_line_is_broken() -> None:
    assert set(DASH) == {f"c{number}" for number in range(1, COLOURS, 2)}


@pytest.mark.parametrize("eyes", EYES)
def test_lines_that_are_broken_alike_differ_in_colour_for_everybody(eyes: str) -> None:
    alike = defaultdict(list)
    for name, code in LINE.items():
        alike["" if eyes == "all" else DASH.get(name, "")].append(seen(code, eyes))
    for group in alike.values():
        assert min(math.dist(*pair) for pair in combinations(group, 2)) > 25


def test_every_line_stands_out_from_the_page() -> None:
    for code in LINE.values():
        red, green, blue = linear(code)
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 3
