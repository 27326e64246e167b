"""A change is told by one standing of its case: where the case went since changes nothing."""

from collections.abc import Iterable
from contextlib import suppress

import pytest

from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.notices import NoticeRequested
from schemas.vocabulary import ChangeKind, ClockName
from services.adapters.memory_notices import MemoryNoticeStore
from services.adapters.preferences import MemoryPreferences
from services.domain.notice_store import NoticeRow, Reach, Standing
from services.domain.teams import load_teams
from services.notification.handler import NoticeTopics, NotificationHandler, Rules, Stores
from services.notification.policy import load_policy
from services.runtime.records import Handled, Inbound
from services.runtime.watching import always
from tests.support.manual_clock import ManualClock
from tests.unit.notification.test_logic import a_change

WARNED = a_change(ChangeKind.CLOCK_WARNED, clock=ClockName.RESOLUTION)


class Directory:
    """The ContactDirectory port: every case stands where the test says."""

    def __init__(self, where: Standing) -> None:
        self.where = where

    def reaches(self, contact_keys: Iterable[str]) -> dict[str, Reach]:
        return {}

    def standings(self, case_keys: Iterable[str]) -> dict[str, Standing]:
        return dict.fromkeys(case_keys, self.where)


class Desk:
    """A handler over memory, which forgets nothing but what a process does."""

    def __init__(self, where: Standing) -> None:
        self.store = MemoryNoticeStore()
        self.directory = Directory(where)

    def take(self, change: CaseChanged, offset: int = 7) -> Handled:
        """Let a process of its own decide about a change."""
        return self.take_all((change, 0, offset))

    def take_all(self, *changes: tuple[CaseChanged, int, int]) -> Handled:
        """Let a process of its own decide about changes, each with its partition and offset."""
        handler = NotificationHandler(
            Stores(self.store, self.directory, MemoryPreferences()),
            always(Rules(load_policy(), load_teams())),
            ManualClock(),
            NoticeTopics("requested", "settled", "receipts", "changed"),
        )
        batch = [
            Inbound("changed", number, at, "t", case_key(one.tenant, one.case_id), encode(one))
            for one, number, at in changes
        ]
        return handler.handle(batch, {})


def told(handled: Handled) -> list[str]:
    values = [out.value for out in handled.outbound if out.topic == "requested"]
    return sorted(decode(NoticeRequested, value).recipient for value in values)


def test_a_replay_tells_those_who_had_the_case_when_it_was_decided() -> None:
    """Found by seed 2 of the whole path: between a death and the replay the case was escalated;
    the team of then was on record as told, and nobody told it."""
    desk = Desk(Standing(2, "claims", "clerk-201"))
    first = desk.take(WARNED)  # dies before it commits
    desk.directory.where = Standing(2, "senior-desk")
    again = desk.take(WARNED)
    assert told(first) == ["clerk:clerk-201", "team:claims"]
    assert sorted(again.outbound) == sorted(first.outbound)
    assert len(desk.store.notices) == 2


def test_what_was_not_stored_before_the_death_is_told_by_the_standing_of_then() -> None:
    desk = Desk(Standing(2, "claims", "clerk-201"))
    insert = desk.store.insert

    def insert_half(rows: list[NoticeRow]) -> dict[str, NoticeRow]:
        return insert(rows[:1])

    desk.store.insert = insert_half  # type: ignore[assignment, method-assign]
    with suppress(KeyError):  # the process dies with half of its decisions written
        desk.take(WARNED)
    desk.store.insert = insert  # type: ignore[method-assign]
    desk.directory.where = Standing(2, "senior-desk", "clerk-301")
    assert told(desk.take(WARNED)) == ["clerk:clerk-201", "team:claims"]
    assert len(desk.store.notices) == 2


def test_the_same_change_at_another_place_tells_nobody_again() -> None:
    desk = Desk(Standing(2, "claims"))
    desk.take(WARNED)
    desk.directory.where = Standing(2, "senior-desk")
    assert told(desk.take(WARNED, offset=8)) == []
    assert len(desk.store.notices) == 1


BREACHED = a_change(ChangeKind.CLOCK_BREACHED, clock=ClockName.RESOLUTION)


def a_rival_writes(
    desk: Desk, change: CaseChanged, where: Standing, operation: str
) -> list[Handled]:
    """Let somebody who was given up for dead, and knew the case ``where`` it was, decide about
    ``change`` when the next one is about to do ``operation``; return what it would produce."""
    lost: list[Handled] = []

    def before(name: str) -> None:
        if name == operation:
            desk.store.before = lambda _: None
            today, desk.directory.where = desk.directory.where, where
            lost.append(desk.take(change))
            desk.directory.where = today

    desk.store.before = before
    return lost


@pytest.mark.parametrize("operation", ["stand", "insert", "nothing: it comes later"])
@pytest.mark.parametrize("change", [WARNED, BREACHED], ids=["warned", "breached"])
def test_whenever_the_dead_write_they_and_their_heir_tell_the_same(
    change: CaseChanged, operation: str
) -> None:
    """Found by seed 305353 of the whole path: the heir had decided; then the dead wrote whom the
    breach was told to where the case was before. They were on record as told, and nobody told
    them."""
    desk = Desk(Standing(2, "senior-desk", "clerk-301"))
    then = Standing(3, "claims", "clerk-201", "partner:humen")
    lost = a_rival_writes(desk, change, then, operation)
    heir = desk.take(change)
    if not lost:
        desk.directory.where = then
        lost.append(desk.take(change))
    assert told(heir)
    assert told(heir) == told(lost[0])
    stored = {row.out for row in desk.store.notices.values()}
    assert {out.value for out in heir.outbound} == stored
    decided_by_the_dead = operation == "stand"
    assert ("clerk:clerk-201" in told(heir)) is decided_by_the_dead
    assert ("clerk:clerk-301" in told(heir)) is not decided_by_the_dead


def test_the_digest_of_what_the_dead_bundled_is_asked_for_by_the_heir() -> None:
    desk = Desk(Standing(2, "claims"))
    most = load_policy().storm.rates["team"].most
    others = [WARNED.model_copy(update={"case_id": f"other-{one}"}) for one in range(most)]
    desk.take_all(*((one, 1, offset) for offset, one in enumerate(others)))
    desk.directory.where = Standing(2, "senior-desk")
    a_rival_writes(desk, WARNED, Standing(2, "claims"), "stand")
    heir = desk.take(WARNED)
    (digest,) = (row for row in desk.store.notices.values() if row.told.kind == "digest")
    assert digest.out in [out.value for out in heir.outbound]
    assert told(heir) == ["team:claims"]


def test_a_digest_is_asked_for_again_also_behind_another_change_that_wants_it() -> None:
    """Found by seed 275 of the whole path: the replay's batch began with a change of another
    partition that is told of in the same digest, and nobody asked for that any more."""
    desk = Desk(Standing(2, "claims"))
    first = a_change(ChangeKind.CLOCK_BREACHED, clock=ClockName.RESOLUTION)
    other = a_change(ChangeKind.CLOCK_BREACHED, clock=ClockName.RESOLUTION, case_id="case-2")
    lost = desk.take_all((first, 0, 7))  # dies before it commits
    again = desk.take_all((other, 1, 3), (first, 0, 7))
    assert told(lost).count("team:head-office") == 1
    assert told(again).count("team:head-office") == 1


def test_who_hears_of_a_new_contact_does_not_depend_on_what_else_is_in_the_batch() -> None:
    opened = a_change(ChangeKind.OPENED, 1, level=3)
    alone, together = (Desk(Standing(3, "claims", "clerk-201")) for _ in range(2))
    alone.take_all((opened, 0, 1))
    together.take_all((opened, 0, 1), (WARNED, 0, 2))
    of_it = {row.key for row in together.store.notices.values() if row.told.seq == opened.seq}
    assert of_it == alone.store.notices.keys()
