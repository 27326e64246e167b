"""Sending: patience with outages, no patience with the wrong server."""

import asyncio
import json
from collections.abc import Callable, Iterable

import httpx
import pytest

from services.cli.sending import sender as sender_module
from services.cli.sending.lines import sendables
from services.cli.sending.sender import Sender, SendFailed
from services.cli.sending.tally import Display, Tally

Answering = Callable[[httpx.Request], httpx.Response]


def accepted(request: httpx.Request) -> httpx.Response:
    return httpx.Response(202, json={"tracking": json.loads(request.content)["id"]})


def feed(answering: Answering, lines: Iterable[str], rate: float | None = None) -> Tally:
    tally = Tally()

    async def run() -> None:
        transport = httpx.MockTransport(answering)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            raw = sendables(line.encode() for line in lines)
            await Sender(client, tally, Display(tally, None), rate).send(raw, concurrency=4)

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
    troubles = iter([503, 429, 503])

    def shaky(request: httpx.Request) -> httpx.Response:
        trouble = next(troubles, None)
        if trouble is None:
            return accepted(request)
        if trouble == 429:
            raise httpx.ConnectError("away")
        return httpx.Response(trouble, headers={"Retry-After": "1"})

    tally = feed(shaky, lines(10))
    assert (tally.accepted, tally.retries) == (10, 3)


def test_a_refused_line_is_reported_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def picky(request: httpx.Request) -> httpx.Response:
        if b'"a1"' not in request.content:
            return accepted(request)
        problem = {"error": "invalid", "field": "text", "rule": "blank", "message": "only blanks"}
        return httpx.Response(422, json=problem)

    tally = feed(picky, lines(3))
    assert (tally.accepted, tally.refused) == (2, 1)
    assert capsys.readouterr().err == "line 2: text: only blanks (blank)\n"


def test_an_api_that_stays_away_ends_the_send() -> None:
    with pytest.raises(SendFailed, match="did not take contacts"):
        feed(lambda _: httpx.Response(503), lines(3))


@pytest.mark.parametrize("status", [401, 404, 421])
def test_a_server_that_would_refuse_every_line_ends_the_send(status: int) -> None:
    with pytest.raises(SendFailed, match=str(status)):
        feed(lambda _: httpx.Response(status, text="<html>"), lines(3))


def test_the_rate_is_kept() -> None:
    tally = feed(accepted, lines(11), rate=100)
    assert tally.seconds >= 0.1
