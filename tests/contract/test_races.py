"""Many writers at once: one winner each, and everybody knows which."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from services.domain.case_store import CaseStore, LogEntry
from services.domain.dedup_store import DedupStore
from tests.contract.examples import KEY, a_claim, a_projection, a_row, an_entry
from tests.support.builders import TENANT

WRITERS = 8
T = TypeVar("T")


def at_once(act: Callable[[int], T]) -> list[T]:
    """Let every writer ``act`` in its own thread, all starting together."""
    start = Barrier(WRITERS)

    def run(writer: int) -> T:
        start.wait()
        return act(writer)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def test_rivals_for_the_same_claims_agree_on_every_winner(dedup: DedupStore) -> None:
    keys = [f"waybill|{i}" for i in range(200)]

    def claim_all(writer: int) -> dict[str, str]:
        order = keys if writer % 2 else keys[::-1]
        claims = [a_claim(key, contact_id=f"writer-{writer}") for key in order]
        return {key: won.contact_id for key, won in dedup.insert_claims(claims).items()}

    answers = at_once(claim_all)
    assert all(answer == answers[0] for answer in answers)
    stored = {key: claim.contact_id for key, claim in dedup.claims(keys).items()}
    assert stored == answers[0]
    assert stored.keys() == set(keys)


def test_rivals_deciding_about_the_same_contacts_agree_on_every_decision(
    dedup: DedupStore,
) -> None:
    names = [f"contact-{i}" for i in range(100)]

    def decide_all(writer: int) -> dict[str, bytes]:
        out = f"writer-{writer}".encode()
        rows = [a_row(name, source=f"topic-id:{writer}:1", out=out) for name in names]
        return {key: row.out for key, row in dedup.insert_rows(rows).items()}

    answers = at_once(decide_all)
    assert all(answer == answers[0] for answer in answers)
    assert {key: row.out for key, row in dedup.rows(answers[0]).items()} == answers[0]


def test_of_rivals_for_one_number_of_a_log_exactly_one_is_not_in_conflict(
    cases: CaseStore,
) -> None:
    keys = [f"{TENANT}|C{i}" for i in range(50)]

    def append_all(writer: int) -> set[str]:
        entries = [an_entry(1, case=key, sources=(f"topic-id:{writer}:1",)) for key in keys]
        return set(keys) - cases.append(entries)

    written = at_once(append_all)
    assert sorted(key for won in written for key in won) == sorted(keys)
    for writer, won in enumerate(written):
        for key in won:
            assert [e.sources for e in cases.entries_after(key, 0)] == [(f"topic-id:{writer}:1",)]


def test_of_rivals_with_one_source_exactly_one_is_written_whatever_its_number(
    cases: CaseStore,
) -> None:
    conflicts = at_once(lambda writer: cases.append([an_entry(writer + 1, sources=("same",))]))
    assert sorted(map(len, conflicts)) == [0] + [1] * (WRITERS - 1)
    assert len(cases.entries_after(KEY, 0)) == 1


def test_writers_that_read_again_after_a_conflict_leave_a_log_without_a_gap(
    cases: CaseStore,
) -> None:
    each = 10

    def append_in_turn(writer: int) -> None:
        for i in range(each):
            while True:
                known = cases.newest_entries(KEY, 1, 10**6)
                entry = an_entry(
                    known[0].n + 1 if known else 1, sources=(f"topic-id:{writer}:{i}",)
                )
                if not cases.append([entry]):
                    break

    at_once(append_in_turn)
    log = cases.entries_after(KEY, 0)
    assert [entry.n for entry in log] == list(range(1, WRITERS * each + 1))
    assert len({entry.sources for entry in log}) == WRITERS * each


def test_the_newest_projection_stays_whoever_writes_last(cases: CaseStore) -> None:
    keys = [f"{TENANT}|C{i}" for i in range(20)]

    def project_all(writer: int) -> None:
        for n in (writer + 1, WRITERS - writer):
            cases.project([a_projection(n, case=key) for key in keys])

    at_once(project_all)
    assert {one.n for one in cases.projections(keys).values()} == {WRITERS}


def test_a_conflict_can_be_read_at_once(cases: CaseStore) -> None:
    def lose_and_look(writer: int) -> list[LogEntry]:
        for n in range(1, 21):
            if cases.append([an_entry(n, sources=(f"topic-id:{writer}:{n}",))]):
                found = cases.entries_after(KEY, n - 1)
                assert found, "a conflict whose winner cannot be seen"
        return cases.entries_after(KEY, 0)

    logs = at_once(lose_and_look)
    assert all(log == logs[0] for log in logs)
