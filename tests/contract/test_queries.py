"""The read side for the API: the same answers from memory and from MongoDB."""

from schemas.vocabulary import CaseStatus
from services.adapters.case_queries import Queries
from services.domain.case_store import CaseStore
from services.domain.dedup_store import DedupStore
from tests.contract.examples import (
    CASE,
    a_change,
    a_deduplicated_contact,
    a_logged_settlement,
    a_projection,
    a_row_of,
    a_settled,
    a_state,
    an_entry,
    an_entry_of_changes,
)
from tests.support.builders import TENANT, at


def test_a_case_is_found_by_tenant_and_id_only(queries: Queries, cases: CaseStore) -> None:
    cases.project([a_projection(2)])
    assert queries.case(TENANT, CASE) == a_state(2)
    assert queries.case("elsewhere", CASE) is None
    assert queries.case(TENANT, "C2") is None


def test_a_case_that_nothing_opened_is_no_case(queries: Queries, cases: CaseStore) -> None:
    cases.project([a_projection(1, state=None)])
    assert queries.case(TENANT, CASE) is None
    assert queries.recent(TENANT, 10) == []


def test_the_history_goes_on_after_a_sequence_number_up_to_a_limit(
    queries: Queries, cases: CaseStore
) -> None:
    cases.append([an_entry_of_changes(1, 1, 2)])
    cases.append([an_entry(2, sources=("refused",), events=())])
    cases.append([an_entry_of_changes(3, 3, 4, 5)])
    cases.append([an_entry_of_changes(4, 6)])

    def seqs(after_seq: int, limit: int) -> list[int]:
        return [change.seq for change in queries.history(TENANT, CASE, after_seq, limit)]

    assert queries.history(TENANT, CASE) == [a_change(seq) for seq in range(1, 7)]
    assert seqs(1, 3) == [2, 3, 4]
    assert seqs(4, 100) == [5, 6]
    assert seqs(6, 100) == seqs(0, 0) == seqs(0, -1) == []
    assert queries.history("elsewhere", CASE) == []


def test_contacts_of_a_case_come_newest_first_and_one_persons_can_be_asked_for(
    queries: Queries, dedup: DedupStore
) -> None:
    mine_old = a_deduplicated_contact("mine-old", received_at=at(minutes=1))
    theirs = a_deduplicated_contact("theirs", customer="cust-2", received_at=at(minutes=2))
    mine_new = a_deduplicated_contact("mine-new", received_at=at(minutes=3))
    elsewhere = a_deduplicated_contact("elsewhere", case_id="C2")
    dedup.insert_rows([a_row_of(one) for one in (theirs, mine_new, elsewhere, mine_old)])
    assert queries.contacts(TENANT, CASE) == [mine_new, theirs, mine_old]
    assert queries.contacts(TENANT, CASE, limit=1) == [mine_new]
    assert queries.contacts(TENANT, CASE, limit=0) == []
    assert queries.contacts(TENANT, CASE, mine_old.contact.person) == [mine_new, mine_old]
    assert queries.contacts("elsewhere", CASE) == []


def test_a_contact_is_found_by_its_id_and_by_its_tracking_code(
    queries: Queries, dedup: DedupStore
) -> None:
    record = a_deduplicated_contact("contact-1")
    dedup.insert_rows([a_row_of(record)])
    contact = record.contact
    assert queries.contact(TENANT, contact.contact_id) == record
    assert queries.contact("elsewhere", contact.contact_id) is None
    assert queries.by_tracking(TENANT, contact.tracking) == record
    assert queries.by_tracking(None, contact.tracking) == record
    assert queries.by_tracking("elsewhere", contact.tracking) is None
    assert queries.by_tracking(None, "NOBODY") is None


def test_a_settlement_is_found_by_command_among_others_of_its_entry(
    queries: Queries, cases: CaseStore
) -> None:
    first, second = a_settled("a"), a_settled("b", seq=2)
    cases.append(
        [
            an_entry(
                sources=("s1", "s2"),
                tokens=("cmd:a", "cmd:b"),
                settlements=(a_logged_settlement(first, "s1"), a_logged_settlement(second, "s2")),
            )
        ]
    )
    assert queries.settlement(TENANT, CASE, "b") == second
    assert queries.settlement(TENANT, CASE, "not-yet") is None
    assert queries.settlement("elsewhere", CASE, "b") is None


def test_the_first_settlement_of_a_command_id_is_the_one_that_counts(
    queries: Queries, cases: CaseStore
) -> None:
    accepted, reused = a_settled("a"), a_settled("a", seq=9)
    logged = (a_logged_settlement(accepted, "s1"), a_logged_settlement(reused, "s2"))
    cases.append([an_entry(sources=("s1", "s2"), tokens=("cmd:a",), settlements=logged)])
    assert queries.settlement(TENANT, CASE, "a") == accepted


def test_recent_cases_come_last_changed_first_and_by_status_if_asked(
    queries: Queries, cases: CaseStore
) -> None:
    states = [
        a_state(3, case_id="C3", status=CaseStatus.CLOSED),
        a_state(1, case_id="C1"),
        a_state(2, case_id="C2", status=CaseStatus.UNKNOWN),
        a_state(4, case_id="C4", tenant="elsewhere"),
    ]
    cases.project([a_projection(s.seq, case=f"{s.tenant}|{s.case_id}", state=s) for s in states])

    def found(limit: int, status: CaseStatus | None = None) -> list[str]:
        return [state.case_id for state in queries.recent(TENANT, limit, status)]

    assert found(10) == ["C3", "C2", "C1"]
    assert found(2) == ["C3", "C2"]
    assert found(10, CaseStatus.CLOSED) == ["C3"]
    assert found(10, CaseStatus.RESOLVED) == found(0) == []
    assert queries.recent("elsewhere", 1) == [states[3]]


def test_words_of_the_query_language_are_only_words(queries: Queries, dedup: DedupStore) -> None:
    dedup.insert_rows([a_row_of(a_deduplicated_contact("contact-1"))])
    assert queries.by_tracking("$ne", "$gt") is None
    assert queries.contacts(TENANT, '{"$gt": ""}') == []
