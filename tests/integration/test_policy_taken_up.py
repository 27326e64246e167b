"""A running worker takes up another policy file, refuses a bad one, and says so."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Producer

from schemas import topics
from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.scores import ContactScored
from services.adapters.kafka_admin import admin_of, partitions_of
from services.severity.policy import SHIPPED
from tests.support.builders import TENANT, a_contact, a_deduplicated
from tests.support.counts import reader
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack
CAREFUL, EAGER = "{2: 0.5, 3: 0.3, 4: 0.15}", "{2: 0.0, 3: 0.0, 4: 0.0}"


def test_severity_goes_by_another_file_without_a_restart_and_by_no_bad_one(
    namespace: Namespace, start_worker: Callable[..., WorkerProcess], tmp_path: Path
) -> None:
    file = tmp_path / "severity.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    shipped = re.findall(r"^version: (\S+)$", text, re.M)[0]

    def write(version: str, old: str = "", new: str = "") -> None:
        changed = text.replace(f"version: {shipped}", f"version: {version}", 1).replace(old, new)
        beside = tmp_path / "next.yaml"
        beside.write_text(changed, encoding="utf-8")
        os.replace(beside, file)

    write("v1")
    worker = start_worker("severity", COMPLAINTS_SEVERITY_POLICY=str(file))
    with admin_of(namespace.settings.kafka) as admin:
        spots = partitions_of(admin, [namespace.topic(topics.SCORED.name)])
    producer = Producer({"bootstrap.servers": namespace.settings.kafka})
    with reader(namespace, spots) as scored:

        def score(number: int) -> tuple[str, int]:
            one = a_deduplicated(a_contact(f"c{number}", text="快件三天没有更新,请查一下。"))
            topic = namespace.topic(topics.DEDUPLICATED.name)
            producer.produce(topic, encode(one), case_key(TENANT, one.case_id))
            producer.flush(30)

            def found() -> tuple[str, int] | None:
                message = scored.poll(1.0)
                if message is None or message.error():
                    return None
                made = decode(ContactScored, message.value())
                assert made.deduplicated.contact.contact_id == one.contact.contact_id
                return made.score.policy, made.score.level

            return eventually(found, 30)

        assert score(1) == ("v1", 1)
        write("v2", CAREFUL, EAGER)
        assert score(2) == ("v2", 4)
        write("v3", "version: model-", "version: model-0")
        assert score(3) == ("v2", 4)
        write("v1", CAREFUL, EAGER)
        assert score(4) == ("v2", 4)

    page = worker.get("/metrics")[1]
    assert re.search(
        r'^complaints_policy_taken_up_total\{policy="severity"[^}]*\} 1\.0$', page, re.M
    )
    assert re.search(
        r'^complaints_policy_refused_total\{policy="severity"[^}]*\} 2\.0$', page, re.M
    )
    kept = {one["version"] for one in namespace.database["policies"].find({"kind": "severity"})}
    assert kept == {"v1", "v2"}
