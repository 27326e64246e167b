"""The continuous audit beside a running pipeline: cheap, and it notices what is missing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.codec import encode
from schemas.keys import locality_key
from schemas.notice_words import NoticeState
from schemas.notices import NoticeSettled
from schemas.topics import NOTICES_SETTLED, RECEIVED
from services.adapters.kafka_admin import admin_of
from services.adapters.mongo_switches import MongoSwitchStore
from services.audit.database import database_of
from services.audit.follow import Follower
from services.audit.follow_metrics import FollowMetrics
from services.audit.topic_reader import TopicReader
from services.domain.switch_store import Pause
from tests.support.builders import a_contact, a_settled_notice
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

pytestmark = [pytest.mark.timeout(120)]


class Watching:
    """A follower and what it exports."""

    def __init__(self, namespace: Namespace, open_: ExitStack) -> None:
        self.metrics = FollowMetrics()
        settings = namespace.settings
        self._follower = Follower(
            settings,
            open_.enter_context(admin_of(settings.kafka)),
            open_.enter_context(TopicReader(settings.kafka)),
            open_.enter_context(database_of(settings.mongo, settings.database)),
            self.metrics,
        )

    def look(self, later: timedelta = timedelta()) -> dict[str, float]:
        self._follower.round(datetime.now(UTC) + later)
        return {
            sample.name.removeprefix("complaints_audit_"): sample.value
            for family in self.metrics.registry.collect()
            for sample in family.samples
        }


@pytest.fixture
def watch(namespace: Namespace) -> Iterator[Callable[[], Watching]]:
    with ExitStack() as open_:
        yield lambda: Watching(namespace, open_)


@pytest.fixture
def feed(namespace: Namespace) -> Callable[..., None]:
    producer = Producer(
        {"bootstrap.servers": namespace.settings.kafka, "partitioner": "murmur2_random"}
    )

    def send(*names: str, value: bytes | None = None) -> None:
        for name in names:
            contact = a_contact(name, waybill=None, customer=name, received_at=datetime.now(UTC))
            key = locality_key(contact.tenant, contact.contact_id)
            producer.produce(namespace.topic(RECEIVED.name), value or encode(contact), key)
        assert producer.flush(60) == 0

    return send


def test_it_judges_each_contact_once_and_finds_the_one_that_is_gone(
    namespace: Namespace,
    watch: Callable[[], Watching],
    feed: Any,
    start_worker: Callable[..., WorkerProcess],
) -> None:
    feed(*(f"c{n}" for n in range(30)))
    first = watch()
    waiting = first.look(timedelta(seconds=60))
    assert waiting["contacts_checked_total"] == 0
    assert waiting["oldest_unprocessed_seconds"] > 50
    start_worker("dedup")
    start_worker("cases")
    feed("c3", "c4")  # absorbed
    feed("broken", value=b"{")

    def is_all_judged() -> bool:
        seen = first.look()
        return seen["contacts_checked_total"] == 33 and seen["oldest_unprocessed_seconds"] == 0

    eventually(is_all_judged, within=60, describe=first.look, every=0.5)
    seen = first.look()
    assert (seen["unaccounted_contacts"], seen["open_dead_letters"]) == (0, 1)
    assert seen["oldest_dead_letter_seconds"] > 0
    assert seen["possible_doubles_total"] == 0

    log = namespace.database["case_log"]
    feed("gone")
    gone = f"con:{a_contact('gone').contact_id}"
    entry = eventually(lambda: log.find_one({"marks": gone}), within=30, describe="its case")
    assert entry is not None
    log.delete_one({"_id": entry["_id"]})
    again = watch()  # a restart reads nothing twice
    eventually(lambda: again.look()["unaccounted_contacts"] == 1, 30, again.look, 0.5)
    assert again.look()["contacts_checked_total"] == 1
    log.insert_one(entry)
    assert again.look()["unaccounted_contacts"] == 0


def test_a_notice_that_may_have_arrived_twice_counts_once_however_often_it_is_told(
    namespace: Namespace, watch: Callable[[], Watching]
) -> None:
    producer = Producer({"bootstrap.servers": namespace.settings.kafka})

    def tell(*records: NoticeSettled) -> None:
        for record in records:
            producer.produce(namespace.topic(NOTICES_SETTLED.name), encode(record), b"t|c")
        assert producer.flush(60) == 0

    sent = a_settled_notice("N1", NoticeState.SENT, attempts=2)
    tell(sent, sent, a_settled_notice("N2", NoticeState.SENT, attempts=1))
    first = watch()
    assert first.look()["possible_doubles_total"] == 1
    tell(a_settled_notice("N1", NoticeState.DELIVERED, attempts=2, epoch=1))
    assert first.look()["possible_doubles_total"] == 1
    again = watch()
    tell(a_settled_notice("N1", NoticeState.DELIVERED, attempts=2, epoch=2))
    tell(a_settled_notice("N2", NoticeState.SENT, attempts=2, epoch=1))
    assert again.look()["possible_doubles_total"] == 1  # N2, which was one attempt before


def test_a_timer_that_nobody_answers_makes_its_case_overdue(
    namespace: Namespace, watch: Callable[[], Watching]
) -> None:
    due = datetime.now(UTC) - timedelta(minutes=7)
    rows = [("a", 3, "received"), ("b", 4, "received"), ("c", 3, "closed")]
    for name, seq, status in rows:
        namespace.database["cases"].insert_one({"_id": f"t|{name}", "seq": seq, "status": status})
        namespace.database["timers"].insert_one(
            {
                "_id": f"t|{name}#3",
                "case": f"t|{name}",
                "seq": 3,
                "partition": 1,
                "due": int(due.timestamp() * 1e6),
                "stage": "breach",
            }
        )
    seen = watch().look()
    assert seen["overdue_cases"] == 1  # b has moved on, c is closed
    assert 400 < seen["timer_lag_seconds"] < 450


def test_the_audit_can_be_paused_and_goes_on(
    namespace: Namespace, start_worker: Callable[..., WorkerProcess]
) -> None:
    audit, switches = start_worker("audit"), MongoSwitchStore(namespace.database)
    switches.pause(Pause("audit", "clerk:1", datetime.now(UTC), "a test"))
    eventually(lambda: "a test" in audit.get("/readyz")[1], 20, "it says why it stands")
    assert audit.get("/readyz")[0] == 503
    switches.resume("audit")
    eventually(audit.is_ready, 20, "it goes on")
