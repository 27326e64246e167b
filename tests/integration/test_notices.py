"""Notices on real Kafka, MongoDB and a mail server: told once, or said why not."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from confluent_kafka import Producer

from infra.catcher import Catcher, Fault
from schemas import topics
from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.contacts import ContactReceived
from schemas.keys import case_key
from schemas.notices import NoticeRequested, NoticeSettled
from schemas.personal import Personal
from schemas.vocabulary import ChangeKind
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.audit.logic.findings import Findings
from services.audit.run import run_audit
from services.domain.case_store import LogEntry, LoggedEvent
from services.notification.policy import SHIPPED as NOTICES
from tests.support.builders import NOON, TENANT, a_contact, a_deduplicated, sealed
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess, a_free_port
from tests.support.topics_now import read_all
from tests.support.waiting import eventually
from tests.unit.notification.test_handler import a_row
from tests.unit.notification.test_logic import a_change
from tests.unit.sender.desk import STEPS

StartWorker = Callable[..., WorkerProcess]
SECRET = "a-secret-of-at-least-24-characters"
pytestmark = [pytest.mark.timeout(180)]


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    with Catcher(a_free_port(), 0) as made:
        yield made


class Office:
    """Contacts and changes put where dedup and cases would have put them."""

    def __init__(
        self, namespace: Namespace, start: StartWorker, catcher: Catcher, folder: Path
    ) -> None:
        self.namespace = namespace
        self._folder = folder
        self.catcher = catcher
        self._start = start
        self._dedup = MongoDedupStore(namespace.database)
        self._cases = MongoCaseStore(namespace.database)
        self._producer = Producer(
            {
                "bootstrap.servers": namespace.settings.kafka,
                "partitioner": "murmur2_random",
                "acks": "all",
                "enable.idempotence": True,
            }
        )

    def contacts(self, count: int, **personal: str) -> list[ContactReceived]:
        made = [
            a_contact(
                f"contact-{n}",
                customer=f"customer-{n}",
                personal=sealed(Personal(**({"email": f"c{n}@example.com"} | personal))),
            )
            for n in range(count)
        ]
        self._dedup.insert_rows([a_row(a_deduplicated(contact)) for contact in made])
        return made

    def happens(self, *changes: CaseChanged, times: int = 1) -> None:
        """Put changes into the cases' logs and on the topic."""
        for change in changes:
            key = case_key(change.tenant, change.case_id)
            source = f"src:0:{change.case_id}:{change.seq}"
            event = LoggedEvent(change.seq, source, encode(change))
            entry = LogEntry(key.decode(), change.seq, NOON, (source,), (), (event,))
            self._cases.append([entry])
            for _ in range(times):
                self._producer.produce(
                    self.namespace.topic(topics.CHANGED.name), encode(change), key
                )
        assert self._producer.flush(60) == 0

    def opened(self, contacts: list[ContactReceived], times: int = 1) -> None:
        """Open a case for each contact."""
        changes = [
            a_change(
                ChangeKind.OPENED,
                1,
                case_id=f"case-{contact.contact_id}",
                contact={"contact_id": contact.contact_id, "person": contact.person},
            )
            for contact in contacts
        ]
        self.happens(*changes, times=times)

    def notification(self, **environment: str) -> WorkerProcess:
        # Never quiet, whatever time it is where the tests run.
        known = {"COMPLAINTS_NOTIFICATION_POLICY": str(self._table({"ends": "00:00"}, "00:00"))}
        return self._start("notification", **(known | environment))

    def quiet_until(self, ends: datetime) -> Path:
        """Return a table whose quiet hours are now, and end then."""
        begins = (ends - timedelta(hours=12)).strftime("%H:%M")
        return self._table({"ends": ends.strftime("%H:%M:%S")}, begins)

    def _table(self, quiet: dict[str, str], begins: str) -> Path:
        table = yaml.safe_load(NOTICES.read_text())
        table["quiet"] |= {"begins": begins, "default_zone": "UTC", **quiet}
        file = self._folder / f"notices-{begins.replace(':', '')}.yaml"
        file.write_text(yaml.safe_dump(table, allow_unicode=True))
        return file

    def sender(self, ready_within: float | None = 60.0, **environment: str) -> WorkerProcess:
        known = {
            "COMPLAINTS_SMTP_HOST": "127.0.0.1",
            "COMPLAINTS_SMTP_PORT": str(self.catcher.smtp_port),
            "COMPLAINTS_WEBHOOK_URL": self.catcher.webhook_url,
            "COMPLAINTS_WEBHOOK_SECRET": SECRET,
            "COMPLAINTS_WEBHOOK_PRIVATE": "true",
            "COMPLAINTS_SENDER_THREADS": "8",
        }
        return self._start("sender", ready_within=ready_within, **(known | environment))

    def settled(self) -> list[NoticeSettled]:
        """Return the ends that were told, without the steps."""
        found = read_all(self.namespace, topics.NOTICES_SETTLED.name)
        told = [decode(NoticeSettled, message.value()) for message in found]
        return [one for one in told if one.state not in STEPS]

    def requested(self) -> list[NoticeRequested]:
        found = read_all(self.namespace, topics.NOTICES.name)
        return [decode(NoticeRequested, message.value()) for message in found]

    def arrived(self) -> Counter[str]:
        return Counter(caught.to for caught in self.catcher.box.messages())

    def audited(self) -> Findings:
        """Return what the audit says of notices (of the rest it would say that contacts and
        cases were put there by hand)."""
        outcome = run_audit(self.namespace.settings, 30, lambda what, done, total: None)
        (found,) = (one for one in outcome.findings if one.check == "N")
        return found

    def wait_for(self, settlements: int) -> list[NoticeSettled]:
        """Return the settlements, once there are so many."""
        return eventually(
            lambda: found if len(found := self.settled()) >= settlements else [],
            within=90,
            describe=lambda: f"{len(self.settled())} settled, {self.arrived().total()} arrived",
            every=0.5,
        )


@pytest.fixture
def office(
    namespace: Namespace, start_worker: StartWorker, catcher: Catcher, tmp_path: Path
) -> Office:
    return Office(namespace, start_worker, catcher, tmp_path)


def test_an_opened_case_is_acknowledged_by_mail_once_and_answered_with_the_result(
    office: Office,
) -> None:
    office.notification()
    office.sender()
    (contact,) = office.contacts(1)
    office.opened([contact], times=2)  # subscribers may see a change twice
    office.happens(
        a_change(
            ChangeKind.RESOLVED,
            2,
            case_id=f"case-{contact.contact_id}",
            note="已赔付 50 元,敬请谅解。",
        )
    )
    ends = office.wait_for(2)
    assert [(one.kind, one.state, one.attempts) for one in ends] == [
        ("acknowledgement", "sent", 1),
        ("result", "sent", 1),
    ]
    # Both may be on their way at once: they are told apart by the notice, not by their order.
    caught = {one.id: one for one in office.catcher.box.messages("smtp")}
    acknowledgement, result = (caught[f"<{one.notice_id}@example.com>"] for one in ends)
    assert acknowledgement.to == result.to == "c0@example.com"
    assert contact.tracking in acknowledgement.text
    assert "已赔付 50 元" in result.text
    assert "12305" in result.text


@pytest.mark.parametrize("point", ["after_claims", "after_send"])
def test_a_sender_killed_in_between_reaches_everybody_and_owns_up_to_doubts(
    office: Office, point: str
) -> None:
    office.notification()
    contacts = office.contacts(60)
    office.opened(contacts)
    eventually(lambda: len(office.requested()) == 60, within=60, every=0.5)
    first = office.sender(ready_within=None, COMPLAINTS_CRASH_AT=f"{point}:12")
    assert first.wait(90) == 137
    arrived_before = office.arrived().total()
    office.sender()
    ends = office.wait_for(60)
    assert Counter(one.notice_id for one in ends).most_common(1)[0][1] == 1
    assert {one.state for one in ends} == {"sent"}
    assert office.arrived().keys() == {f"c{n}@example.com" for n in range(60)}
    in_doubt = [one for one in ends if one.attempts > 1]
    assert 1 <= len(in_doubt) <= 8  # as many as may be on their way
    doubled = [to for to, times in office.arrived().items() if times > 1]
    # Other hands were at other steps: what they had claimed and not sent is in doubt as well.
    assert (point == "after_send") <= len(doubled) <= len(in_doubt)
    assert arrived_before >= 8
    ids: dict[str, set[str]] = {caught.to: set() for caught in office.catcher.box.messages()}
    for caught in office.catcher.box.messages():
        ids[caught.to].add(caught.id)
    assert all(len(same) == 1 for same in ids.values())  # a double carries the same id
    found = office.audited()
    assert (found.examined, found.waiting, found.listed) == (60, 0, [])
    assert f"{len(in_doubt)} possible doubles" in found.title


def test_what_is_not_mandatory_is_held_when_nobody_knows(office: Office) -> None:
    office.notification()
    contacts = office.contacts(8)
    office.opened(contacts)
    first = office.sender()
    office.wait_for(8)
    first.stop()
    office.happens(
        *(
            a_change(ChangeKind.ACKNOWLEDGED, 2, case_id=f"case-{contact.contact_id}")
            for contact in contacts
        )
    )
    eventually(lambda: len(office.requested()) == 16, within=60, every=0.5)
    dying = office.sender(ready_within=None, COMPLAINTS_CRASH_AT="after_send:1")
    assert dying.wait(90) == 137
    office.sender()
    ends = [one for one in office.wait_for(16) if one.kind == "progress"]
    held = [one for one in ends if one.state == "unknown"]
    assert 1 <= len(held) <= 8
    assert {(one.attempts, one.reason) for one in held} == {(1, "held")}
    assert {one.state for one in ends} <= {"unknown", "sent"}
    assert max(office.arrived().values()) == 2  # acknowledgement and progress, no double


def test_a_relay_that_is_away_fails_nobody(
    namespace: Namespace, start_worker: StartWorker, catcher: Catcher, tmp_path: Path
) -> None:
    office = Office(namespace, start_worker, catcher, tmp_path)
    office.notification()
    catcher.box.plan(Fault("smtp", times=30, stage="connect", code=421))
    sender = office.sender()
    office.opened(office.contacts(20))
    eventually(
        lambda: 'outcome="email_aside"' in sender.get("/metrics")[1],
        within=60,
        describe=lambda: sender.get("/metrics"),
    )
    assert sender.is_ready()  # who is away holds up nobody else
    assert office.settled() == []
    catcher.box.clear()
    ends = office.wait_for(20)
    assert {(one.state, one.attempts) for one in ends} == {("sent", 1)}
    assert office.arrived().total() == 20


def test_no_address_is_on_a_topic_in_a_log_or_among_our_own_collections(
    office: Office, tmp_path: Any
) -> None:
    notification, sender = office.notification(), office.sender()
    canary = "li.hua.canary@example.com"
    (contact,) = office.contacts(1, email=canary)
    office.catcher.box.plan(Fault("smtp", stage="recipient", code=451))
    office.opened([contact])
    office.wait_for(1)
    assert office.arrived() == {canary: 1}
    for name in (topics.NOTICES.name, topics.NOTICES_SETTLED.name):
        for message in read_all(office.namespace, name):
            assert canary.encode() not in (message.value() or b"")
    for worker in (notification, sender):
        assert canary not in worker.log.read_text()
    for collection in ("notices", "notice_claims", "notice_results"):
        assert canary not in repr(list(office.namespace.database[collection].find()))
    assert TENANT in office.requested()[0].tenant
