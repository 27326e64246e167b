"""Long short messages, which come in parts, are one contact each: whole, once, and by themselves
after a while."""

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from services.api.parted_sms import KNOWN_FOR, look
from services.domain.errors import OutageError
from services.domain.sms_parts import GAP
from tests.support.api_desk import Desk
from tests.support.builders import TENANT, VAULT
from tests.unit.api.provider_desk import NOTICE, a_provider_desk, contacts, post

WORDS = [
    "快件单号SF1302847561029，三天没动了，",
    "客服电话打不通，站点也没人接，",
    "请尽快处理，谢谢",
]
TEXT = "".join(WORDS)
NAMES = count()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_provider_desk() as made:
        made.pipeline.workers_are_away = False
        yield made


def part(desk: Desk, number: int, words: str | None = None, **how: Any) -> httpx.Response:
    """Hand in a part of TEXT, or with other words, under a signature that was never seen."""
    octets = (WORDS[number - 1] if words is None else words).encode("utf-16-be")
    form = {
        "id": f"p{number}",
        "sender": "13900139000",
        "receiver": "95338",
        "reference": "8.7",
        "total": len(WORDS),
        "number": number,
        "octets": base64.b64encode(how.pop("octets", octets)).decode(),
    } | how
    body = json.dumps(form).encode()
    return post(desk, "/v1/inbound/sms/sms/parts", body, message=f"m{next(NAMES)}")


def taken(answer: httpx.Response) -> str:
    assert answer.status_code == 202, answer.text
    return str(answer.json()["taken_as"])


def looked(desk: Desk) -> int:
    """Let the pass look now."""
    return asyncio.run(look(desk.app.state.context, "this copy"))


# ------------------------------------------------------------------ whole


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_parts_become_one_contact_in_whatever_order_they_come(
    desk: Desk, order: tuple[int, ...]
) -> None:
    begun = desk.clock.now()
    assert [taken(part(desk, number)) for number in order] == ["part", "part", "contact"]
    (contact,) = contacts(desk)
    assert contact.text == TEXT
    assert contact.received_at == begun
    assert contact.personal is not None
    assert VAULT.open(contact.tenant, contact.personal).phone == "13900139000"
    assert desk.pipeline.parts.messages == {}


def test_a_sign_that_was_cut_between_two_parts_is_whole(desk: Desk) -> None:
    octets = "箱子湿了📦".encode("utf-16-be")
    part(desk, 1, octets=octets[:10], total=2)
    part(desk, 2, octets=octets[10:], total=2)
    assert contacts(desk)[0].text == "箱子湿了📦"


def test_two_people_who_use_one_reference_are_not_mixed(desk: Desk) -> None:
    for number in (1, 2, 3):
        for sender in ("13900139000", "13700137000"):
            part(desk, number, sender=sender)
    assert [one.text for one in contacts(desk)] == [TEXT, TEXT]
    assert len({one.contact_id for one in contacts(desk)}) == 2


def test_a_reply_in_parts_is_a_contact_of_the_case_of_its_notice(desk: Desk) -> None:
    answers = [taken(part(desk, n, sender="13800138000")) for n in (1, 2, 3)]
    assert answers[-1] == "reply"
    assert contacts(desk)[0].reply_to == desk.pipeline.sends.decided[NOTICE].case_id


# ------------------------------------------------------------------ once


@pytest.mark.parametrize("again", [1, 3])
def test_a_part_that_comes_again_after_the_whole_begins_nothing(desk: Desk, again: int) -> None:
    for number in (1, 2, 3):
        part(desk, number)
    desk.clock.advance(20 * 3600)
    assert taken(part(desk, again)) == "absorbed"
    assert len(contacts(desk)) == 1
    assert desk.pipeline.parts.messages == {}


def test_a_copy_that_died_after_publishing_leaves_one_contact(desk: Desk) -> None:
    def dies(name: str) -> None:
        if name == "hand_on":
            raise OutageError("mongodb", "the copy died here")

    desk.pipeline.parts.before = dies
    part(desk, 1)
    part(desk, 2)
    assert part(desk, 3).status_code == 503
    desk.pipeline.parts.before = lambda name: None
    assert taken(part(desk, 3)) == "absorbed"
    assert len(contacts(desk)) == 1, "it was known, and not handed on again"
    assert desk.pipeline.parts.messages == {}


def test_a_whole_that_kafka_did_not_take_comes_with_its_last_part_or_by_the_pass(
    desk: Desk,
) -> None:
    part(desk, 1)
    part(desk, 2)
    desk.pipeline.kafka_is_away = True
    assert part(desk, 3).status_code == 503
    desk.clock.advance(11 * 60)
    assert looked(desk) == 0
    desk.pipeline.kafka_is_away = False
    assert looked(desk) == 1
    assert [one.text for one in contacts(desk)] == [TEXT]
    assert taken(part(desk, 3)) == "absorbed"


def test_a_part_that_is_not_stored_is_not_taken(desk: Desk) -> None:
    def away(name: str) -> None:
        raise OutageError("mongodb", "away")

    desk.pipeline.parts.before = away
    assert part(desk, 1).status_code == 503


# ------------------------------------------------------------------ never whole


def test_what_never_came_is_marked_after_a_while(desk: Desk) -> None:
    part(desk, 3)
    desk.clock.advance(9 * 60)
    part(desk, 1)
    assert looked(desk) == 0
    desk.clock.advance(1 * 60)
    assert looked(desk) == 1
    (contact,) = contacts(desk)
    assert contact.text == f"{WORDS[0]}{GAP}{WORDS[2]}"
    assert desk.pipeline.parts.messages == {}
    assert looked(desk) == 0
    shown = desk.client.get("/metrics").text
    assert "complaints_api_sms_parts_missing_total 1.0" in shown


def test_a_late_part_joins_no_other_message(desk: Desk) -> None:
    part(desk, 1)
    part(desk, 2)
    desk.clock.advance(10 * 60)
    assert taken(part(desk, 3, "另外一条长短信的结尾")) == "part"
    assert [one.text for one in contacts(desk)] == [f"{WORDS[0]}{WORDS[1]}{GAP}"]
    desk.clock.advance(10 * 60)
    looked(desk)
    assert contacts(desk)[-1].text == f"{GAP}{GAP}另外一条长短信的结尾"


def test_a_reference_that_is_used_again_at_once_mixes_no_messages(desk: Desk) -> None:
    part(desk, 1)
    assert [taken(part(desk, n, f"第{n}句。")) for n in (1, 2, 3)] == ["part", "part", "contact"]
    assert [one.text for one in contacts(desk)] == [
        f"{WORDS[0]}{GAP}{GAP}",
        "第1句。第2句。第3句。",
    ]


def test_one_that_cannot_go_holds_up_no_other(desk: Desk) -> None:
    for number in range(130):
        part(desk, 1, sender=f"1390013{number:04}")
        desk.clock.advance(1)
    broken = desk.pipeline.parts.messages
    first = next(iter(broken))
    sender = broken[first].sender.model_copy(update={"data": "!"})
    broken[first] = replace(broken[first], sender=sender)
    desk.clock.advance(10 * 60)
    assert looked(desk) == 129
    assert list(desk.pipeline.parts.messages) == [first]
    overdue = desk.app.state.context.metrics.parts_overdue
    assert 129 <= overdue._value.get() <= 140
    desk.app.state.context.turns.take("sms_parts", "another copy", 60)
    desk.app.state.context.turns.give_back("sms_parts", "this copy")
    desk.app.state.context.turns.take("sms_parts", "another copy", 60)
    assert looked(desk) == overdue._value.get() == 0


def test_one_copy_of_the_api_looks_at_a_time(desk: Desk) -> None:
    part(desk, 1)
    desk.clock.advance(10 * 60)
    desk.app.state.context.turns.take("sms_parts", "another copy", 60)
    assert looked(desk) == 0
    desk.app.state.context.turns.give_back("sms_parts", "another copy")
    assert looked(desk) == 1


def test_the_waiting_time_is_a_setting() -> None:
    with a_provider_desk(sms_parts_minutes=2) as desk:
        part(desk, 1)
        desk.clock.advance(2 * 60)
        assert looked(desk) == 1


# ------------------------------------------------------------------ in whatever form


def test_what_waits_names_nobody_in_clear(desk: Desk) -> None:
    part(desk, 1)
    ((key, message),) = desk.pipeline.parts.messages.items()
    assert key.startswith(f"{TENANT}|k")
    assert "13900139000" not in repr(message) + key
    assert message.parts[0].digest.startswith("k")


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"number": 4}, "number"),
        ({"total": 1}, "total"),
        ({"total": 256}, "total"),
        ({"octets_": "é"}, "octets"),
    ],
)
def test_what_is_no_part_is_refused_with_its_field(
    desk: Desk, how: dict[str, Any], field: str
) -> None:
    form: dict[str, Any] = {"id": "p", "sender": "13900139000", "reference": "1", "total": 3}
    form |= {"number": 1, "octets": how.pop("octets_", "AAAA")} | how
    answer = post(desk, "/v1/inbound/sms/sms/parts", json.dumps(form).encode())
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_part_that_nobody_signed_is_refused(desk: Desk) -> None:
    answer = desk.client.post("/v1/inbound/sms/sms/parts", json={"id": "p"})
    assert answer.status_code == 401


def test_parts_are_known_for_longer_than_centres_try() -> None:
    assert timedelta(hours=48) <= KNOWN_FOR
