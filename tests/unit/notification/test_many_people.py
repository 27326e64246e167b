"""A case with many contacts of many people is decided as if all were looked at, at the cost of
one."""

from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

import pytest

from schemas.cases import CaseChanged
from schemas.vocabulary import ChangeKind, ClockName
from services.adapters.memory_notices import MemoryNoticeStore
from services.domain.notice_store import Told
from services.domain.preferences import Choice, Preferences, joined
from services.notification import knowing
from services.notification.knowing import Arrival, Known
from services.notification.recipients import Around, who_of
from tests.support.builders import TENANT, at
from tests.unit.notification.test_handler import Desk
from tests.unit.notification.test_logic import a_change

KINDS = (
    (ChangeKind.CONTACT_ADDED,) * 6,
    (ChangeKind.ACKNOWLEDGED, ChangeKind.RESOLVED, ChangeKind.TRANSFERRED, ChangeKind.NOTED),
)


class Simple(Known):
    """Looks at all that was decided about a case for each of its changes."""

    def around(self, arrival: Arrival) -> Around:
        earlier = self.told(arrival).everybody
        return super().around(arrival)._replace(earlier=earlier, chosen=self._all(arrival))

    def everybody(self, arrivals: Iterable[Arrival]) -> set[str]:
        return {
            f"{one.change.tenant}|{name}"
            for one in arrivals
            for names in self._people(one).values()
            for name in names
        }

    def _people(self, arrival: Arrival) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        told = self.told(arrival).everybody
        known = [(one.who, f"{arrival.change.tenant}|{one.contact_id}") for one in told]
        for who, key in (*known, (who_of(arrival.change), arrival.contact_key or "")):
            if who is not None:
                reach = self.reaches.get(key)
                aliases = reach.aliases if reach is not None and reach.person == who else ()
                found.setdefault(who, []).extend((who, *aliases))
        return found

    def _all(self, arrival: Arrival) -> Mapping[str, Preferences]:
        tenant, chosen = arrival.change.tenant, {}
        for who, names in self._people(arrival).items():
            keys = dict.fromkeys(f"{tenant}|{name}" for name in names)
            if own := [self.chosen[key] for key in keys if key in self.chosen]:
                chosen[who] = joined(own)
        return chosen


def some_changes(desk: Desk, chance: Random, number: int) -> Iterator[CaseChanged]:
    """Yield the changes of two cases of few people, who write from several addresses."""
    seqs = {"case-1": 0, "case-2": 0}
    for one in range(number):
        case_id = chance.choice(list(seqs))
        seqs[case_id] += 1
        fields: dict[str, Any] = {"case_id": case_id, "at": at(hours=one * chance.choice([1, 9]))}
        kind = chance.choice(chance.choice(KINDS)) if seqs[case_id] > 1 else ChangeKind.OPENED
        if kind in (ChangeKind.OPENED, ChangeKind.CONTACT_ADDED):
            person = f"p-{chance.randrange(4)}"
            email = chance.choice(["li@example.com", None])
            aliases = tuple(chance.sample(["old-1", "old-2", "old-3"], chance.randrange(3)))
            fields["contact"] = desk.contact(
                f"{one}", person=chance.choice([person, person, None]), email=email, aliases=aliases
            )
        if kind is ChangeKind.CLOCK_WARNED:
            fields["clock"] = ClockName.RESOLUTION
        yield a_change(kind, seqs[case_id], **fields)


def decided(seed: int) -> tuple[object, ...]:
    """Play a history in batches, some changes twice; return what came of it."""
    desk, chance = Desk(), Random(seed)
    for name in ("p-1", "old-1", "old-2"):
        if chance.random() < 0.7:
            chosen = Preferences(
                language=chance.choice(["zh", "en", None]),
                channels=chance.choice([("sms",), ()]),
                opt_out=chance.random() < 0.3,
            )
            desk.preferences.choose(f"{TENANT}|{name}", chosen, Choice(at(), "page", False))
    left = [desk.inbound(one) for one in some_changes(desk, chance, 40)]
    made: list[object] = []
    while left:
        size = chance.randrange(1, 12)
        handled = desk.handler.handle(left[:size], {})
        made += [handled.outbound, handled.outcomes, handled.withheld]
        left = left[chance.choice([size, size, size // 2]) :]
    return (made, desk.store.notices)


@pytest.mark.parametrize("seed", range(25))
def test_the_same_is_decided_as_by_looking_at_everybody(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = decided(seed)
    monkeypatch.setattr(knowing, "Known", Simple)
    assert decided(seed) == found


class Counting(MemoryNoticeStore):
    """Says how often what was told is looked at, but for what the store does to find it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.looks = 0
        self._is_ours = False
        read = object.__getattribute__

        def looked_at(told: Told, name: str) -> Any:
            self.looks += not self._is_ours
            return read(told, name)

        monkeypatch.setattr(Told, "__getattribute__", looked_at)

    def about(self, pairs: Iterable[tuple[str, str]]) -> dict[str, list[Told]]:
        self._is_ours = True
        try:
            return super().about(pairs)
        finally:
            self._is_ours = False


def test_a_contact_costs_no_more_where_hundreds_of_others_wrote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def looks(people: int) -> float:
        """Return how often a batch looks, each of whose people wrote twice before."""
        with monkeypatch.context() as patch:
            desk = Desk()
            desk.store = Counting(patch)
            desk.handler = desk.handler.__class__(
                desk.handler._stores._replace(notices=desk.store),
                desk.handler._in_force,
                desk.clock,
                desk.handler._topics,
            )
            desk.preferences.choose(f"{TENANT}|p0", Preferences(language="en"), CHOICE)
            changes = [
                a_change(
                    ChangeKind.CONTACT_ADDED if number else ChangeKind.OPENED,
                    number + 1,
                    contact=desk.contact(f"c{number}", person=f"p{number % people}"),
                )
                for number in range(3 * people)
            ]
            desk.take(*changes[: 2 * people])
            desk.store.looks = 0
            desk.take(*changes[2 * people :])
            return desk.store.looks / people

    assert looks(400) == pytest.approx(looks(40), rel=0.1)


CHOICE = Choice(at(), "page", False)
