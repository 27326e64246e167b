"""A provider that takes connections and never answers, on real Kafka and MongoDB."""

import socket

import pytest

from tests.integration.test_notices import Office, catcher, office
from tests.support.waiting import eventually

__all__ = ["catcher", "office"]
pytestmark = [pytest.mark.timeout(180)]


def test_a_sender_whose_providers_hang_ends_in_time_when_it_is_told_to(
    office: Office,
) -> None:
    """An orchestrator waits for 15 s; who is ended by the watchdog (75) leaves more in doubt."""
    office.notification()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as mute:
        port = str(mute.getsockname()[1])  # takes each connection, and never says a word
        sender = office.sender(COMPLAINTS_SMTP_PORT=port)
        office.opened(office.contacts(40))
        eventually(
            lambda: office.namespace.database["notice_lanes"].count_documents({}) >= 20,
            within=60,
            describe=lambda: sender.get("/metrics"),
        )
        assert sender.stop(within=15) == 0
    assert office.settled() == []
