"""The incidents worker: words to their place, one row per word, the same bytes again."""

from typing import Any

import pytest

from schemas.cases import CaseChanged, CaseCommand
from schemas.codec import decode, encode
from schemas.incident_links import IncidentLink
from schemas.incidents import IncidentChanged, IncidentCommand
from schemas.vocabulary import ChangeKind
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_incidents import MemoryContactTexts, MemoryIncidentStore
from services.domain.errors import OutageError
from services.domain.incidents.saying import load_incident_rules
from services.incidents.handler import IncidentsHandler, IncidentTopics
from services.runtime.records import Handled, Inbound
from services.runtime.watching import always
from tests.support.builders import TENANT, a_contact, a_deduplicated, at
from tests.support.manual_clock import ManualClock
from tests.unit.notification.test_handler import a_row

TOPICS = IncidentTopics("changes", "places", "changed", "cases")
FIRE = ("白鹤洞中转场着火", "白鹤洞火灾", "白鹤洞起火", "白鹤洞失火", "白鹤洞烧了", "白鹤洞大火")


class Desk:
    """The worker over stores in memory; ``take`` goes on until nothing is said any more."""

    def __init__(self) -> None:
        self.store, self.dedup = MemoryIncidentStore(), MemoryDedupStore()
        self.changes: list[IncidentChanged] = []
        self.asked: list[CaseCommand] = []
        self.outcomes: list[str] = []
        self.offset = 0
        self.restart()

    def restart(self) -> None:
        texts = MemoryContactTexts(self.dedup)
        self.handler = IncidentsHandler(
            self.store, texts, always(load_incident_rules()), ManualClock(), TOPICS
        )

    def opened(self, number: int, text: str, hub: str | None = None) -> Inbound:
        contact = a_contact(
            f"c-{number}", customer=f"p-{number}", text=text, hub=hub, received_at=at(hours=number)
        )
        decided = a_deduplicated(contact, case_id=f"case-{number}")
        self.dedup.insert_rows([a_row(decided)])
        return self.change(number, 1, "opened", contact={
            "contact_id": contact.contact_id, "relation": "new", "channel": "app",
            "received_at": contact.received_at, "person": contact.person})  # fmt: skip

    def change(self, number: int, seq: int, kind: str, **fields: Any) -> Inbound:
        change = CaseChanged.model_validate(
            {"tenant": TENANT, "case_id": f"case-{number}", "seq": seq, "at": at(hours=number),
             "kind": kind, "actor": "system", "status": "received"} | fields
        )  # fmt: skip
        return self.inbound("changes", encode(change), f"{TENANT}|case-{number}".encode())

    def inbound(self, topic: str, value: bytes | None, key: bytes | None) -> Inbound:
        self.offset += 1
        return Inbound(topic, 0, self.offset, f"id-{topic}", key, value)

    def take(self, *batch: Inbound) -> None:
        handled = self.handler.handle(list(batch), {})
        self.note(handled)
        said = [out for out in handled.outbound if out.topic == "places"]
        again = [self.inbound(out.topic, out.value, out.key) for out in said]
        if again:
            self.take(*again)

    def note(self, handled: Handled) -> None:
        assert not handled.dead
        self.outcomes += handled.outcomes
        for out in handled.outbound:
            if out.topic == "changed":
                self.changes.append(decode(IncidentChanged, out.value))
            elif out.topic == "cases":
                self.asked.append(decode(CaseCommand, out.value))

    def answers(self) -> list[Inbound]:
        """Return what the cases that were asked say: that they are part of it."""
        made = []
        for one in self.asked:
            number = int(one.case_id.partition("-")[2])
            fields = {"incident_id": one.other, "incident": one.incident}
            made.append(self.change(number, 2, ChangeKind.INCIDENT_JOINED, **fields))
        self.asked.clear()
        return made


def crowd(desk: Desk) -> list[Inbound]:
    """Contacts of other days about other things."""
    texts = ("杯子碎了", "发票没开", "师傅骂人", "取件没人来", "多收了上楼费", "柜子打不开")
    return [desk.opened(-60 + n, texts[n % len(texts)]) for n in range(48)]


def test_a_fire_is_found_asked_about_and_counted_once_the_cases_say_so() -> None:
    desk = Desk()
    desk.take(*crowd(desk))
    desk.take(*(desk.opened(n, text) for n, text in enumerate(FIRE)))
    assert [str(one.kind) for one in desk.changes] == ["opened"]
    assert (desk.changes[0].hub, desk.changes[0].cause) == ("白鹤洞", "fire")
    assert [one.case_id for one in desk.asked] == [f"case-{n}" for n in range(6)]
    desk.take(*desk.answers())
    assert (desk.changes[-1].kind, desk.changes[-1].cases) == ("cases_joined", 6)


def test_a_worker_that_is_new_remembers_what_was_seen_before() -> None:
    desk = Desk()
    desk.take(*crowd(desk))
    for number, text in enumerate(FIRE):
        desk.restart()
        desk.take(desk.opened(number, text))
    assert [str(one.kind) for one in desk.changes] == ["opened"]
    assert {one.case_id for one in desk.asked} == {f"case-{n}" for n in range(6)}


def test_a_worker_that_gets_a_watch_back_knows_what_others_saw_meanwhile() -> None:
    desk = Desk()
    desk.take(*crowd(desk), desk.opened(0, FIRE[0]))
    first = desk.handler
    desk.restart()
    desk.take(desk.opened(1, FIRE[1]), desk.opened(2, FIRE[2]))
    desk.handler = first  # its partition went to another worker, and came back
    desk.take(desk.opened(3, FIRE[3]))
    assert [str(one.kind) for one in desk.changes] == ["opened"]
    assert {one.case_id for one in desk.asked} == {f"case-{n}" for n in range(4)}


def test_a_case_opened_at_a_hub_is_seen_there_for_whoever_opens_an_incident() -> None:
    desk = Desk()
    desk.take(desk.opened(1, "没到", hub="东莞分拨"))
    assert set(desk.store.rows) == {f"{TENANT}|*|unknown", f"{TENANT}|东莞分拨|unknown"}


def test_what_does_not_concern_incidents_is_passed_over() -> None:
    desk = Desk()
    desk.take(desk.change(1, 2, "acknowledged"), desk.inbound("changes", None, b"k"))
    assert desk.outcomes == ["no_concern"]
    assert desk.store.rows == {}


@pytest.mark.parametrize("value", [b"{", None, b'{"kind":"opened"}'])
def test_what_cannot_be_read_dies_once(value: bytes | None) -> None:
    desk = Desk()
    topic = "changes" if value and b"opened" in value else "places"
    handled = desk.handler.handle([desk.inbound(topic, value, b"k")], {})
    assert len(handled.dead) == 1


def a_word() -> IncidentCommand:
    return IncidentCommand.model_validate(
        {"tenant": TENANT, "hub": "东莞", "category": "loss", "command_id": "open-1",
         "kind": "open", "actor": "clerk:7", "at": at()}
    )  # fmt: skip


def test_after_a_death_before_the_commit_the_same_bytes_are_produced() -> None:
    desk = Desk()
    word = desk.inbound("places", encode(a_word()), f"{TENANT}|东莞|loss".encode())
    first = desk.handler.handle([word], {})
    desk.restart()
    again = desk.handler.handle([word], {})
    assert again.outbound == first.outbound
    assert again.outcomes == {"replayed": 1}


def test_a_word_that_comes_again_from_elsewhere_takes_effect_once() -> None:
    desk = Desk()
    word = desk.inbound("places", encode(a_word()), f"{TENANT}|东莞|loss".encode())
    desk.handler.handle([word], {})
    handled = desk.handler.handle([word._replace(offset=900)], {})
    assert (handled.outbound, handled.outcomes) == ([], {"said_before": 1})


def test_a_look_that_was_not_stored_is_looked_again() -> None:
    """Nobody counts twice because the database was away for a moment."""
    desk = Desk()
    desk.take(*crowd(desk))
    desk.take(*(desk.opened(n, text) for n, text in enumerate(FIRE[:3])))
    fourth = desk.opened(3, FIRE[3])
    [see] = desk.handler.handle([fourth], {}).outbound
    looked = desk.inbound("places", see.value, see.key)

    def away(name: str) -> None:
        if name == "append":
            raise OutageError("mongodb", "taken away by the test")

    desk.store.before = away
    with pytest.raises(OutageError):
        desk.handler.handle([looked], {})
    desk.store.before = lambda name: None
    desk.take(looked)
    assert {one.case_id for one in desk.asked} == {f"case-{n}" for n in range(4)}


def test_a_word_with_another_places_key_dies() -> None:
    desk = Desk()
    handled = desk.handler.handle([desk.inbound("places", encode(a_word()), b"t|x|loss")], {})
    assert [one.rule for one in handled.dead] == ["wrong_key"]


def test_a_link_says_where_the_incident_is_kept() -> None:
    link = IncidentLink.model_validate({"hub": "东莞", "category": "loss", "level": 3})
    assert (link.hub, link.level) == ("东莞", 3)
