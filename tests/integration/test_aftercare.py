"""Aftercare by itself, on real engines: two copies, one killed in the middle, each step once."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import pytest
from bson import CodecOptions
from bson.raw_bson import RawBSONDocument
from confluent_kafka import Producer

from schemas import topics
from schemas.codec import encode
from schemas.contacts import ContactReceived
from schemas.handling import CompensationOrder, Finding, Money, RecordEntry
from schemas.judgements import Correction
from schemas.keys import case_key
from schemas.record import Record
from schemas.vocabulary import CaseStatus, ChangeKind
from services.adapters.case_queries import CaseQueries
from services.adapters.mongo_letters import MongoLetterStore
from services.adapters.shared_clock import advance, open_clock
from services.domain.identity import case_id_of
from services.domain.letter_store import LetterEnd, LetterFate
from tests.support.builders import TENANT, a_command, a_contact, a_deduplicated, a_routed
from tests.support.namespaces import Namespace
from tests.support.processes import MOVABLE, WorkerProcess
from tests.support.waiting import eventually

RAW: Final[CodecOptions[RawBSONDocument]] = CodecOptions(document_class=RawBSONDocument)
StartWorker = Callable[..., WorkerProcess]
OFTEN: Final = {MOVABLE: "1", "COMPLAINTS_AFTERCARE_SECONDS": "0.5"}
CASES: Final = 20
PERSON: Final = "王芳".encode()
PLANTED: Final = (PERSON, b"13800138000", "虎门镇连升路1号".encode())
WORDS: Final = "王芳,13800138000,住虎门镇连升路1号"
FINDING: Final = RecordEntry(finding=Finding(outcome="valid", party="contractor", text=WORDS))
ORDER: Final = CompensationOrder(
    amount=Money(minor=10_000, currency="CNY"), branch="uninsured", guidance="g-1"
)
ONCE: Final = (
    ChangeKind.PAYMENT_REQUESTED,
    ChangeKind.PAYMENT_UNANSWERED,
    ChangeKind.SURVEY_UNREACHABLE,
    ChangeKind.CLOSED,
    ChangeKind.ARCHIVED,
    ChangeKind.ANONYMISED,
)


class Answered:
    """Cases that were answered, and what became of them."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        self.queries = CaseQueries(namespace.database)
        self.ids: list[str] = []
        open_clock(namespace.database, is_movable=True)
        self._producer = Producer(
            {"bootstrap.servers": namespace.settings.kafka, "partitioner": "murmur2_random"}
        )

    def open(self) -> None:
        """Open the cases, and answer each."""
        now = datetime.now(UTC)
        for number in range(CASES):
            contact = a_contact(f"c{number}", received_at=now, text=WORDS)
            case_id = case_id_of(TENANT, contact.contact_id)
            self.ids.append(case_id)
            self._store(contact, case_id)
            routed = a_routed(a_deduplicated(contact, case_id=case_id))
            self._produce(topics.ROUTED, case_key(TENANT, case_id), routed)
        assert self._producer.flush(30) == 0
        self.await_status(CaseStatus.RECEIVED)
        for case_id in self.ids:
            words: dict[str, dict[str, Any]] = {
                "note": {"note": WORDS},
                "record": {"entry": FINDING},
                "acknowledge": {},
                "compensate": {"compensation": ORDER},
                "correct": {"correction": Correction(level=2), "note": WORDS},
                "resolve": {"note": WORDS},
            }
            for kind, said in words.items():
                command = a_command(kind, case_id, f"{kind}-{case_id}", issued_at=now, **said)
                self._produce(topics.COMMANDS, case_key(TENANT, case_id), command)
        end = LetterEnd("t:0:1", "L1", LetterFate.DISCARDED, "t:0:1", "clerk:7", now, WORDS)
        MongoLetterStore(self.namespace.database).discarded([end])
        assert self._producer.flush(30) == 0
        self.await_status(CaseStatus.RESOLVED)

    def await_status(self, wanted: CaseStatus) -> None:
        eventually(
            lambda: all(self.status(one) is wanted for one in self.ids), 40, f"all are {wanted}"
        )

    def _store(self, contact: ContactReceived, case_id: str) -> None:
        """Nothing is deduplicated here: the contact stands as dedup would have stored it."""
        out = encode(a_deduplicated(contact, case_id=case_id))
        row = {"_id": f"{TENANT}|{contact.contact_id}", "tenant": TENANT, "case_id": case_id}
        self.namespace.database["contacts"].insert_one(
            row | {"tracking": contact.contact_id, "out": out}
        )

    def _produce(self, topic: topics.Topic, key: bytes, record: Record) -> None:
        self._producer.produce(self.namespace.topic(topic.name), encode(record), key)

    def pass_time(self, span: timedelta) -> None:
        advance(self.namespace.database, span)

    def kinds(self, case_id: str) -> Counter[ChangeKind]:
        return Counter(change.kind for change in self.queries.history(TENANT, case_id))

    def all_have(self, kind: ChangeKind, times: int = 1, first: int = CASES) -> bool:
        return all(self.kinds(case_id)[kind] >= times for case_id in self.ids[:first])

    def status(self, case_id: str) -> CaseStatus | None:
        state = self.queries.case(TENANT, case_id)
        return state.status if state else None


@pytest.mark.slow
@pytest.mark.timeout(270)
def test_two_copies_one_killed_in_the_middle_do_each_step_once(
    namespace: Namespace, start_worker: StartWorker
) -> None:
    answered = Answered(namespace)
    start_worker("cases", ready_within=None, **OFTEN)
    first = start_worker("aftercare", **OFTEN)
    second = start_worker("aftercare", slot=1, **OFTEN)
    answered.open()
    holding = {"contacts", "case_log", "labels", "letter_ends"}
    assert {name for name, _ in _found(namespace)} == holding
    holder, other = (first, second) if "does the" in first.get("/readyz")[1] else (second, first)
    eventually(lambda: "stands by" in other.get("/readyz")[1], 10, "one copy stands by")

    answered.pass_time(timedelta(hours=25))
    eventually(
        lambda: answered.all_have(ChangeKind.SURVEY_REQUESTED, first=1), 60, "the first survey"
    )
    holder.kill()
    eventually(lambda: answered.all_have(ChangeKind.SURVEY_REQUESTED), 60, "all are asked")
    answered.pass_time(timedelta(hours=49))
    eventually(
        lambda: answered.all_have(ChangeKind.SURVEY_REQUESTED, times=2), 60, "the second survey"
    )
    eventually(lambda: "does the passes" in other.get("/readyz")[1], 20, "the other copy says so")
    holder.start()
    for kind, span in (
        (ChangeKind.CLOSED, timedelta(hours=73)),
        (ChangeKind.ARCHIVED, timedelta(days=61)),
        (ChangeKind.ANONYMISED, timedelta(days=1100)),
    ):
        answered.pass_time(span)
        eventually(partial(answered.all_have, kind), 30, str(kind))

    eventually(lambda: not _found(namespace), 20, lambda: f"removed, but {_found(namespace)}")
    for case_id in answered.ids:
        kinds = answered.kinds(case_id)
        assert kinds[ChangeKind.SURVEY_REQUESTED] == 2
        assert {kind: kinds[kind] for kind in ONCE} == dict.fromkeys(ONCE, 1)
    assert "complaints_aftercare_last_pass_timestamp_seconds" in other.get("/metrics")[1]


def _found(namespace: Namespace) -> set[tuple[str, bytes]]:
    """Return in which collections what was planted stands, and what of it."""
    database = namespace.database
    stored = {
        name: b"".join(one.raw for one in database[name].with_options(RAW).find())
        for name in database.list_collection_names()
    }
    return {(name, planted) for name in stored for planted in PLANTED if planted in stored[name]}
