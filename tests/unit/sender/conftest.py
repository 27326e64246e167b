"""A desk for the tests of the sender; a module that needs another one makes its own."""

import pytest

from services.sender.policy import load_policy
from tests.unit.sender.desk import SenderDesk


@pytest.fixture
def desk() -> SenderDesk:
    """Return a sender under the shipped policy."""
    made = SenderDesk()
    made.policy = load_policy()
    made.restart()
    return made
