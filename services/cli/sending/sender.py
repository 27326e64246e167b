"""Many requests at a time over connections that stay open, with patience for outages."""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from typing import Final

from services.cli.sending.connection import Answer, Post, Unreachable
from services.cli.sending.lines import BadLine, Sendable
from services.cli.sending.tally import Display, Tally

PATIENCE_SECONDS: Final = 60.0
"""How long the API may be away before the send gives up; what is sent stays sent."""
_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 5.0
_NOT_OURS: Final = frozenset({401, 403, 404, 405, 421})
"""Answers that no other line would change: wrong key, wrong server."""


class SendFailed(Exception):
    """It makes no sense to go on; the message says why."""


class Sender:
    """Feeds lines to one API. ``rate`` is contacts per second, None as fast as it goes."""

    def __init__(self, post: Post, tally: Tally, display: Display, rate: float | None) -> None:
        self._post = post
        self._tally = tally
        self._display = display
        self._rate = rate
        self._started = 0

    async def send(self, lines: Iterator[Sendable | BadLine], concurrency: int) -> None:
        """Send all lines.

        Raises:
            SendFailed: the API is away for too long, or it is not one that takes contacts.
        """
        failed: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(concurrency):
                    group.create_task(self._work(lines))
        except* SendFailed as failures:
            failed = failures.exceptions[0]
        # Raised in there it would be in a group again, by some releases of Python 3.11.
        if failed is not None:
            raise failed

    async def _work(self, lines: Iterator[Sendable | BadLine]) -> None:
        for line in lines:
            if isinstance(line, BadLine):
                self._display.refuse(line)
                continue
            await self._wait_for_turn()
            await self._send_one(line)
            self._display.update()

    async def _wait_for_turn(self) -> None:
        if self._rate is None:
            return
        due = self._tally.begun + self._started / self._rate
        self._started += 1
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)

    async def _send_one(self, line: Sendable) -> None:
        deadline, wait = time.monotonic() + PATIENCE_SECONDS, _FIRST_WAIT
        while True:
            try:
                answer = await self._post(line.body)
            except Unreachable as error:
                trouble, asked_wait = str(error), 0.0
            else:
                if answer.status not in (429, 503):
                    self._settle(line, answer)
                    return
                trouble, asked_wait = f"status {answer.status}", answer.retry_after
            if time.monotonic() > deadline:
                raise SendFailed(
                    f"the API did not take contacts for {PATIENCE_SECONDS:.0f} s ({trouble})"
                )
            self._tally.retries += 1
            await asyncio.sleep(max(min(asked_wait, _LONGEST_WAIT), wait * random.uniform(0.5, 1)))
            wait = min(wait * 2, _LONGEST_WAIT)

    def _settle(self, line: Sendable, answer: Answer) -> None:
        if answer.status == 202:
            self._tally.accept(line.number, json.loads(answer.body))
            return
        field, rule, message = _problem(answer)
        if answer.status in _NOT_OURS:
            raise SendFailed(f"the API answers {answer.status}: {message}")
        self._display.refuse(BadLine(line.number, field, rule, message))


def _problem(answer: Answer) -> tuple[str, str, str]:
    try:
        body = json.loads(answer.body)
        return str(body["field"]), str(body["rule"]), str(body["message"])
    except (ValueError, KeyError, TypeError):
        return "", f"status_{answer.status}", "refused without a reason"
