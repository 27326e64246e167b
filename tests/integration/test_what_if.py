"""A topic is replayed through a candidate, and nobody can tell afterwards."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Producer
from kafka import KafkaAdminClient

from schemas import topics
from schemas.codec import encode
from schemas.keys import case_key
from services.adapters.kafka_admin import admin_of, end_offsets, partitions_of
from services.cli.__main__ import cli
from services.cli.environment import environment_of
from services.dedup import policy as dedup
from services.domain.clocks import policy as sla
from services.routing import policy as routing
from tests.support.builders import TENANT, a_contact, a_deduplicated, a_routed, at
from tests.support.namespaces import Namespace
from tests.unit.sla.states import a_state

pytestmark = pytest.mark.stack


def test_what_a_topic_holds_is_replayed_without_a_trace(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _use(namespace, monkeypatch)
    topic = namespace.topic(topics.SCORED.name)
    producer = Producer({"bootstrap.servers": namespace.settings.kafka})
    for number in range(50):
        category = "damage" if number % 5 == 0 else "delay"
        scored = a_routed(a_deduplicated(a_contact(f"c{number}")), category=category).scored
        producer.produce(topic, encode(scored), case_key(TENANT, scored.case_id))
    producer.produce(topic, b"no record", b"key")
    assert producer.flush(60) == 0
    candidate = _changed(tmp_path, routing.SHIPPED, "team: claims", "team: billing")

    with admin_of(namespace.settings.kafka) as admin:
        before = _everything(admin, namespace)
        result = _what_if(candidate)
        assert _everything(admin, namespace) == before
    assert "50 contacts, 10 (20.0%) would be decided otherwise" in result.stdout, result.output
    assert "1 could not be read" in result.stderr
    assert result.return_value == 1


@pytest.mark.parametrize("name", ["complaints.scored", "complaints.scored.express"])
def test_both_lanes_are_replayed_each_contact_once_and_up_to_an_end(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """The second contact is in both lanes, the last came when the period was over."""
    _use(namespace, monkeypatch)
    producer = Producer({"bootstrap.servers": namespace.settings.kafka})
    held = [("c1", topics.SCORED, 3), ("c2", topics.SCORED, 3), ("c2", topics.SCORED_EXPRESS, 3)]
    held += [("c3", topics.SCORED_EXPRESS, 3), ("c4", topics.SCORED_EXPRESS, 1)]
    now = datetime.now(UTC)  # Kafka forgets what is older than the topic's retention
    for contact, topic, hours_ago in held:
        scored = a_routed(a_deduplicated(a_contact(contact)), category="damage").scored
        producer.produce(
            namespace.topic(topic.name),
            encode(scored),
            case_key(TENANT, scored.case_id),
            timestamp=int((now - timedelta(hours=hours_ago)).timestamp() * 1000),
        )
    assert producer.flush(60) == 0
    candidate = _changed(tmp_path, routing.SHIPPED, "team: claims", "team: billing")
    result = _what_if(candidate, name, "--since", "4h", "--until", "2h")
    assert "3 contacts, 3 (100.0%) would be decided otherwise" in result.stdout, result.output
    assert result.return_value == 0


def test_merges_and_breaches_are_told_by_what_the_topics_hold(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _use(namespace, monkeypatch)
    producer = Producer({"bootstrap.servers": namespace.settings.kafka})
    for number, day in enumerate((0, 30)):
        contact = a_contact(f"c{number}", waybill="SF1302847561029", received_at=at(days=day))
        scored = a_routed(a_deduplicated(contact, case_id="case-1")).scored
        key = case_key(TENANT, scored.case_id)
        producer.produce(namespace.topic(topics.SCORED.name), encode(scored), key)
    state = a_state(case_id="case-1", opened_at=at(hours=-10), acknowledged_at=at(hours=-5))
    assert (state.tenant, state.case_id, state.level) == (TENANT, "case-1", 1)
    producer.produce(
        namespace.topic(topics.STATE.name), encode(state), case_key(TENANT, state.case_id)
    )
    assert producer.flush(60) == 0

    shorter = _changed(tmp_path, sla.SHIPPED, "limit: {span: 8h,", "limit: {span: 4h,")
    limits = _what_if(shorter)
    assert "acknowledgement kept → acknowledgement missed" in limits.stdout, limits.output
    forgetful = _changed(
        tmp_path, dedup.SHIPPED, "waybill_window_days: 180", "waybill_window_days: 1"
    )
    merges = _what_if(forgetful)
    assert "1 cases, 2 would be; 0 pairs of contacts joined and 1 parted" in merges.stdout


def _use(namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(namespace.settings).items():
        if name.startswith("COMPLAINTS_"):
            monkeypatch.setenv(name, value)


def _changed(folder: Path, shipped: Path, old: str, new: str) -> Path:
    text = shipped.read_text(encoding="utf-8")
    assert old in text
    candidate = folder / "new.yaml"
    candidate.write_text(text.replace(old, new, 1), encoding="utf-8")
    return candidate


def _what_if(candidate: Path, topic: str = "complaints.scored", *more: str) -> Result:
    arguments = ["what-if", "--policy", str(candidate), "--from", topic, *more]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


def _everything(admin: KafkaAdminClient, namespace: Namespace) -> tuple[object, object]:
    """Return where every topic of the namespace ends, and which groups there are."""
    names = [namespace.topic(one.name) for one in topics.TOPICS]
    groups = [one for one in admin.list_groups() if namespace.settings.prefix in str(one)]
    return end_offsets(admin, partitions_of(admin, names)), groups
