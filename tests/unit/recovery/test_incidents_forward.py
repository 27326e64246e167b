"""Incidents rolled forward: a word has the effect that it had, whoever has which rank today."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from schemas.codec import encode
from schemas.incidents import IncidentCommand
from schemas.topics import INCIDENTS, PLACES, Topic
from services.adapters.memory_incidents import MemoryContactTexts, MemoryIncidentStore
from services.domain.incident_store import PlaceRow, place_of
from services.domain.incidents.saying import Ranks, load_incident_rules
from services.incidents.handler import IncidentsHandler
from services.incidents.messages import key_of
from services.incidents.place import incident_id_of
from services.recovery.forward_incidents import IncidentsForward
from services.recovery.tail import Tail
from services.runtime.records import Inbound
from services.runtime.watching import always
from tests.support.manual_clock import ManualClock
from tests.unit.incidents_worker.test_handler import TOPICS, Desk
from tests.unit.incidents_worker.test_logic import word

FRONT = "clerk:clerk-101"
RULES = load_incident_rules()


class Kept:
    """The finds and the tail of a restore: what the worker read and what it produced."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Inbound]] = {INCIDENTS.name: [], PLACES.name: []}
        self.found: dict[str, dict[str, Any]] = {}

    @property
    def finds(self) -> "Kept":
        return self

    def put(self, found: Mapping[str, dict[str, Any]]) -> None:
        self.found |= found

    def get(self, marks: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {mark: self.found[mark] for mark in marks if mark in self.found}

    def produced(self, topic: Topic, *_: object) -> str:
        return topic.name

    def consumed(self, topic: Topic, _: str) -> str:
        return topic.name

    def topic_id(self, topic: Topic) -> str:
        return "id-places"

    def read(self, name: str, _: str) -> Iterator[list[Inbound]]:
        yield self.topics[name]


def lived(words: Sequence[IncidentCommand], ranks: Ranks) -> tuple[MemoryIncidentStore, Kept]:
    """Have the worker take the words; return its store, and what Kafka has of it."""
    desk, kept = Desk(), Kept()
    texts = MemoryContactTexts(desk.dedup)
    rules = always(RULES._replace(ranks=ranks))
    handler = IncidentsHandler(desk.store, texts, rules, ManualClock(), TOPICS)
    for said in words:
        record = desk.inbound("places", encode(said), key_of(said).encode())
        kept.topics[PLACES.name].append(record)
        for out in handler.handle([record], {}).outbound:
            if out.topic == "changed":
                made = desk.inbound("changed", out.value, out.key)
                kept.topics[INCIDENTS.name].append(made)
    return desk.store, kept


def restored(kept: Kept) -> MemoryIncidentStore:
    store = MemoryIncidentStore()
    assert IncidentsForward(cast(Tail, kept), RULES.policy, store).run()
    return store


def effects(store: MemoryIncidentStore) -> list[tuple[int, bytes, tuple[bytes, ...]]]:
    """Return what each row says of its place, and what was told by it."""
    return [_effect(row) for rows in store.rows.values() for row in rows.values()]


def _effect(row: PlaceRow) -> tuple[int, bytes, tuple[bytes, ...]]:
    return row.n, row.state, row.changes


def the_words(*last: IncidentCommand) -> list[IncidentCommand]:
    return [*(word("found", n, n) for n in range(5)), *last]


def test_a_word_that_was_refused_has_no_effect_in_the_restored_rows_either() -> None:
    words = the_words(
        word("end", 1, 10, actor="key:house"),
        word("end", 2, 10, note=None),
        word("set_level", 3, 10, level=2, actor=FRONT),
        word("set_level", 4, 10, level=4, actor=FRONT),
        word("end", 5, 11, actor=FRONT),
    )
    store, kept = lived(words, RULES.ranks)
    assert effects(restored(kept)) == effects(store)
    assert len(kept.topics[INCIDENTS.name]) == 2


def test_a_word_that_took_effect_does_so_though_its_clerk_has_not_the_rank_any_more() -> None:
    teams = RULES.ranks.teams
    senior = teams.teams["senior-desk"]
    then = senior.model_copy(update={"members": (*senior.members, "clerk-101")})
    before = teams.model_copy(update={"teams": teams.teams | {"senior-desk": then}})
    words = the_words(word("end", 1, 10, actor=FRONT), word("found", 9, 12))
    store, kept = lived(words, RULES.ranks._replace(teams=before))
    assert effects(restored(kept)) == effects(store)
    assert len(kept.topics[INCIDENTS.name]) == 2


def test_customers_whose_cases_left_are_restored_as_they_were_counted() -> None:
    incident_id = incident_id_of("t", "东莞", "loss", 1)
    joins = [word("joined", n, n, incident_id=incident_id, level=3) for n in range(5)]
    leaves = [word("left", n, 10, who=None, incident_id=incident_id) for n in range(3)]
    store, kept = lived(the_words(*joins, *leaves), RULES.ranks)
    assert effects(restored(kept)) == effects(store)
    incident = place_of(max(store.rows["t|东莞|loss"].values(), key=lambda row: row.n)).incident
    assert incident is not None
    assert incident.who == ("who-3", "who-4")
