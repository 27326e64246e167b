"""The CaseStore port: what both of its forms promise."""

import pytest

from schemas.cases import CaseState
from schemas.codec import decode, encode
from services.domain.case_store import CaseStore, LoggedEvent, LoggedSettlement
from tests.contract.examples import KEY, a_projection, a_state, an_entry
from tests.support.builders import TENANT

OTHER = f"{TENANT}|C2"


def test_an_entry_is_read_back_exactly_as_it_was_written(cases: CaseStore) -> None:
    entry = an_entry(
        sources=("topic-id:0:1", "topic-id:0:2"),
        tokens=("cmd:a", "cmd:b"),
        events=(
            LoggedEvent(1, "topic-id:0:1", b"\x00one"),
            LoggedEvent(2, "topic-id:0:2", b"two"),
        ),
        settlements=(LoggedSettlement("a", "topic-id:0:2", "digest", b"settled"),),
    )
    assert cases.append([entry]) == frozenset()
    assert cases.entries_after(KEY, 0) == [entry]


def test_an_entry_without_events_or_tokens_is_read_back_exactly(cases: CaseStore) -> None:
    entry = an_entry(events=())
    cases.append([entry])
    assert cases.entries_after(KEY, 0) == [entry]


def test_entries_come_in_order_of_their_number_even_beyond_single_digits(cases: CaseStore) -> None:
    for n in range(1, 13):
        cases.append([an_entry(n)])
    assert [entry.n for entry in cases.entries_after(KEY, 0)] == list(range(1, 13))
    assert [entry.n for entry in cases.entries_after(KEY, 9)] == [10, 11, 12]
    assert cases.entries_after(KEY, 12) == []


def test_the_newest_entries_come_newest_first_up_to_a_limit_and_a_number(cases: CaseStore) -> None:
    for n in range(1, 13):
        cases.append([an_entry(n)])

    def numbers(limit: int, up_to_n: int) -> list[int]:
        return [entry.n for entry in cases.newest_entries(KEY, limit, up_to_n)]

    assert numbers(3, 11) == [11, 10, 9]
    assert numbers(3, 10**12) == [12, 11, 10]
    assert numbers(100, 2) == [2, 1]
    assert numbers(0, 5) == numbers(-1, 5) == numbers(5, 0) == []


def test_cases_whose_ids_begin_alike_are_kept_apart(cases: CaseStore) -> None:
    keys = [f"{TENANT}|C1", f"{TENANT}|C1-2", f"{TENANT}|C", f"elsewhere|{KEY}"]
    assert cases.append([an_entry(case=key) for key in keys]) == frozenset()
    assert [entry.case_key for entry in cases.entries_after(KEY, 0)] == [KEY]
    assert [entry.case_key for entry in cases.newest_entries(KEY, 9, 9)] == [KEY]
    assert [entry.case_key for entry in cases.entries_holding(KEY, ["topic-id:0:1"])] == [KEY]


def test_a_number_a_source_and_a_token_are_each_taken_once_per_case(cases: CaseStore) -> None:
    standing = an_entry(1, sources=("s1", "s2"), tokens=("cmd:a",))
    cases.append([standing])
    same_number = an_entry(1, sources=("s3",))
    same_source = an_entry(2, sources=("s4", "s2"))
    same_token = an_entry(2, sources=("s5",), tokens=("cmd:b", "cmd:a"))
    for rival in (same_number, same_source, same_token, standing):
        assert cases.append([rival]) == {KEY}
    assert cases.entries_after(KEY, 0) == [standing]


def test_another_case_may_have_the_same_number_source_and_token(cases: CaseStore) -> None:
    entries = [an_entry(1, case=key, tokens=("cmd:a",)) for key in (KEY, OTHER)]
    assert cases.append(entries) == frozenset()


def test_a_refused_entry_leaves_no_mark_that_would_refuse_a_later_one(cases: CaseStore) -> None:
    cases.append([an_entry(1, sources=("s1",))])
    cases.append([an_entry(1, sources=("s2",), tokens=("cmd:a",))])
    assert cases.append([an_entry(2, sources=("s2",), tokens=("cmd:a",))]) == frozenset()


def test_only_the_cases_in_conflict_are_named_and_the_others_are_written(cases: CaseStore) -> None:
    cases.append([an_entry(1)])
    assert cases.append([an_entry(1), an_entry(1, case=OTHER)]) == {KEY}
    assert len(cases.entries_after(OTHER, 0)) == 1


def test_one_entry_may_hold_a_mark_twice(cases: CaseStore) -> None:
    entry = an_entry(1, sources=("s1", "s1"))
    assert cases.append([entry]) == frozenset()
    assert cases.entries_holding(KEY, ["s1"]) == [entry]


def test_entries_holding_any_mark_come_once_each_and_in_order(cases: CaseStore) -> None:
    first = an_entry(1, sources=("s1", "s2"))
    second = an_entry(2, sources=("s3",), tokens=("cmd:a",))
    third = an_entry(3, sources=("s4",))
    for entry in (first, second, third):
        cases.append([entry])
    assert cases.entries_holding(KEY, ["cmd:a", "s2", "s1", "s99"]) == [first, second]
    assert cases.entries_holding(KEY, []) == []


def test_two_entries_of_one_case_in_one_call_are_refused(cases: CaseStore) -> None:
    with pytest.raises(ValueError, match="one entry per case"):
        cases.append([an_entry(1), an_entry(2)])
    assert cases.entries_after(KEY, 0) == []


def test_an_entry_without_a_source_is_refused(cases: CaseStore) -> None:
    with pytest.raises(ValueError, match="at least one source"):
        cases.append([an_entry(1, sources=(), tokens=("cmd:a",))])


def test_a_projection_is_read_back_exactly_as_it_was_written(cases: CaseStore) -> None:
    bare = a_projection(1, case=OTHER)
    full = a_projection(
        3,
        state=a_state(
            3,
            status="acknowledged",
            waybill_index="k1.WAYBILL",
            assignee="clerk:7",
            acknowledged_at="2026-03-02T20:00:00.000001+08:00",
            resolved_at="2026-03-02T12:00:00.999999Z",
            closed_at="2026-03-02T12:00:00Z",
            reopened=2,
        ),
    )
    cases.project([full, bare])
    assert cases.projections([KEY, OTHER, "nobody"]) == {KEY: full, OTHER: bare}


def test_a_projection_of_a_case_that_nothing_opened_is_read_back_exactly(cases: CaseStore) -> None:
    refused_only = a_projection(1, state=None, tip=())
    cases.project([refused_only])
    assert cases.projections([KEY]) == {KEY: refused_only}


def test_what_a_newer_producer_added_to_a_state_is_carried_along(cases: CaseStore) -> None:
    newer = encode(a_state())[:-1] + b',"mood":"furious"}'
    state = decode(CaseState, newer)
    cases.project([a_projection(1, state=state)])
    read = cases.projections([KEY])[KEY].state
    assert read is not None
    assert encode(read) == newer


def test_a_newer_projection_replaces_an_older_one_and_never_the_other_way(
    cases: CaseStore,
) -> None:
    older, newer = a_projection(2), a_projection(5)
    cases.project([older])
    cases.project([newer])
    cases.project([older])
    assert cases.projections([KEY]) == {KEY: newer}


def test_the_first_projection_does_not_replace_a_later_one(cases: CaseStore) -> None:
    later = a_projection(2)
    cases.project([later])
    cases.project([a_projection(1)])
    assert cases.projections([KEY]) == {KEY: later}


def test_a_projection_of_the_same_number_is_left_as_it_stands(cases: CaseStore) -> None:
    standing = a_projection(2, tip=("standing",))
    cases.project([standing])
    cases.project([a_projection(2, tip=("again",))])
    assert cases.projections([KEY]) == {KEY: standing}


def test_a_case_whose_first_projection_was_lost_in_a_crash_gets_a_later_one(
    cases: CaseStore,
) -> None:
    lost, present = a_projection(4), a_projection(1, case=OTHER)
    cases.project([present])
    cases.project([lost, a_projection(2, case=OTHER)])
    assert cases.projections([KEY, OTHER]) == {KEY: lost, OTHER: a_projection(2, case=OTHER)}


def test_new_older_and_newer_projections_go_together_in_one_call(cases: CaseStore) -> None:
    keys = [f"{TENANT}|C{i}" for i in range(4)]
    new, again, older, newer = keys
    cases.project([a_projection(1, case=again), a_projection(9, case=older)])
    cases.project([a_projection(3, case=newer)])
    cases.project(
        [
            a_projection(1, case=new),
            a_projection(1, case=again),
            a_projection(8, case=older),
            a_projection(4, case=newer),
        ]
    )
    numbers = {key: one.n for key, one in cases.projections(keys).items()}
    assert numbers == {new: 1, again: 1, older: 9, newer: 4}


def test_asking_for_nothing_and_writing_nothing_are_allowed(cases: CaseStore) -> None:
    cases.project([])
    assert cases.append([]) == frozenset()
    assert cases.projections([]) == {}


def test_the_barrier_can_be_passed_again_and_again(cases: CaseStore) -> None:
    for _ in range(3):
        cases.barrier()
