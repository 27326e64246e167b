"""Whoever appeals hears of the appeal as of any case: that it came, and its result."""

from typing import Any

import pytest

from schemas.added import ContactAdded
from schemas.cases import CaseState
from schemas.notices import NoticeRequested
from schemas.personal import Personal
from schemas.vocabulary import Relation
from services.domain.redress import load_redress
from services.sender.outcome import outcome_of
from tests.support.builders import a_contact, a_deduplicated, sealed
from tests.unit.cases.district import District
from tests.unit.notification.test_handler import Desk, a_row, requested

FINDING = {"finding": {"outcome": "valid", "party": "contractor", "text": "no consent"}}


class Appeal:
    """A case that was answered and appealed against, and who is told of the appeal."""

    def __init__(self) -> None:
        self.district, self.notices = District(), Desk()
        made: dict[str, Any] = {
            "customer": "first",
            "personal": sealed(Personal(email="first@example.com")),
        }
        contact = a_contact("first", **made)
        self.notices.dedup.insert_rows([a_row(a_deduplicated(contact))])
        about = self.district.open("first", **made)
        self.act(about, "resolve", note="It was found.")
        appellant = ContactAdded(
            contact_id=contact.contact_id,
            relation=Relation.NEW,
            channel=contact.channel,
            received_at=contact.received_at,
            person=contact.person,
        )
        self.act(about, "appeal", actor="customer", note="too little", contact=appellant)
        self.district.deliver()
        self.contact_id, self.case_id = contact.contact_id, self.about(about).appealed_by or ""

    def about(self, case_id: str) -> CaseState:
        return self.district.case(case_id)

    def act(self, case_id: str, kind: str, **fields: object) -> None:
        settled = self.district.act(case_id, kind, **fields)
        assert settled.refusal is None, settled.explanation

    def told(self) -> list[NoticeRequested]:
        """Return what the appellant is told of the appeal's whole history."""
        every = requested(self.notices.take(*self.district.history(self.case_id)))
        return [one for one in every if one.recipient == f"contact:{self.contact_id}"]


@pytest.fixture
def appeal() -> Appeal:
    return Appeal()


def test_the_appellant_hears_that_the_appeal_came(appeal: Appeal) -> None:
    (came,) = appeal.told()
    assert (came.kind, came.reason, came.mandatory) == ("progress", "appeal_received", True)


@pytest.mark.parametrize(
    ("kind", "fields"), [("resolve", {}), ("reject", {"reason": "not_substantiated"})]
)
def test_the_appellant_hears_the_result_what_was_found_and_where_to_turn(
    appeal: Appeal, kind: str, fields: dict[str, str]
) -> None:
    answer = {"actor": "clerk:clerk-901", "note": "It stays so."} | fields
    appeal.act(appeal.case_id, "record", entry=FINDING)
    appeal.act(appeal.case_id, kind, **answer)
    result = appeal.told()[-1]
    assert (result.kind, result.mandatory) == ("result", True)
    history = appeal.district.history(appeal.case_id)
    outcome = outcome_of(history[: result.case_seq], load_redress(), "en")
    assert outcome["findings"]
    assert any("12305" in route for route in outcome["redress"])
