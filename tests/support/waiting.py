"""Waiting for a condition with a deadline, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(
    condition: Callable[[], T],
    within: float = 20.0,
    describe: Callable[[], object] | str = "the condition",
    every: float = 0.05,
) -> T:
    """Return the first truthy answer of ``condition``.

    ``describe`` says what was waited for; as a function it is asked only on failure, so it
    may show the state in which things got stuck.

    Raises:
        AssertionError: the deadline passed.
    """
    deadline = time.monotonic() + within
    while not (answer := condition()):
        if time.monotonic() > deadline:
            state = describe if isinstance(describe, str) else describe()
            raise AssertionError(f"not within {within:g} s: {state} (last answer: {answer!r})")
        time.sleep(every)
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
