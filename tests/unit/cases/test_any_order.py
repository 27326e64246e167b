"""What the same contacts come to, in whatever order and however often they come."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import count
from random import Random
from typing import Any, Final

import pytest

from schemas.cases import CaseState
from schemas.codec import decode, encode
from schemas.contacts import ContactReceived, Role
from schemas.routes import ContactRouted
from schemas.vocabulary import Category, ClockName, Relation
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_labels import MemoryLabelStore
from services.cases.handler import CasesHandler
from services.cases.policies import load_policies
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.clocks.stages import Clocks, clocks_of
from services.routing.handler import RoutingHandler
from services.runtime.ports import Handler
from services.runtime.records import Inbound, Outbound
from services.runtime.watching import always
from services.severity.handler import SeverityHandler
from tests.support.builders import KEYS, a_contact, at
from tests.support.judging import JUDGE
from tests.support.pipeline import BOOK, ROUTES
from tests.unit.cases.desk import TOPICS

POLICIES: Final = load_policies(BOOK)
JUDGED_AT: Final = at(days=6)


class Afterwards:
    """The time at which all of it is decided: after the last contact was received."""

    def now(self):  # type: ignore[no-untyped-def]
        return JUDGED_AT

    def monotonic(self) -> float:
        return 0.0


class Path:
    """Dedup, severity, routing and cases, one behind the other; stores outlive the workers."""

    def __init__(self) -> None:
        self.dedup, self.cases = MemoryDedupStore(), MemoryCaseStore()
        self.relations: dict[str, dict[str, Relation]] = {}
        self._offsets = {name: count() for name in ("in", "deduplicated", "scored", "contacts")}

    def take(self, contacts: Iterable[ContactReceived]) -> None:
        """Decide a batch by workers that know nothing but what is stored."""
        clock = Afterwards()
        handlers: dict[str, Handler] = {
            "in": DedupHandler(
                self.dedup, KEYS, always(load_policy()), clock, {"in": "deduplicated"}
            ),
            "deduplicated": SeverityHandler(always(JUDGE), clock, {"deduplicated": "scored"}),
            "scored": RoutingHandler(always(ROUTES), clock, {"scored": "contacts"}),
        }
        batch = [Outbound("in", b"", encode(contact)) for contact in contacts]
        for topic, handler in handlers.items():
            handled = handler.handle(self._inbound(topic, batch), {})
            assert not handled.dead
            batch = handled.outbound
        if not batch:
            return  # nothing but doubles
        inbound = self._inbound("contacts", batch)
        cases = CasesHandler(self.cases, MemoryLabelStore(), always(POLICIES), clock, TOPICS)
        handled = cases.handle(inbound, {("contacts", 0): inbound[0].offset})
        assert not handled.dead
        for record in batch:
            decided = decode(ContactRouted, record.value).scored.deduplicated
            known = self.relations.setdefault(decided.case_id, {})
            assert known.setdefault(decided.contact.contact_id, decided.relation) is (
                decided.relation
            )

    def _inbound(self, topic: str, batch: Sequence[Outbound]) -> list[Inbound]:
        offsets = self._offsets[topic]
        return [Inbound(topic, 0, next(offsets), topic, one.key, one.value) for one in batch]


def matter(number: int) -> list[ContactReceived]:
    """Everything that comes about one parcel: askings of the buyer, three in every second matter,
    what he found when he had it, and the sender."""
    fields: dict[str, Any] = {"waybill": f"SF13{number}5{number}28{number}7561{number}0{number}"}
    buyer = fields | {"customer": f"buyer-{number}"}
    found = f"到了,但是{number}个杯子全碎了,价值800元"
    contacts = [
        a_contact(f"{number}-a", **buyer, text="快递还没到,请查一下"),
        a_contact(f"{number}-b", **buyer, text="还是没到,请尽快", received_at=at(days=1)),
        a_contact(f"{number}-found", **buyer, text=found, received_at=at(days=2)),
        a_contact(
            f"{number}-sender",
            **fields,
            customer=f"sender-{number}",
            role=Role.SENDER,
            text="我寄的快递一直没送到",
            received_at=at(days=3),
        ),
    ]
    if number % 2:
        again = {"text": "到底在哪里,请给个说法", "received_at": at(days=4)}
        contacts.append(a_contact(f"{number}-e", **buyer, **again))
    return contacts


def told(name: str, *texts: str, hours: float = 7, **fields: Any) -> list[ContactReceived]:
    """Return a person's contacts with ``texts``, so many hours apart, without a waybill unless
    ``fields`` have one."""
    given: dict[str, Any] = {"waybill": None, "customer": name} | fields
    return [
        a_contact(f"{name}-{part}", **given, text=text, received_at=at(hours=hours * part))
        for part, text in enumerate(texts, len(name))
    ]


def calls(name: str, hours: float, many: int, **fields: Any) -> list[ContactReceived]:
    """Return the same question, asked so many times."""
    return told(
        name, *["快递还没到,请查一下"] * many, hours=hours, waybill=f"{name}8412953176", **fields
    )


MATTERS: Final = [matter(number) for number in range(1, 6)]
OTHERS: Final = [
    # Orders that nothing but their numbers hold together, both of one person.
    told("one", "订单号5512087133的咖啡机还没到", "订单5512087133到底有没有人管"),
    told("one-", "订单号778120945的水壶还没到", "订单778120945没人管吗", customer="one"),
    # Items of one person that only their owners keep apart.
    told("family", "妈妈的轮椅还没到", "给妈妈买的轮椅没人送"),
    told("family-", "爸爸的轮椅还没到", "给爸爸买的轮椅没人送", customer="family"),
    # Grave from the beginning, in another language; and by a second person only.
    told(
        "abroad",
        "Your courier broke my nose",
        "I say again: he broke my nose",
        waybill="EA123456785CN",
    ),
    told("hurt", "快递还没到", waybill="YT8800412953176")
    + told("beaten", "快递员把我打伤了,在医院", waybill="YT8800412953176"),
    # Too near to each other for each to be an asking; and known elsewhere before.
    calls("YT5511", hours=0.6, many=4),
    calls("YT5512", hours=0.3, many=3),
    calls("YT5513", hours=5, many=2, prior_contacts=1),
]
WHOLE: Final = [*MATTERS, *OTHERS]
CONTACTS: Final = [one for contacts in WHOLE for one in contacts]


def shuffled(random: Random) -> list[ContactReceived]:
    """Return all contacts and some doubles in any order; but a new fact is new to what its teller
    said before (guide), so one of his askings comes first."""
    stream = [*CONTACTS, *random.sample(CONTACTS, 16)]
    random.shuffle(stream)
    for asked, again, found, *_ in MATTERS:
        first = min(stream.index(one) for one in (asked, again))
        fact = stream.index(found)
        if fact < first:
            stream[fact], stream[first] = stream[first], stream[fact]
    return stream


def batches(
    stream: Sequence[ContactReceived], random: Random
) -> Iterator[Sequence[ContactReceived]]:
    """Yield the stream in parts of random size."""
    start = 0
    while start < len(stream):
        size = random.randint(1, 12)
        yield stream[start : start + size]
        start += size


def came_to(path: Path) -> dict[frozenset[str], dict[str, Any]]:
    """Return what the cases are in the end, by the contacts that they have."""
    members: dict[str, set[str]] = {}
    for row in path.dedup.contacts.values():
        members.setdefault(row.case_id, set()).add(row.contact_id)
    states = [one.state for one in path.cases.cases.values() if one.state is not None]
    return {
        frozenset(members[state.case_id]): facts(state, path.relations[state.case_id])
        for state in states
    }


def facts(state: CaseState, relations: dict[str, Relation]) -> dict[str, Any]:
    """Return what order may not change. Which id the case has, and so who works on it and how
    long a team has had it, follows from the contact that came first."""
    clocks = Clocks(state, POLICIES.book.terms(clocks_of(state).policies))
    return {
        "contacts": state.contacts,
        "complainants": state.complainants,
        "level": state.level,
        "askings": state.askings,
        "category": state.category,
        "opened_at": state.opened_at,
        "first": state.first_contact_id,
        "last": state.last_contact_at,
        "open": {one.run.clock for one in clocks.running()},
        "due": {
            one.run.clock: clocks.due(one)
            for one in clocks.running()
            if one.run.clock is not ClockName.TEAM
        },
        "relations": Counter(relations.values()),
    }


@cache
def in_order() -> dict[frozenset[str], dict[str, Any]]:
    """Return what comes of the contacts, each once and as they were received."""
    path = Path()
    path.take(sorted(CONTACTS, key=lambda one: one.received_at))
    return came_to(path)


def test_in_order_each_matter_is_a_case_of_the_level_that_its_contacts_reach() -> None:
    cases = in_order()
    assert cases.keys() == {frozenset(one.contact_id for one in some) for some in WHOLE}
    found = [cases[frozenset(one.contact_id for one in some)] for some in WHOLE]
    assert [one["level"] for one in found] == [3, 2, 3, 2, 3, 2, 2, 2, 2, 4, 4, 2, 1, 3]
    assert {one["category"] for one in found[: len(MATTERS)]} == {Category.DAMAGE}


def test_order_doubles_batches_and_restarts_make_no_other_cases(
    request: pytest.FixtureRequest,
) -> None:
    for seed in range(request.config.getoption("--any-order")):
        random, path = Random(seed), Path()
        for batch in batches(shuffled(random), random):
            path.take(batch)
        assert came_to(path) == in_order(), seed
