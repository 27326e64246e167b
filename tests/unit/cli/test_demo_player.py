"""Playing the day: in order, none early, on through an outage, with the time of day told."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence

import pytest

from services.cli.demo.day import DAY_SECONDS, Moment, read_day
from services.cli.demo.player import Player
from services.cli.sending import sender as sender_module
from services.cli.sending.connection import Answer, Unreachable
from services.cli.sending.lines import Sendable
from services.cli.sending.sender import SendFailed

SECONDS = 1.2
"""How long the played days take here."""


def accepted(body: bytes) -> Answer:
    return Answer(202, json.dumps({"tracking": json.loads(body)["id"]}).encode())


def a_moment(hour: float, name: str, scene: str = "") -> Moment:
    return Moment(int(hour * 3600), Sendable(1, json.dumps({"id": name}).encode()), scene)


def play(
    day: Sequence[Moment], answering: Callable[[bytes], Answer] = accepted
) -> tuple[list[tuple[float, str]], list[str]]:
    """Return who came when, in seconds since the begin, and what was told."""
    came: list[tuple[float, str]] = []
    said: list[str] = []

    async def post(body: bytes) -> Answer:
        await asyncio.sleep(0)
        answer = answering(body)
        came.append((time.monotonic() - begun, json.loads(body)["id"]))
        return answer

    begun = time.monotonic()
    asyncio.run(Player(day, SECONDS / 60, post, said.append).play())
    return came, said


def test_the_whole_day_is_sent_in_its_order() -> None:
    day = read_day()
    came, said = play(day)
    assert [name for _, name in came] == [json.loads(one.contact.body)["id"] for one in day]
    assert said[-1].endswith(f"{len(day)} of {len(day)} contacts")


def test_no_contact_comes_before_its_time() -> None:
    day = [a_moment(hour, f"a{hour}") for hour in (0, 6, 12, 12, 18)]
    came, _ = play(day)
    for moment, (at, _) in zip(day, came, strict=True):
        assert at >= moment.at * SECONDS / DAY_SECONDS


def test_the_time_of_day_and_the_scenes_are_told_as_they_come() -> None:
    _, said = play([a_moment(0, "a"), a_moment(1.2, "b", "it rains"), a_moment(1.3, "c")])
    assert [line.split()[1] for line in said[:4]] == ["06:30", "07:00", "07:12", "07:30"]
    assert said[2] == "demo 07:12  it rains"
    assert said[3].endswith("3 of 3 contacts")
    assert said[-1].startswith("demo 06:00 ")


def test_an_outage_is_waited_out_and_nobody_overtakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "_FIRST_WAIT", 0.001)
    troubles = iter([True, True, True])

    def shaky(body: bytes) -> Answer:
        if b"b" in json.loads(body)["id"].encode() and next(troubles, False):
            raise Unreachable("ConnectionRefusedError")
        return accepted(body)

    came, _ = play([a_moment(1, "a"), a_moment(2, "b"), a_moment(2, "c")], shaky)
    assert [name for _, name in came] == ["a", "b", "c"]


def test_a_server_that_is_not_ours_ends_the_day_with_the_reason() -> None:
    with pytest.raises(SendFailed, match="404"):
        play([a_moment(0, "a")], lambda body: Answer(404, b"{}"))
