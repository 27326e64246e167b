"""A topic is replayed through a candidate, and nobody can tell afterwards."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from confluent_kafka import Producer
from kafka import KafkaAdminClient

from schemas import topics
from schemas.codec import encode
from schemas.keys import case_key
from services.adapters.kafka_admin import admin_of, end_offsets, partitions_of
from services.cli.__main__ import cli
from services.cli.environment import environment_of
from services.routing.policy import SHIPPED
from tests.support.builders import TENANT, a_contact, a_deduplicated, a_routed
from tests.support.namespaces import Namespace

pytestmark = pytest.mark.stack


def test_what_a_topic_holds_is_replayed_without_a_trace(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in environment_of(namespace.settings).items():
        if name.startswith("COMPLAINTS_"):
            monkeypatch.setenv(name, value)
    topic = namespace.topic(topics.SCORED.name)
    producer = Producer({"bootstrap.servers": namespace.settings.kafka})
    for number in range(50):
        category = "damage" if number % 5 == 0 else "delay"
        scored = a_routed(a_deduplicated(a_contact(f"c{number}")), category=category).scored
        producer.produce(topic, encode(scored), case_key(TENANT, scored.case_id))
    producer.produce(topic, b"no record", b"key")
    assert producer.flush(60) == 0
    candidate = tmp_path / "new.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    candidate.write_text(text.replace("team: claims", "team: billing"), encoding="utf-8")

    with admin_of(namespace.settings.kafka) as admin:
        before = _everything(admin, namespace)
        result = CliRunner().invoke(
            cli,
            ["what-if", "--policy", str(candidate), "--from", "complaints.scored"],
            standalone_mode=False,
        )
        assert _everything(admin, namespace) == before
    assert "50 contacts, 10 (20.0%) would be decided otherwise" in result.stdout, result.output
    assert "1 could not be read" in result.stderr
    assert result.return_value == 1


def _everything(admin: KafkaAdminClient, namespace: Namespace) -> tuple[object, object]:
    """Return where every topic of the namespace ends, and which groups there are."""
    names = [namespace.topic(one.name) for one in topics.TOPICS]
    groups = [one for one in admin.list_groups() if namespace.settings.prefix in str(one)]
    return end_offsets(admin, partitions_of(admin, names)), groups
