"""Stretches of text that everybody writes are asked for once, and say nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from schemas.contacts import ContactReceived
from services.adapters.memory_dedup import MemoryDedupStore
from services.domain.dedup_store import SIGHTS_PER_HASH, Lookup, Sight
from tests.support.builders import NOON, a_contact
from tests.support.dedup_desk import Desk

STORM = "暴雨之后一直停在雨花台转运中心没有动静,请尽快安排配送"
ITEM = "寄给外婆的靛蓝粗陶茶盏缺了一角,请照价赔偿"


class AskedStore(MemoryDedupStore):
    """Notes what was looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[set[tuple[str, Lookup]]] = []

    def sights(
        self, wanted: Iterable[tuple[str, Lookup]], since: datetime
    ) -> Mapping[tuple[str, Lookup], Sequence[Sight]]:
        self.asked.append(set(wanted))
        return super().sights(self.asked[-1], since)


def a_stranger(number: int, text: str, days: float = 0.0) -> ContactReceived:
    when = NOON + timedelta(days=days)
    return a_contact(
        f"c{number}", customer=f"cust-{number}", waybill=None, text=text, received_at=when
    )


def a_storm(desk: Desk, count: int) -> None:
    for number in range(count):
        desk.take(a_stranger(number, STORM))


def hashes(asked: set[tuple[str, Lookup]]) -> set[Lookup]:
    return {lookup for _, lookup in asked if isinstance(lookup, int)}


def test_what_everybody_writes_is_no_longer_asked_for() -> None:
    store = AskedStore()
    desk = Desk(store)
    a_storm(desk, SIGHTS_PER_HASH + 2)
    finding = {lookup for row in store.contacts.values() for lookup in row.lookups}
    assert hashes(store.asked[0]) & finding
    assert not hashes(store.asked[-1]) & finding
    assert len([lookup for _, lookup in store.asked[-1] if isinstance(lookup, str)]) == 1


def test_rare_words_are_still_asked_for_in_a_storm() -> None:
    store = AskedStore()
    desk = Desk(store)
    a_storm(desk, SIGHTS_PER_HASH + 2)
    desk.take(a_stranger(900, STORM + ITEM))
    assert hashes(store.asked[-1])


def test_a_day_later_it_is_asked_for_again() -> None:
    store = AskedStore()
    desk = Desk(store)
    a_storm(desk, SIGHTS_PER_HASH + 2)
    desk.take(a_stranger(901, STORM, days=1.5))
    assert hashes(store.asked[-1])


def test_nobody_joins_or_is_suggested_for_the_words_of_a_storm() -> None:
    desk = Desk()
    a_storm(desk, SIGHTS_PER_HASH + 2)
    (new,) = desk.take(a_stranger(902, STORM))
    assert (str(new.relation), new.perhaps) == ("new", ())
