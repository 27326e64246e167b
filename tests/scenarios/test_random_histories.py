"""Random histories through the real handlers: whatever people do, the clocks add up.

After each step the world compares timers, state and history; here the sums are looked at too.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from schemas.vocabulary import CommandKind
from services.domain.calendars.worktime import worked
from services.domain.clocks.attribution import attribute, whole_minutes
from services.domain.clocks.deadlines import strand_due
from services.domain.clocks.history import CaseHistory
from services.domain.clocks.limits import WORKING_TIME
from tests.scenarios.language import START, TEXTS
from tests.scenarios.terms import Book, Written
from tests.scenarios.world import World

SENTENCES = (
    "the law gives 15 days, extendable by 15",
    "acknowledgement takes 4h of cn-hotline time, climbs after 2h, 5h",
    "next update takes 6h of cn-office time, paused for customer",
    "resolution takes 12h of cn-office time, paused for customer and authority, "
    "climbs after 2h, 4h of cn-hotline time, extendable by 6h",
    "resolution takes 6h of cn-hotline time at level 4, paused for customer, climbs after 1h",
    "team takes 5h of own time, paused for customer and partner",
    "partner takes 4h of partner-gb time",
    "front-desk works cn-hotline time",
)
WAITED_FOR = ("customer", "partner:yto", "partner:gb", "authority:12305")


def a_world() -> World:
    written = Written()
    for sentence in SENTENCES:
        assert written.read(sentence), sentence
    book = Book(written)
    other = written.but("B")
    assert other.read("resolution takes 20h of cn-hotline time, paused for authority")
    book.know(other)
    world = World(book, START + timedelta(days=1, hours=9))
    world.contact(TEXTS["1"])
    return world


def somebody_acts(chance: Random, world: World) -> None:
    """Anything that people do; what the case refuses changes nothing."""
    back = timedelta(minutes=chance.choice((0, 0, 0, 2, 90)))
    accepted = max(world.clock.now() - back, world.changes[0].at)
    received = world.clock.now() - timedelta(minutes=chance.choice((0, 0, 45, 4000)))

    def act(kind: CommandKind, **fields: Any) -> Callable[[], object]:
        return lambda: world.act(kind, accepted, **fields)

    clock = chance.choice(("statutory", "resolution"))
    chance.choice(
        (
            act(CommandKind.ACKNOWLEDGE),
            act(CommandKind.NOTE, note="看过了"),
            act(CommandKind.INVESTIGATE),
            act(CommandKind.WAIT, waiting_for=chance.choice(WAITED_FOR), note="等材料"),
            act(CommandKind.WAIT, waiting_for=chance.choice(WAITED_FOR), note="等材料"),
            act(CommandKind.RESUME),
            act(CommandKind.RESUME),
            act(
                CommandKind.TRANSFER,
                unit=f"team:{chance.choice(('claims', 'delivery', 'front-desk'))}",
                note="转交",
            ),
            act(CommandKind.TRANSFER, unit=chance.choice(WAITED_FOR[1:3]), note="转交"),
            act(CommandKind.RESOLVE, note="已送到"),
            act(CommandKind.REOPEN, note="未解决"),
            act(
                CommandKind.EXTEND,
                clock=clock,
                amount=chance.randrange(1, 5),
                reason="查找",
                note="还需要时间",
            ),
            act(
                CommandKind.REBASE,
                actor="system",
                policies=world.policies(chance.choice("AB")),
                reason="new hours",
            ),
            lambda: world.contact(TEXTS[chance.choice("1124")], received),
            lambda: world.contact(TEXTS["1"], received, "bob"),
        )
    )()


@pytest.mark.parametrize("seed", range(12))
def test_in_every_history_clocks_agree_and_minutes_sum_exactly(seed: int) -> None:
    chance, world = Random(seed), a_world()
    for _ in range(chance.randrange(5, 25)):
        somebody_acts(chance, world)
        world.move_to(world.clock.now() + timedelta(seconds=chance.randrange(0, 40_000)))
        world.check()
    world.check_independently()
    history = CaseHistory.of(world.changes, world.book)
    now = world.clock.now()
    for strand in history.ledger.strands:
        _, terms = history.went_by[strand.clock, strand.run]
        found = attribute(history.ledger, strand, now, terms.calendar)
        start = history.ledger.start_of(strand)
        end = max(start, min(strand.stopped_at or now, now))
        due = strand_due(history.ledger, strand, terms.calendar)
        is_working = strand.limit.unit in WORKING_TIME
        calendar = terms.calendar(strand.limit.calendar if is_working else "always")
        pauses = history.ledger.pauses_of(strand)
        used = worked(calendar, start, end, pauses)
        over = timedelta() if due is None else worked(calendar, due, end, pauses)
        for parts, total in ((found.used, used), (found.overdue, over)):
            assert sum(parts.values(), timedelta()) == total
            assert sum(whole_minutes(parts).values()) == total // timedelta(minutes=1)
