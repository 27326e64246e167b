"""Waiting for a condition with a deadline, never for a time."""

import time
from collections.abc import Callable
from typing import Final, Literal, TypeVar

T = TypeVar("T")
PATIENCE: Final = 3.0
"""By how much longer a limit is than it says. Limits are written for a machine that has nothing
else to do, and exist so that a test ends; on a slow or busy one none of them is to be reached.
What the project promises (to end within so many seconds) is asserted of a time that was measured.
"""

MOST_BETWEEN: Final = 1.0


class NotInTimeError(AssertionError):
    """A deadline passed. It may be the machine's fault, unlike an outcome that is wrong."""


def eventually(
    condition: Callable[[], T | Literal[False] | None],
    within: float = 20.0,
    describe: Callable[[], object] | str = "the condition",
    every: float = 0.05,
) -> T:
    """Return the first truthy answer of ``condition``; ``within`` seconds, times PATIENCE.

    ``describe`` says what was waited for; as a function it is asked only on failure, so it
    may show the state in which things got stuck. Between two questions lie ``every`` seconds, and
    as long as the first one took (a second at most): asking costs much sometimes, and takes the
    processor from what is awaited.

    Raises:
        NotInTimeError: the deadline passed.
    """
    seconds = within * PATIENCE
    deadline = time.monotonic() + seconds
    asked = time.monotonic()
    while not (answer := condition()):
        answered = time.monotonic()
        if answered > deadline:
            state = describe if isinstance(describe, str) else describe()
            raise NotInTimeError(f"not within {seconds:g} s: {state} (last answer: {answer!r})")
        time.sleep(max(every, min(answered - asked, MOST_BETWEEN)))
        asked = time.monotonic()
    return answer


def always(
    condition: Callable[[], object], during: float = 1.0, describe: str = "the condition"
) -> None:
    """Assert that ``condition`` holds for as long as ``during`` seconds.

    Raises:
        AssertionError: it did not hold at some moment.
    """
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        assert condition(), f"did not hold for {during:g} s: {describe}"
        time.sleep(0.05)
