"""Looks at every worker and at Kafka every few seconds, for as long as the console runs."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx

from services.console.ages import read_ages
from services.console.sampling import (
    Look,
    OpenLetters,
    Point,
    Series,
    Waiting,
    letters_of,
    point_of,
    read_counters,
    read_detail,
)
from services.console.targets import Targets
from services.domain.clock import Clock
from services.domain.errors import OutageError

logger: Final = logging.getLogger(__name__)

EVERY_SECONDS: Final = 3.0
_ANSWER_SECONDS: Final = 2.0
MINUTE: Final = round(60 / EVERY_SECONDS)
"""So many looks back is a minute ago."""
AWAY: Final = Look(False, "")
ReadLag = Callable[[datetime], dict[str, Waiting]]


class Watch:
    """Fills a :class:`Series`; :meth:`run` until cancelled."""

    def __init__(
        self,
        targets: Targets,
        client: httpx.AsyncClient,
        read_lag: ReadLag,
        clock: Clock,
        api_key: str = "",
    ) -> None:
        self._targets = targets
        # Only the API asks for a key, so only the API is shown it.
        self._headers = {"api": {"Authorization": f"Bearer {api_key}"}} if api_key else {}
        self._client = client
        self._read_lag = read_lag
        self._clock = clock
        self._before: dict[str, deque[list[Look]]] = {
            name: deque(maxlen=MINUTE) for name in targets
        }
        self._looked_at = 0.0
        self.kafka_answers = True
        self.letters: OpenLetters | None = None
        self.series = Series(list(targets))

    async def run(self) -> None:
        """Look again and again; what goes wrong once is logged and tried again."""
        while True:
            begun = self._clock.monotonic()
            try:
                await self.look()
            except Exception:  # the plots of a running system must not end with one bad answer
                logger.exception("a look at the workers failed")
            await asyncio.sleep(max(0.2, EVERY_SECONDS - (self._clock.monotonic() - begun)))

    async def look(self) -> None:
        """Look once."""
        names = list(self._targets)
        asking = asyncio.create_task(self._waiting())
        looks = await asyncio.gather(*(self._copies(name) for name in names))
        waiting = await asking
        seconds = self._clock.monotonic() - self._looked_at
        self._looked_at += seconds
        points: dict[str, Point] = {}
        for name, copies in zip(names, looks, strict=True):
            before = self._before[name]
            latest, first = (before[-1], before[0]) if before else (None, None)
            points[name] = point_of(latest, copies, seconds, waiting.get(name), first)
            before.append(copies)
        self.letters = letters_of(copy for copies in looks for copy in copies)
        self.series.add(self._clock.now(), points)

    async def _copies(self, name: str) -> list[Look]:
        return list(await asyncio.gather(*(self._copy(name, url) for url in self._targets[name])))

    async def _copy(self, name: str, url: str) -> Look:
        headers = self._headers.get(name)
        try:
            ready, metrics = await asyncio.gather(
                self._client.get(f"{url}/readyz", headers=headers, timeout=_ANSWER_SECONDS),
                self._client.get(f"{url}/metrics", headers=headers, timeout=_ANSWER_SECONDS),
            )
        except (httpx.HTTPError, AttributeError):
            # The latter is anyio's word for a socket that was closed while it was opened.
            return AWAY
        told = metrics.text if metrics.status_code == 200 else None
        return Look(
            ready.status_code == 200,
            read_detail(ready.text),
            {} if told is None else read_counters(told),
            {} if told is None else read_ages(told),
        )

    async def _waiting(self) -> dict[str, Waiting]:
        try:
            waiting = await asyncio.to_thread(self._read_lag, self._clock.now())
        except OutageError:
            self.kafka_answers = False
            return {}
        self.kafka_answers = True
        return waiting
