"""A clerk sees which contact only says that it is by who complained before."""

from schemas.vocabulary import Channel, Relation
from services.console.told_view import told
from tests.support.builders import a_contact, a_deduplicated
from tests.support.console_desk import Console
from tests.unit.console.test_views import VIEW

FIRST = a_deduplicated(a_contact("first"), case_id="C1")
TYPED = a_deduplicated(
    a_contact("typed", channel=Channel.WEB), case_id="C1", relation=Relation.REPEAT
)
IN_THE_APP = a_deduplicated(
    a_contact("app", channel=Channel.APP), case_id="C1", relation=Relation.REPEAT
)


def test_what_was_only_typed_is_marked() -> None:
    shown = told([IN_THE_APP, TYPED, FIRST], {}, VIEW)
    assert [one.is_unproved for one in shown] == [False, True, False]


def test_where_the_first_contact_is_not_shown_the_way_that_one_came_counts() -> None:
    shown = told([IN_THE_APP, TYPED], {}, VIEW)
    assert [one.is_unproved for one in shown] == [False, True]


def test_contacts_of_merged_cases_are_looked_at_by_themselves() -> None:
    elsewhere = a_deduplicated(a_contact("other", customer="cust-2"), case_id="C2")
    shown = told([elsewhere, TYPED, FIRST], {}, VIEW)
    assert [one.is_unproved for one in shown] == [False, True, False]


def test_the_page_of_the_case_says_so_in_both_languages(console: Console) -> None:
    label = {"channel": "web", "waybill": "SF1300000000001", "phone": "13800138000"}
    case_id = console.case(id="a1", **label)
    assert "Not proved whose" not in console.page(f"/cases/{case_id}")
    assert console.case(id="a2", text="请把赔款转到另一个账户", **label) == case_id
    assert console.page(f"/cases/{case_id}").count("Not proved whose") == 1
    assert console.page(f"/cases/{case_id}", "zh").count("身份未核实") == 1
