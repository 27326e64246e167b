"""Plays the day through the front door, as fast as asked, and says what time of day it is."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from services.cli.demo.day import DAY_SECONDS, Moment, clock_words, half_hours
from services.cli.sending.connection import Post
from services.cli.sending.sender import Sender
from services.cli.sending.tally import Display, Tally

_BAR: Final = 24


class Player:
    """One play of ``day``, a whole day in so many ``minutes``.

    One contact at a time: who writes again must not be heard before he wrote first. After an outage
    of the API the day goes on where it was, faster until it is where it should be.
    """

    def __init__(
        self, day: Sequence[Moment], minutes: float, post: Post, say: Callable[[str], None]
    ) -> None:
        self._day = day
        self._scale = minutes * 60 / DAY_SECONDS
        self._say = say
        self._began = 0.0
        self.tally = Tally()
        self._sender = Sender(post, self.tally, _Silent(self.tally, len(day)), None)

    async def play(self) -> None:
        """Send each contact at its moment; return when the day is over.

        Raises:
            SendFailed: the API is away for too long, or is not ours.
        """
        self._began = time.monotonic()
        last = 0.0
        for moment in self._day:
            await self._tell_the_time(last, moment.at)
            last = moment.at
            await self._until(moment.at)
            if moment.scene:
                self._tell(moment.at, moment.scene)
            await self._sender.send(iter([moment.contact]), concurrency=1)
        await self._tell_the_time(last, DAY_SECONDS)

    async def _tell_the_time(self, after: float, until: float) -> None:
        for at in half_hours(after, until):
            await self._until(at)
            done = round(_BAR * at / DAY_SECONDS)
            bar = "▇" * done + "·" * (_BAR - done)
            self._tell(at, f"{bar} {self.tally.accepted} of {len(self._day)} contacts")

    async def _until(self, at: float) -> None:
        wait = self._began + at * self._scale - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)

    def _tell(self, at: float, words: str) -> None:
        self._say(f"demo {clock_words(at)}  {words}")


class _Silent(Display):
    """The time of day is the progress; only what is refused is said here."""

    def update(self) -> None:
        """Say nothing."""
