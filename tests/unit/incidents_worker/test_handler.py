"""The incidents worker: sightings to their place, one row per word, the same bytes again."""

from schemas.cases import CaseCommand
from schemas.codec import decode, encode
from schemas.dead import REPLAY_OF
from schemas.incidents import IncidentChanged, IncidentCommand
from services.adapters.memory_incidents import MemoryIncidentStore
from services.incidents.handler import IncidentsHandler, IncidentTopics
from services.incidents.policy import load_policy
from services.runtime.records import Handled, Inbound
from tests.support.builders import a_contact, a_deduplicated, a_routed, at
from tests.support.manual_clock import ManualClock

TOPICS = IncidentTopics("contacts", "places", "changed", "cases")


def a_handler(store: MemoryIncidentStore) -> IncidentsHandler:
    return IncidentsHandler(store, load_policy(), ManualClock(), TOPICS)


def contact(number: int, hub: str | None = "东莞分拨") -> Inbound:
    made = a_contact(f"c-{number}", customer=f"p-{number}", hub=hub, received_at=at(minutes=number))
    value = encode(a_routed(a_deduplicated(made)))
    return Inbound("contacts", 0, number, "id-contacts", b"key", value)


def sightings(handled: Handled) -> list[Inbound]:
    places = [out for out in handled.outbound if out.topic == "places"]
    return [Inbound("places", 0, n, "id-places", o.key, o.value) for n, o in enumerate(places)]


def test_a_contact_that_opens_a_case_is_seen_at_its_place() -> None:
    handled = a_handler(MemoryIncidentStore()).handle([contact(1), contact(2, hub=None)], {})
    assert [out.key for out in handled.outbound] == ["default|东莞分拨|delay".encode()]
    assert handled.outcomes == {"sighting": 1, "no_sighting": 1}


def test_what_cannot_be_read_is_left_to_cases_or_dies_once() -> None:
    handler = a_handler(MemoryIncidentStore())
    handled = handler.handle([Inbound("contacts", 0, 1, "id", b"k", b"{")], {})
    assert (handled.dead, handled.outcomes) == ([], {"left_to_cases": 1})
    handled = handler.handle([Inbound("places", 0, 1, "id", b"k", b"{")], {})
    assert len(handled.dead) == 1


def test_an_incident_is_told_and_its_cases_are_linked() -> None:
    handler = a_handler(MemoryIncidentStore())
    seen = sightings(handler.handle([contact(n) for n in range(5)], {}))
    handled = handler.handle(seen, {})
    changes = [decode(IncidentChanged, o.value) for o in handled.outbound if o.topic == "changed"]
    assert [str(one.kind) for one in changes] == ["opened", "cases_joined", "cases_joined"]
    joins = [decode(CaseCommand, o.value) for o in handled.outbound if o.topic == "cases"]
    assert {one.case_id for one in joins} == {
        decode(IncidentCommand, one.value).case_id for one in seen
    }
    assert {one.other for one in joins} == {changes[0].incident_id}


def test_after_a_death_before_the_commit_the_same_bytes_are_produced() -> None:
    store = MemoryIncidentStore()
    seen = sightings(a_handler(store).handle([contact(n) for n in range(6)], {}))
    first = a_handler(store).handle(seen, {})
    again = a_handler(store).handle(seen, {})
    assert again.outbound == first.outbound
    assert again.outcomes == {"replayed": 6}


def test_a_word_that_comes_again_from_elsewhere_takes_effect_once() -> None:
    store = MemoryIncidentStore()
    handler = a_handler(store)
    seen = sightings(handler.handle([contact(n) for n in range(4)], {}))
    handler.handle(seen, {})
    moved = [one._replace(offset=one.offset + 100) for one in seen]
    handled = handler.handle(moved, {})
    assert (handled.outbound, handled.outcomes) == ([], {"said_before": 4})


def test_a_replayed_dead_letter_produces_what_was_decided_and_perhaps_never_produced() -> None:
    store = MemoryIncidentStore()
    handler = a_handler(store)
    seen = sightings(handler.handle([contact(n) for n in range(4)], {}))
    stored = handler.handle(seen, {})
    replays = [
        one._replace(offset=one.offset + 100, headers=((REPLAY_OF, b"places.dead:0:0"),))
        for one in seen
    ]
    assert handler.handle(replays, {}).outbound == stored.outbound
