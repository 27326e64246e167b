"""The list of cases: the same pages from memory and from MongoDB."""

from dataclasses import replace
from typing import Any

import pytest
from pymongo.database import Database

from schemas.cases import CaseState
from schemas.handling import Compensation, Money
from schemas.handling_words import CompensationBranch, CompensationStep
from schemas.ledger import CaseClocks
from schemas.merging import MergedCase, StandingPayment
from schemas.tasks import Task, TaskEnd
from schemas.vocabulary import CaseStatus, Category, WayPart
from services.adapters import mongo_case_counts
from services.adapters.case_queries import CaseQueries, Queries
from services.adapters.case_search import CaseFilter, Found, Order, Place
from services.adapters.mongo import Document
from services.adapters.mongo_case_counts import bounds_of, pipeline_of
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_indexes import ensure_indexes
from services.domain.case_store import CaseStore
from services.domain.dedup_store import DedupStore
from tests.contract.examples import (
    a_claim,
    a_deduplicated_contact,
    a_projection,
    a_row_of,
    a_state,
)
from tests.support.builders import TENANT, at

EVERYTHING = CaseFilter()
COUNTED = (
    CaseFilter(open_only=True, level=1),
    CaseFilter(open_only=True, team="claims", level=1),
    CaseFilter(assignee="clerk-201", level=1),
    CaseFilter(level=1),
    CaseFilter(status=CaseStatus.INVESTIGATING, team="claims"),
    CaseFilter(asked=("team:claims",), open_only=True),
    CaseFilter(id_prefix="C", team="claims"),
)
"""Each by another index; all nine cases of a test are among them."""
ASKED = Compensation(
    decision=1,
    amount=Money(minor=1, currency="CNY"),
    branch=CompensationBranch.GOODWILL,
    guidance="g-1",
    step=CompensationStep.REQUESTED,
    proposed_by="clerk:1",
    payment_id="pay-1",
    policy="p-1",
    answer_by=at(hours=70),
)
UNANSWERED = ASKED.model_copy(update={"payment_id": "pay-2", "is_unanswered": True})


MINE: dict[str, Any] = {"assignee": "clerk-201"}


def hold(cases: CaseStore, *states: CaseState) -> None:
    cases.project([a_projection(s.seq, case=f"{s.tenant}|{s.case_id}", state=s) for s in states])


def some_cases() -> list[CaseState]:
    """Cases in the order in which they are urgent."""
    mine: dict[str, Any] = {"team": "claims", "assignee": "clerk-201"}
    given: dict[str, Any] = {"part": WayPart.ASKED, "since": at()}
    theirs = Task(number=1, holder="team:claims", **given)
    over = theirs.model_copy(update={"ended_at": at(minutes=1), "end": TaskEnd.DONE})
    front = Task(number=2, holder="team:front", **given)
    asked = {"clocks": CaseClocks(tasks=(theirs, front))}
    done = {"clocks": CaseClocks(tasks=(over, front))}
    return [
        a_state(
            3, case_id="CRIT", level=4, opened_at=at(minutes=9), category=Category.SAFETY, **done
        ),
        a_state(1, case_id="OLD", level=2, opened_at=at(minutes=1), category=Category.LOSS, **mine),
        a_state(
            4,
            case_id="YOUNG",
            level=2,
            opened_at=at(minutes=2),
            team="claims",
            payments=(ASKED,),
            unsure=True,
            **asked,
        ),
        a_state(2, case_id="PLAIN", status=CaseStatus.UNKNOWN, payments=(UNANSWERED, ASKED)),
        a_state(
            5,
            case_id="DONE",
            level=4,
            status=CaseStatus.CLOSED,
            category=Category.LOSS,
            paid_before=(StandingPayment(payment_id="pay-1", minor=1, has_failed=True),),
        ),
    ]


def ids(queries: Queries, wanted: CaseFilter, order: Order = Order.URGENT) -> list[str]:
    return [state.case_id for state in queries.search(TENANT, wanted, order, 50).states]


def test_the_most_urgent_case_is_open_of_a_high_level_and_old(
    queries: Queries, cases: CaseStore
) -> None:
    hold(cases, *reversed(some_cases()), a_state(6, case_id="X", tenant="elsewhere"))
    assert queries.search(TENANT, EVERYTHING, Order.URGENT, 50).states == some_cases()
    assert ids(queries, EVERYTHING, Order.NEWEST) == ["DONE", "YOUNG", "CRIT", "PLAIN", "OLD"]


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (CaseFilter(open_only=True), {"CRIT", "OLD", "YOUNG", "PLAIN"}),
        (CaseFilter(status=CaseStatus.CLOSED), {"DONE"}),
        (CaseFilter(status=CaseStatus.CLOSED, open_only=True), set()),
        (CaseFilter(level=2), {"OLD", "YOUNG"}),
        (CaseFilter(category=Category.LOSS), {"OLD", "DONE"}),
        (CaseFilter(category=Category.LOSS, open_only=True), {"OLD"}),
        (CaseFilter(team="claims"), {"OLD", "YOUNG"}),
        (CaseFilter(assignee="clerk-201"), {"OLD"}),
        (CaseFilter(to_check=True), {"YOUNG"}),
        (CaseFilter(to_check=True, open_only=True, level=1), set()),
        (CaseFilter(left_unpaid=True), {"DONE", "PLAIN"}),
        (CaseFilter(left_unpaid=True, open_only=True), {"PLAIN"}),
        (CaseFilter(id_prefix="C"), {"CRIT"}),
        (CaseFilter(id_prefix="YOUNG"), {"YOUNG"}),
        (CaseFilter(id_prefix=".*"), set()),
        (CaseFilter(ids=("YOUNG", "DONE", "X")), {"YOUNG", "DONE"}),
        (CaseFilter(ids=("YOUNG", "DONE"), open_only=True), {"YOUNG"}),
        (CaseFilter(ids=()), set()),
        (CaseFilter(asked=("team:claims",)), {"YOUNG"}),
        (CaseFilter(asked=("team:front", "team:claims")), {"CRIT", "YOUNG"}),
        (CaseFilter(asked=("team:front",), level=4), {"CRIT"}),
        (CaseFilter(asked=()), set()),
        (CaseFilter(team='{"$ne": ""}'), set()),
    ],
    ids=str,
)
def test_a_list_is_narrowed_field_by_field(
    queries: Queries, cases: CaseStore, wanted: CaseFilter, expected: set[str], order: Order
) -> None:
    hold(cases, *some_cases())
    assert set(ids(queries, wanted, order)) == expected
    assert queries.search(TENANT, wanted, order, 1).total == len(expected)


@pytest.mark.parametrize("order", Order)
def test_pages_follow_each_other_without_a_gap_also_among_equals(
    queries: Queries, cases: CaseStore, order: Order
) -> None:
    equals = [a_state(1, case_id=f"E{n}") for n in range(5)]
    hold(cases, *some_cases(), *equals)
    whole = ids(queries, EVERYTHING, order)
    seen: list[str] = []
    after: Place | None = None
    for _ in range(4):
        page = queries.search(TENANT, EVERYTHING, order, 3, after)
        seen += [state.case_id for state in page.states]
        after = page.after
        if after is None:
            break
        after = Place.read(str(after))
    assert after is None
    assert seen == whole
    assert len(set(whole)) == 10


@pytest.mark.stack
@pytest.mark.parametrize("wanted", COUNTED, ids=str)
def test_a_count_looks_at_so_many_cases_and_no_more(
    database: Database[Document], monkeypatch: pytest.MonkeyPatch, wanted: CaseFilter
) -> None:
    monkeypatch.setattr(mongo_case_counts, "LOOKED_AT", 4)
    marks: dict[str, Any] = {"team": "claims", "level": 1, "status": CaseStatus.INVESTIGATING}
    theirs = Task(number=1, holder="team:claims", part=WayPart.ASKED, since=at())
    marks |= {"clocks": CaseClocks(tasks=(theirs,)), "assignee": "clerk-201"}
    hold(MongoCaseStore(database), *(a_state(1, case_id=f"C{n}", **marks) for n in range(9)))
    bounds = bounds_of(TENANT, wanted)
    asked = {"aggregate": "cases", "pipeline": pipeline_of(TENANT, wanted), "cursor": {}}
    done = database.command("explain", asked | {"hint": bounds.by}, verbosity="executionStats")
    assert 0 < most_looked_at(done) <= 6
    found = CaseQueries(database).search(TENANT, wanted, Order.URGENT, 2)
    assert (found.total, found.is_more) == (4, True)


def test_before_a_worker_has_made_an_index_the_list_is_there_without_it(
    database: Database[Document],
) -> None:
    mine = CaseFilter(assignee="clerk-201", open_only=True)
    hold(MongoCaseStore(database), *(a_state(1, case_id=f"C{n}", **MINE) for n in range(3)))
    database["cases"].drop_index("assigned")
    queries = CaseQueries(database)
    try:
        found = queries.search(TENANT, mine, Order.URGENT, 2)
        assert (len(found.states), found.total, found.is_more) == (2, 3, True)
    finally:
        ensure_indexes(database)
    found = queries.search(TENANT, mine, Order.URGENT, 2)
    assert (len(found.states), found.total, found.is_more) == (2, 3, False)


def most_looked_at(explained: Any) -> int:
    """Return the largest number of keys or documents that any step of a plan has looked at."""
    if isinstance(explained, list):
        return max(map(most_looked_at, explained), default=0)
    if not isinstance(explained, dict):
        return 0
    own = [int(explained.get(f"total{what}Examined", 0)) for what in ("Keys", "Docs")]
    return max(*own, *map(most_looked_at, explained.values()), 0)


def test_a_case_that_nothing_opened_is_in_no_list(queries: Queries, cases: CaseStore) -> None:
    cases.project([a_projection(1, state=None)])
    assert queries.search(TENANT, EVERYTHING, Order.NEWEST, 9) == Found([], None, 0)
    assert queries.search(TENANT, EVERYTHING, Order.URGENT, 0) == Found([], None, 0)


def test_open_cases_are_counted_by_level(queries: Queries, cases: CaseStore) -> None:
    hold(cases, *some_cases(), a_state(6, case_id="X", tenant="elsewhere"))
    assert queries.open_by_level(TENANT) == {4: 1, 2: 2, 1: 1}


def test_a_head_is_found_and_counted_by_the_gravest_case_of_its_matter(
    queries: Queries, cases: CaseStore
) -> None:
    child = MergedCase(
        case_id="CHILD", merge_id="M1", level=4, opened_at=at(), contacts=1, complainants=1
    )
    head = a_state(1, case_id="HEAD", level=2, merged=(child,))
    hold(cases, head, a_state(2, case_id="CHILD", level=4, merged_into="HEAD", merge_id="M1"))
    assert ids(queries, CaseFilter(level=4, open_only=True)) == ["HEAD"]
    assert ids(queries, CaseFilter(level=2)) == []
    assert queries.open_by_level(TENANT) == {4: 1}


def test_a_waybill_leads_to_its_cases_under_any_key_and_generation(
    queries: Queries, dedup: DedupStore
) -> None:
    keys = {"k2.NEW#0": "C1", "k1.OLD#0": "C2", "k1.OLD#10": "C3", "k1.OLDER#0": "C4"}
    dedup.insert_claims([a_claim(f"w|{TENANT}|{key}", case_id=c) for key, c in keys.items()])
    assert queries.cases_of_waybill(TENANT, ["k2.NEW", "k1.OLD"]) == ["C1", "C2", "C3"]
    assert queries.cases_of_waybill("elsewhere", ["k2.NEW"]) == []
    assert queries.cases_of_waybill(TENANT, []) == []


def test_the_cases_of_a_person_are_counted_by_any_index_since_a_time(
    queries: Queries, dedup: DedupStore
) -> None:
    rows = [
        replace(
            a_row_of(a_deduplicated_contact(f"c{number}")),
            case_id=f"C{number // 2}",
            lookups=("k2.NEW",) if number % 2 else ("k1.OLD", 7),
            received_at=at(hours=number),
        )
        for number in range(8)
    ]
    dedup.insert_rows(rows)
    both = ["k2.NEW", "k1.OLD"]
    assert queries.count_cases_of(TENANT, both, at(hours=0)) == 4
    assert queries.count_cases_of(TENANT, both, at(hours=4)) == 2
    assert queries.count_cases_of(TENANT, ["k3.NOBODY"], at(hours=0)) == 0
    assert queries.count_cases_of("elsewhere", both, at(hours=0)) == 0


def test_the_cases_of_a_person_come_by_any_index_and_that_of_the_newest_contact_first(
    queries: Queries, dedup: DedupStore
) -> None:
    told = [("C1", "k2.NEW", 1), ("C2", "k1.OLD", 2), ("C1", "k2.NEW", 3), ("C3", "k2.OTHER", 4)]
    rows = [
        replace(
            a_row_of(a_deduplicated_contact(f"c{hours}", case_id=case_id)),
            lookups=(index, 7),
            received_at=at(hours=hours),
        )
        for case_id, index, hours in told
    ]
    dedup.insert_rows(rows)
    assert queries.cases_of_person(TENANT, ["k2.NEW", "k1.OLD"]) == ["C1", "C2"]
    assert queries.cases_of_person(TENANT, ["k3.NOBODY"]) == []
    assert queries.cases_of_person(TENANT, []) == []
    assert queries.cases_of_person("elsewhere", ["k2.NEW"]) == []


def test_contacts_are_found_by_their_ids(queries: Queries, dedup: DedupStore) -> None:
    record = a_deduplicated_contact("contact-1")
    dedup.insert_rows([a_row_of(record)])
    wanted = record.contact.contact_id
    assert queries.contacts_by_id(TENANT, [wanted, "nobody"]) == {wanted: record}
    assert queries.contacts_by_id("elsewhere", [wanted]) == {}
