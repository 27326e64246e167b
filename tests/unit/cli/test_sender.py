"""Sending: patience with outages, no patience with the wrong server."""

import asyncio
import json
from collections.abc import Callable, Iterable

import pytest

from services.cli.sending import sender as sender_module
from services.cli.sending.connection import Answer, Unreachable
from services.cli.sending.lines import sendables
from services.cli.sending.sender import Sender, SendFailed
from services.cli.sending.tally import Display, Tally

Answering = Callable[[bytes], Answer]


def accepted(body: bytes) -> Answer:
    return Answer(202, json.dumps({"tracking": json.loads(body)["id"]}).encode())


def feed(answering: Answering, lines: Iterable[str], rate: float | None = None) -> Tally:
    tally = Tally()

    async def post(body: bytes) -> Answer:
        await asyncio.sleep(0)
        return answering(body)

    async def run() -> None:
        raw = sendables(line.encode() for line in lines)
        await Sender(post, tally, Display(tally, None), rate).send(raw, concurrency=4)

    asyncio.run(run())
    return tally


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "_FIRST_WAIT", 0.001)
    monkeypatch.setattr(sender_module, "_LONGEST_WAIT", 0.01)
    monkeypatch.setattr(sender_module, "PATIENCE_SECONDS", 0.5)


def lines(count: int) -> list[str]:
    return [json.dumps({"id": f"a{number}"}) for number in range(count)]


def test_everything_is_sent_and_the_first_lines_answer_is_kept() -> None:
    tally = feed(accepted, lines(50))
    assert (tally.accepted, tally.refused, tally.retries) == (50, 0, 0)
    assert tally.first == {"tracking": "a0"}


def test_outages_are_waited_out_and_nothing_is_left_behind() -> None:
    troubles = iter([Answer(503, b"", retry_after=1), None, Answer(429, b"")])

    def shaky(body: bytes) -> Answer:
        try:
            trouble = next(troubles)
        except StopIteration:
            return accepted(body)
        if trouble is None:
            raise Unreachable("ConnectionRefusedError")
        return trouble

    tally = feed(shaky, lines(10))
    assert (tally.accepted, tally.retries) == (10, 3)


def test_a_refused_line_is_reported_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def picky(body: bytes) -> Answer:
        if b'"a1"' not in body:
            return accepted(body)
        problem = {"error": "invalid", "field": "text", "rule": "blank", "message": "only blanks"}
        return Answer(422, json.dumps(problem).encode())

    tally = feed(picky, lines(3))
    assert (tally.accepted, tally.refused) == (2, 1)
    assert capsys.readouterr().err == "line 2: text: only blanks (blank)\n"


def test_an_api_that_stays_away_ends_the_send() -> None:
    with pytest.raises(SendFailed, match="did not take contacts"):
        feed(lambda _: Answer(503, b""), lines(3))


@pytest.mark.parametrize("status", [401, 404, 421])
def test_a_server_that_would_refuse_every_line_ends_the_send(status: int) -> None:
    with pytest.raises(SendFailed, match=str(status)):
        feed(lambda _: Answer(status, b"<html>"), lines(3))


def test_the_rate_is_kept() -> None:
    tally = feed(accepted, lines(11), rate=100)
    assert tally.seconds >= 0.1
