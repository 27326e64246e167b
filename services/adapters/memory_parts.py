"""Parts of short messages in memory: the twin of :mod:`services.adapters.mongo_parts`."""

from dataclasses import replace
from datetime import datetime

from services.adapters.memory_hooks import Hooked
from services.domain.part_store import Fate, Put, Taken, WaitingMessage, name_of


class MemoryPartStore(Hooked):
    """The PartStore port; what is stored can be looked at in ``messages``."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, WaitingMessage] = {}
        self._known: dict[str, datetime] = {}
        self._taken: dict[str, tuple[Taken, datetime]] = {}

    def put(self, message: WaitingMessage, since: datetime) -> Put:
        """See the port."""
        with self._operation("put"):
            (part,) = message.parts
            stands = self.messages.get(message.key)
            until = self._known.get(name_of(message.key, part))
            if until is not None and message.begun_at < until:
                return Put(Fate.HANDED_ON, stands)
            if stands is None:
                self.messages[message.key] = message
                return Put(Fate.KEPT, message)
            if stands.is_closed or stands.begun_at <= since:
                return Put(Fate.IN_THE_WAY, stands)
            there = {one.piece.number: one.digest for one in stands.parts}
            if there.get(part.piece.number, part.digest) != part.digest:
                return Put(Fate.IN_THE_WAY, stands)
            if part.piece.number not in there:
                parts = sorted([*stands.parts, part], key=lambda one: one.piece.number)
                stands = self.messages[message.key] = replace(stands, parts=tuple(parts))
            return Put(Fate.KEPT, stands)

    def oldest(self, until: datetime, after: datetime | None, limit: int) -> list[WaitingMessage]:
        """See the port."""
        with self._operation("oldest"):
            found = [
                one
                for one in self.messages.values()
                if one.begun_at <= until and (after is None or one.begun_at > after)
            ]
            return sorted(found, key=lambda one: one.begun_at)[:limit]

    def close(self, message: WaitingMessage) -> WaitingMessage | None:
        """See the port."""
        with self._operation("close"):
            found = self.messages.get(message.key)
            if found is None or not _is_same(found, message):
                return None
            closed = self.messages[message.key] = replace(found, is_closed=True)
            return closed

    def hand_on(self, message: WaitingMessage, until: datetime) -> None:
        """See the port."""
        with self._operation("hand_on"):
            self._known |= {name_of(message.key, one): until for one in message.parts}
            own, before = Taken.of(message), self._taken.get(message.key)
            if not message.is_whole and (before is None or not before[0].lacks(own)):
                self._taken[message.key] = own, until
            found = self.messages.get(message.key)
            if found is not None and _is_same(found, message):
                del self.messages[message.key]

    def taken(self, key: str, now: datetime) -> Taken | None:
        """See the port."""
        with self._operation("taken"):
            found = self._taken.get(key)
            return found[0] if found is not None and now < found[1] else None


def _is_same(one: WaitingMessage, other: WaitingMessage) -> bool:
    return (one.begun_at, one.begun_by) == (other.begun_at, other.begun_by)
