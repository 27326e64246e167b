"""Logs: JSON lines with known fields, in which no person can be found."""

import io
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from schemas import topics
from schemas.codec import encode
from schemas.personal import Personal, seal
from services.adapters.memory_dedup import MemoryDedupStore
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.errors import OutageError
from services.runtime.logs import FIELDS, JsonFormatter, configure_logs
from services.runtime.records import Handled, Inbound, Outbound, Positions
from tests.support.builders import KEYS, a_contact
from tests.support.manual_clock import ManualClock
from tests.unit.runtime.benches import IN, RETRY, Bench

CANARIES = ("13800138000", "张三丰", "小区门口", "SF1387654321098", "zhang@example.com")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process logs, in our form, from the most talkative level on."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("dedup"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_the_message_the_known_fields_and_nothing_else(written: io.StringIO) -> None:
    logging.getLogger("x").warning(
        "dead %s", "letter", extra={"topic": "in", "offset": 7, "phone": CANARIES[0]}
    )
    (line,) = lines(written)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "warning",
        "worker": "dedup",
        "message": "dead letter",
        "topic": "in",
        "offset": 7,
    }
    assert "phone" not in FIELDS


def test_an_exception_is_logged_by_its_class_and_its_way_and_not_by_its_words(
    written: io.StringIO,
) -> None:
    try:
        raise ValueError(f"cannot read {CANARIES[0]}")
    except ValueError as cause:
        try:
            raise KeyError(CANARIES[1]) from cause
        except KeyError:
            logging.getLogger("x").exception("broken")
    (line,) = lines(written)
    assert line["exception"] == "KeyError"
    assert line["where"][-1].rpartition(":")[0] == __file__
    assert not any(canary in written.getvalue() for canary in CANARIES)


def test_line_breaks_in_a_field_do_not_make_two_lines(written: io.StringIO) -> None:
    logging.getLogger("x").warning("a\nb", extra={"reason": "c\nd"})
    (line,) = lines(written)
    assert (line["message"], line["reason"]) == ("a\nb", "c\nd")


def test_the_process_logs_to_standard_error_from_the_level_that_is_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logs("cases", "WARNING")
        logging.getLogger("x").info("too quiet")
        logging.getLogger("x").warning("heard")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "heard"


def test_whatever_happens_to_a_contact_no_person_is_in_the_logs(written: io.StringIO) -> None:
    """The canary: every way a contact can go, with text, phone, name and waybill planted."""
    phone, name, text, waybill, email = CANARIES
    contact = a_contact(
        waybill=waybill,
        text=f"{name} {phone} {text} {waybill} {email}",
        personal=seal(Personal(customer=phone, name=name, phone=phone, email=email)),
    )
    bench = Bench()
    store = MemoryDedupStore()
    real = DedupHandler(
        store,
        KEYS,
        load_policy(),
        ManualClock(),
        topics.onward(topics.RECEIVED, topics.DEDUPLICATED),
    )
    bench.broker.make_topic(topics.DEDUPLICATED.name, 1)

    class Fragile:
        trouble: Exception | None = None

        def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
            if self.trouble is not None:
                trouble, self.trouble = self.trouble, None
                raise trouble
            return real.handle(batch, positions)

    fragile = bench.loop._handler = Fragile()
    broken = encode(contact).replace(b'"phone"', b'"' + phone.encode() + b'"')
    conflicting = encode(contact.model_copy(update={"text": f"{text} once more"}))
    for value, trouble in (
        (encode(contact), None),
        (encode(contact), None),
        (conflicting, None),
        (broken, None),
        (encode(contact)[:-9], None),
        (encode(contact), ValueError(f"{name}: {phone}")),
        (encode(contact), OutageError("mongodb", "no primary")),
    ):
        bench.broker.append([Outbound(IN, waybill.encode(), value)])
        fragile.trouble = trouble
        bench.loop.step()
        bench.clock.advance(RETRY)
    assert {line["message"] for line in lines(written)} >= {
        "dead letter",
        "a record breaks the handler",
        "standing still",
    }
    for canary in CANARIES:
        assert canary not in written.getvalue()
        assert json.dumps(canary)[1:-1] not in written.getvalue()
