"""Named places where a fault test may kill the process; nothing at all otherwise.

``COMPLAINTS_CRASH_AT=<point>[:<nth>]`` ends the process, without any clean-up, the nth time
it passes that point (ADR 0003: nothing may be lost or doubled at any of them).
"""

import os
from collections.abc import Callable
from typing import Final, Literal, get_args

Point = Literal[
    "after_poll",
    "before_store",
    "after_claims",
    "after_send",
    "after_decision",
    "after_log",
    "after_projection",
    "before_begin",
    "in_transaction",
    "before_commit",
    "after_commit",
]
POINTS: Final[tuple[Point, ...]] = get_args(Point)
CrashPoints = Callable[[Point], None]


def never(point: Point) -> None:
    """Pass by."""


def crash_points(setting: str) -> CrashPoints:
    """Return the hook for ``setting`` (``""``: :func:`never`).

    Raises:
        ValueError: the setting names no crash point.
    """
    if not setting:
        return never
    name, _, nth = setting.partition(":")
    if name not in POINTS:
        raise ValueError(f"unknown crash point {name!r}; known: {', '.join(POINTS)}")
    left = int(nth or 1)

    def hit(point: Point) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left <= 0:
                os._exit(137)

    return hit
