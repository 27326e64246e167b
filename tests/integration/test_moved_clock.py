"""A clock moved forward over the running case path: what is due takes effect once, in order,
and nothing early. The expected times stand here by hand, not by sla's own arithmetic."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from confluent_kafka import Producer

from schemas import topics
from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.keys import case_key, locality_key
from schemas.record import Record
from services.adapters.case_queries import CaseQueries
from services.cli.__main__ import main
from services.cli.environment import environment_of
from services.domain.identity import case_id_of
from tests.support.builders import ELAPSED, TENANT, a_command, a_contact
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.waiting import always, eventually

StartWorker = Callable[..., WorkerProcess]
Run = Callable[..., tuple[int, str]]
MOVABLE: Final = {"COMPLAINTS_MOVABLE_CLOCK": "1", "COMPLAINTS_SLA_POLICY": str(ELAPSED)}
LEAKED: Final = "我的姓名电话住址被你们的人发到了群里,几百人的面单都在上面。"
LATE: Final = "快件还在路上,请查一下。"
MINUTES: Final = {
    # Level 1, nobody does anything.
    "forgotten": {
        "acknowledgement:warn:0": 18 * 60,
        "acknowledgement:breach:0": 24 * 60,
        "acknowledgement:escalate1:0": 36 * 60,
        "acknowledgement:escalate2:0": 48 * 60,
        "resolution:warn:0": 7056,  # 70 % of seven days
        "resolution:breach:0": 7 * 24 * 60,
        "resolution:escalate1:0": 7 * 24 * 60 + 12 * 60,
        "resolution:escalate2:0": 8 * 24 * 60,
        "resolution:escalate3:0": 10 * 24 * 60,
    },
    # Level 1, acknowledged within the first hours: the other clock runs on.
    "taken-up": {
        "resolution:warn:0": 7056,
        "resolution:breach:0": 7 * 24 * 60,
        "resolution:escalate1:0": 7 * 24 * 60 + 12 * 60,
        "resolution:escalate2:0": 8 * 24 * 60,
        "resolution:escalate3:0": 10 * 24 * 60,
    },
    # Level 4.
    "leaked": {
        "acknowledgement:warn:0": 15,
        "acknowledgement:breach:0": 30,
        "acknowledgement:escalate1:0": 45,
        "acknowledgement:escalate2:0": 60,
        "acknowledgement:escalate3:0": 90,
        "resolution:warn:0": 24 * 60,
        "resolution:breach:0": 48 * 60,
        "resolution:escalate1:0": 50 * 60,
        "resolution:escalate2:0": 54 * 60,
        "resolution:escalate3:0": 60 * 60,
    },
}
MARGIN: Final = timedelta(minutes=3)
"""The test itself takes time, by which nothing may come due that is not meant."""


class Instance:
    """The case path on engines, its time, and what its clocks did."""

    def __init__(self, namespace: Namespace, run: Run) -> None:
        self.opened = datetime.now(UTC)
        self.cases: dict[str, str] = {}
        self._namespace = namespace
        self._queries = CaseQueries(namespace.database)
        self.run = run
        self._producer = Producer(
            {"bootstrap.servers": namespace.settings.kafka, "partitioner": "murmur2_random"}
        )
        self._moved = timedelta()

    def produce(self, topic: topics.Topic, key: bytes, record: Record) -> None:
        self._producer.produce(self._namespace.topic(topic.name), encode(record), key)
        assert self._producer.flush(60) == 0

    def open(self, name: str, number: int, text: str) -> None:
        waybill = f"SF13{number * 13_579_246:011}"
        contact = a_contact(
            name, text=text, waybill=waybill, customer=name, received_at=self.opened
        )
        self.produce(topics.RECEIVED, locality_key(TENANT, contact.contact_id), contact)
        case_id = case_id_of(TENANT, contact.contact_id)
        eventually(lambda: self._queries.case(TENANT, case_id), 40, f"the case of {name}")
        self.cases[name] = case_id

    def move_to(self, minutes: float, beside: timedelta = MARGIN) -> None:
        """Let so much time pass since the opening, and the margin more."""
        wanted = timedelta(minutes=minutes) + beside
        by = wanted - (datetime.now(UTC) - self.opened) - self._moved
        assert self.run("clock", "advance", f"{int(by.total_seconds())}s")[0] == 0
        self._moved += by

    def clocks(self, name: str) -> list[CaseChanged]:
        """What clocks did to a case, in the order of its history."""
        history = self._queries.history(TENANT, self.cases[name])
        return [change for change in history if change.stage is not None]

    def awaits(self, minutes: float) -> None:
        """Wait until all that is due after so many minutes took effect; nothing else may have."""
        wanted = {
            (name, stage)
            for name, ladder in MINUTES.items()
            for stage, due in ladder.items()
            if due <= minutes
        }

        def done() -> set[tuple[str, str]]:
            return {(name, str(one.stage)) for name in self.cases for one in self.clocks(name)}

        eventually(lambda: done() >= wanted, 40, lambda: wanted - done())
        assert done() == wanted


@pytest.fixture
def instance(namespace: Namespace, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Instance:
    def run(*arguments: str) -> tuple[int, str]:
        for name, value in environment_of(namespace.settings, movable_clock=True).items():
            if name.startswith("COMPLAINTS_"):
                monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out + err

    return Instance(namespace, run)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_what_is_due_takes_effect_once_in_order_and_not_early(
    instance: Instance, start_worker: StartWorker
) -> None:
    start_worker("cases", ready_within=None, **MOVABLE)
    for name in ("notification", "sender"):
        start_worker(name, ready_within=None, **MOVABLE)
    start_worker("dedup", **MOVABLE)
    for number, (name, text) in enumerate(
        {"forgotten": LATE, "taken-up": LATE, "leaked": LEAKED}.items()
    ):
        instance.open(name, number, text)
    taken_up = instance.cases["taken-up"]
    command = a_command("acknowledge", taken_up, issued_at=datetime.now(UTC))
    instance.produce(topics.COMMANDS, case_key(TENANT, taken_up), command)

    # One stage after the other, each looked at from both sides.
    instance.move_to(15, beside=-MARGIN)
    always(lambda: not instance.clocks("leaked"), during=2.5, describe="nothing is early")
    for minutes in (15, 30, 45, 60, 90):
        instance.move_to(minutes)
        instance.awaits(minutes)
    instance.move_to(18 * 60, beside=-MARGIN)
    always(lambda: not instance.clocks("forgotten"), during=2.5, describe="nothing is early")
    # Leaps over several stages of several cases at once.
    for minutes in (24 * 60, 50 * 60, 7056, 10 * 24 * 60):
        instance.move_to(minutes)
        instance.awaits(minutes)

    for name, ladder in MINUTES.items():
        changes = instance.clocks(name)
        assert [change.stage for change in changes] == sorted(ladder, key=lambda one: ladder[one])
        for change in changes:
            due = instance.opened + timedelta(minutes=ladder[str(change.stage)])
            assert change.due_at == due, (name, change.stage)
            assert change.at >= due, (name, change.stage)
    code, told = instance.run("audit")
    assert code == 0, told
