"""One console per test."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.console_desk import Console


@pytest.fixture
def console() -> "Iterator[Console]":
    """The console over an empty case path in memory."""
    from tests.support.console_desk import a_console

    with a_console() as opened:
        yield opened
