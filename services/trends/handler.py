"""What happens to one record of counts: surges and dead letters are sent, then it is counted.

Knows nothing of faust: :class:`Taker` is given a ``send`` that returns when the broker has it.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.keys import hub_key
from schemas.trends import ContactsCounted
from services.domain.clock import Clock
from services.runtime.deadletters import tell, to_dead_letter
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound
from services.trends.logic import Watch
from services.trends.policy import TrendsPolicy

logger: Final = logging.getLogger(__name__)

WORKER: Final = "trends"
CODE_VERSION: Final = "0.1.0"
Send = Callable[[Outbound], Awaitable[object]]
Tell = Callable[[Sequence[Inbound], Handled, float, float, datetime], None]
"""``PrometheusMetrics.batch``: records, results, seconds to decide and to send, the time."""


class Taker:
    """Takes records one after the other; one watch per partition that is served."""

    def __init__(self, policy: TrendsPolicy, clock: Clock, tell: Tell, surges: str) -> None:
        self._policy = policy
        self._clock = clock
        self._tell = tell
        self._surges = surges
        self._watches: dict[int, Watch] = {}

    def assigned(self, partitions: Iterable[int]) -> None:
        """Forget partitions that others serve now: what they count there is not known here."""
        kept = set(partitions)
        self._watches = {number: one for number, one in self._watches.items() if number in kept}

    async def take(self, inbound: Inbound, send: Send) -> None:
        """Process ``inbound`` and return when all that follows from it is with the broker."""
        begun = self._clock.monotonic()
        handled = self._decide(inbound)
        decided = self._clock.monotonic()
        for letter in handled.dead:
            tell(letter)
            await send(to_dead_letter(letter, WORKER, self._clock.now(), CODE_VERSION))
        for record in handled.outbound:
            await send(record)
        sent = self._clock.monotonic()
        self._tell([inbound], handled, decided - begun, sent - decided, self._clock.now())

    def _decide(self, inbound: Inbound) -> Handled:
        handled = Handled()
        try:
            counted = decode(ContactsCounted, inbound.value)
        except MalformedRecordError as error:
            handled.dead.append(
                DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
            )
            return handled
        watch = self._watches.setdefault(inbound.partition, Watch(self._policy))
        outcome, surge = watch.add(counted)
        handled.outcomes[outcome] += 1
        if surge is not None:
            logger.warning("surge", extra={"reason": f"{surge.category} x{surge.ratio:g}"})
            key = hub_key(surge.tenant, surge.hub)
            handled.outbound.append(Outbound(self._surges, key, encode(surge)))
        return handled
