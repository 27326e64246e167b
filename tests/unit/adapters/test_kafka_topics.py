"""What a worker asks of its topics while the cluster does not answer."""

from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from services.adapters import kafka_topics
from services.adapters.kafka_topics import Topics
from services.domain.errors import OutageError


def test_a_cluster_that_never_answers_is_an_outage_and_no_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that met its own limit before the client's ended with a traceback, in the middle of
    an outage that it should have sat out."""
    never: dict[str, Future[Any]] = {"complaints.received.v1": Future()}
    monkeypatch.setattr(AdminClient, "describe_topics", lambda *asked, **options: never)
    monkeypatch.setattr(kafka_topics, "CALL_SECONDS", 0.01)
    with pytest.raises(OutageError, match="no answer within"):
        Topics("127.0.0.1:1", ["complaints.received.v1"])
