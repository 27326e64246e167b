"""Dedup without a log: contacts go in, decisions come out."""

from itertools import count
from typing import Final

from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.keys import locality_key
from services.adapters.memory_dedup import MemoryDedupStore
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.runtime.records import Handled, Inbound
from services.runtime.watching import always
from tests.support.builders import KEYS, NOON

TOPIC: Final = "complaints.received.v1"


class AClock:
    """Time that a test moves."""

    def now(self):  # type: ignore[no-untyped-def]
        return NOON

    def monotonic(self) -> float:
        return 0.0


class Desk:
    """A dedup handler over a memory store, fed by contacts."""

    def __init__(self, store: MemoryDedupStore | None = None) -> None:
        self.store = store or MemoryDedupStore()
        self.handler = DedupHandler(
            self.store, KEYS, always(load_policy()), AClock(), {TOPIC: "out"}
        )
        self._offsets = count()

    def record(self, contact: ContactReceived, partition: int = 0) -> Inbound:
        key = locality_key(contact.tenant, contact.contact_id)
        return Inbound(TOPIC, partition, next(self._offsets), "tid", key, encode(contact))

    def take(self, *contacts: ContactReceived) -> list[ContactDeduplicated]:
        return decided(self.handler.handle([self.record(contact) for contact in contacts], {}))


def decided(handled: Handled) -> list[ContactDeduplicated]:
    return [decode(ContactDeduplicated, out.value) for out in handled.outbound]
