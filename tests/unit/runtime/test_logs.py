"""Logs: JSON lines with known fields, in which no person can be found."""

import ast
import io
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas import topics
from schemas.codec import encode
from schemas.personal import Personal
from services.adapters.memory_dedup import MemoryDedupStore
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain import identity
from services.domain.errors import OutageError
from services.runtime.logs import FIELDS, JsonFormatter, configure_logs
from services.runtime.naming import place_of
from services.runtime.records import Handled, Inbound, Outbound, Positions
from services.runtime.watching import always
from tests.support.builders import KEYS, a_contact, sealed
from tests.support.manual_clock import ManualClock
from tests.unit.runtime.benches import IN, RETRY, Bench

SERVICES = Path(__file__).resolve().parents[3] / "services"
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
        personal=sealed(Personal(customer=phone, name=name, phone=phone, email=email)),
    )
    bench = Bench()
    store = MemoryDedupStore()
    real = DedupHandler(
        store,
        KEYS,
        always(load_policy()),
        ManualClock(),
        {IN: topics.DEDUPLICATED.name},
    )
    bench.broker.make_topic(topics.DEDUPLICATED.name, 1)

    class Fragile:
        trouble: Exception | None = None

        def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
            if self.trouble is not None:
                raise self.trouble
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
    told = [one for one in lines(written) if one["message"] == "dead letter"]
    assert {one["reason"] for one in told} == {"conflicting", "malformed", "handler_error"}
    assert all({"topic", "partition", "offset", "rule"} <= one.keys() for one in told)
    # Even of a record that is cut off in the middle it is known which contact it was.
    assert {one["contact"] for one in told} == {contact.contact_id}
    by_reason = {one["reason"]: one for one in told}
    assert by_reason["conflicting"]["case"] == identity.case_id_of("default", contact.contact_id)
    broke = next(one for one in lines(written) if one["message"].startswith("a record breaks"))
    assert broke["contact"] == contact.contact_id
    for canary in CANARIES:
        assert canary not in written.getvalue()
        assert json.dumps(canary)[1:-1] not in written.getvalue()


def fields_told(path: Path) -> Iterator[str]:
    """Yield each field that the lines of one module hand over, and fail where it cannot tell."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in ast.walk(function):
            if not (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and ast.unparse(call.func.value) == "logger"
            ):
                continue
            for extra in (one.value for one in call.keywords if one.arg == "extra"):
                # What has a name was put together in the same function.
                within = function if isinstance(extra, ast.Name) else extra
                yield from keys_within(within)


def keys_within(node: ast.AST) -> Iterator[str]:
    """Yield the keys of the dictionaries that stand in ``node``, or are set in it by name."""
    for part in ast.walk(node):
        match part:
            case ast.Dict():
                for key in part.keys:
                    assert isinstance(key, ast.Constant), "a field is named by a word"
                    yield str(key.value)
            case ast.Subscript(slice=ast.Constant(value=str(key)), ctx=ast.Store()):
                yield key


def test_no_field_that_a_line_is_given_is_dropped() -> None:
    told = {
        (str(path.relative_to(SERVICES)), field)
        for path in sorted(SERVICES.rglob("*.py"))
        for field in fields_told(path)
    }
    named = place_of(Inbound("in", 0, 7, "id", None, None)).keys()
    assert {one for one in told if one[1] not in FIELDS} == set()
    assert named <= set(FIELDS)
    assert {("runtime/deadletters.py", "rule"), ("adapters/database_clock.py", "seconds")} <= told


CONTACT, CASE = "a2" * 13, "C0123456789ABCDEF"


@pytest.mark.parametrize(
    ("key", "value", "ids"),
    [
        (b"t|C0123456789ABCDEF", None, {"case": CASE}),
        (b"t|hint", f'{{"contact_id": "{CONTACT}", "text'.encode(), {"contact": CONTACT}),
        (None, f'{{"case_id":"{CASE}","command_id":"{CONTACT}"'.encode(), {
            "case": CASE,
            "command": CONTACT,
        }),
        # The first of a record is its own; those it mentions come after.
        (None, f'{{"case_id":"{CASE}","other":{{"case_id":"C{"9" * 16}"}}'.encode(), {
            "case": CASE,
        }),
        # What stands in an id's place and is none of ours may be anything.
        (b"t|13800138000", b'{"contact_id":"13800138000","case_id":"SF1387654321098"}', {}),
        # A text that quotes a record is not read as one.
        (None, json.dumps({"text": f'"contact_id":"{CONTACT}"'}).encode(), {}),
        (None, b" " * 70_000 + f'{{"contact_id":"{CONTACT}"}}'.encode(), {}),
        (None, b"\xff\x00", {}),
    ],
)  # fmt: skip
def test_a_record_is_named_by_its_ids_as_far_as_they_can_be_read(
    key: bytes | None, value: bytes | None, ids: dict[str, str]
) -> None:
    place = {"topic": "in", "partition": 3, "offset": 7}
    assert place_of(Inbound("in", 3, 7, "id", key, value)) == place | ids
