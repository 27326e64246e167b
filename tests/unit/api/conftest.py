"""One desk per test."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.api_desk import Desk


@pytest.fixture
def desk() -> "Iterator[Desk]":
    """The API over an empty case path in memory."""
    from tests.support.api_desk import a_desk

    with a_desk() as opened:
        yield opened
