"""Complainants of a merged case hear what the head tells its own, each under the own case."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.notices import NoticeRequested
from schemas.personal import Personal
from schemas.vocabulary import ChangeKind
from services.cases.policies import load_policies
from tests.support.builders import a_contact, a_deduplicated, at, sealed
from tests.unit.cases.district import District
from tests.unit.notification.test_handler import Desk, a_row, requested

SAID: dict[str, dict[str, Any]] = {
    "extend": {"clock": "resolution", "amount": 60, "reason": "lost", "note": "We still look."},
    "update": {"note": "It is at customs."},
    "propose": {"note": "We offer another one."},
    "transfer": {"unit": "partner:humen", "note": "Theirs."},
    "resolve": {"note": "It was found."},
    "reject": {"reason": "not_substantiated", "note": "The seal was whole."},
}
WRITTEN = {"extend", "update", "propose", "resolve", "reject"}
"""Of these the note is for the customer."""


class Matter:
    """A head and a child that is merged into it, each with a complainant, and who is told."""

    def __init__(self) -> None:
        self.district, self.notices = District(policies=load_policies()), Desk()
        self.seen: dict[str, int] = {}
        self.head, self.child = self.open("first", 0), self.open("second", 30)
        self.district.merge(self.head, self.child)
        self.news()

    def open(self, name: str, minutes: float) -> str:
        made: dict[str, Any] = {
            "waybill": f"SF-{name}",
            "customer": name,
            "personal": sealed(Personal(email=f"{name}@example.com")),
        }
        contact = a_contact(name, received_at=at(minutes=minutes), **made)
        self.notices.dedup.insert_rows([a_row(a_deduplicated(contact))])
        return self.district.open(name, minutes, **made)

    def act(self, kind: str) -> None:
        self.district.desk.clock.time += timedelta(days=2)
        settled = self.district.act(self.head, kind, **SAID.get(kind, {}))
        assert settled.refusal is None, settled.explanation
        self.district.deliver()

    def news(self) -> list[NoticeRequested]:
        """Return what it was decided to send since the last look."""
        found = []
        for case_id in (self.head, self.child):
            history = self.district.history(case_id)
            for change in history[self.seen.get(case_id, 0) :]:
                found += requested(self.notices.take(change))
            self.seen[case_id] = len(history)
        return [one for one in found if one.recipient.startswith("contact:")]


@pytest.fixture
def matter() -> Matter:
    return Matter()


@pytest.mark.parametrize("kind", ["acknowledge", "investigate", *SAID])
def test_both_complainants_hear_of_it_once_each_under_the_own_case(
    matter: Matter, kind: str
) -> None:
    if kind != "acknowledge":
        matter.act("acknowledge")
        matter.news()
    matter.act(kind)
    told = matter.news()
    assert sorted(one.case_id for one in told) == sorted([matter.head, matter.child])
    assert len({one.recipient for one in told}) == 2
    assert {str(one.kind) for one in told} == {
        "result" if kind in ("resolve", "reject") else "progress"
    }


@pytest.mark.parametrize(("kind", "mandatory"), [("propose", True), ("transfer", False)])
def test_what_wants_an_answer_has_to_be_told_to_both(
    matter: Matter, kind: str, mandatory: bool
) -> None:
    matter.act("acknowledge")
    matter.news()
    matter.act(kind)
    assert [one.mandatory for one in matter.news()] == [mandatory, mandatory]


@pytest.mark.parametrize("kind", sorted(SAID))
def test_what_is_written_to_the_customer_stands_in_the_childs_history_too(
    matter: Matter, kind: str
) -> None:
    matter.act("acknowledge")
    matter.act(kind)
    last = matter.district.history(matter.child)[-1]
    assert last.note == (SAID[kind]["note"] if kind in WRITTEN else None)
    answers = (ChangeKind.ANSWERED_THROUGH_HEAD, ChangeKind.HEAD_CHANGED)
    assert last.kind is answers[kind not in ("resolve", "reject")]


def test_what_clerks_note_for_themselves_reaches_no_merged_case(matter: Matter) -> None:
    before = len(matter.district.history(matter.child))
    matter.district.act(matter.head, "note", note="the customer is angry")
    matter.district.deliver()
    assert len(matter.district.history(matter.child)) == before


def test_after_an_unmerge_the_head_tells_them_nothing(matter: Matter) -> None:
    matter.district.unmerge(matter.head, matter.child)
    matter.news()
    matter.act("update")
    assert [one.case_id for one in matter.news()] == [matter.head]
