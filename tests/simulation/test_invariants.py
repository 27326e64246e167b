"""The chain of each case (I6) and the sums (I7) are checked under their own names: a history that
somebody altered is found by each."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.domain.case_store import LogEntry, LoggedEvent
from tests.simulation.checker import CHECKS, violations
from tests.simulation.evidence import Evidence
from tests.simulation.invariants import INVARIANTS, chains_verify, counters_match
from tests.simulation.notice_checks import NOTICE_CHECKS
from tests.simulation.run import Run, run_seed
from tests.simulation.timer_checks import TIMER_CHECKS

SEED = 3
"""Of a run without faults, whose history has contacts sent again, dead letters and commands."""


@pytest.fixture
def run() -> Run:
    return run_seed(SEED, weather={"commands": 30})


def longest(run: Run) -> dict[int, LogEntry]:
    """Return the longest log of a case, which may be altered."""
    return max(run.world.cases.log.values(), key=len)


def case_of(log: dict[int, LogEntry]) -> str:
    return log[1].case_key


def an_entry_is_cut_off(run: Run) -> None:
    log = longest(run)
    del log[max(log)]


def an_entry_is_taken_out(run: Run) -> None:
    log = longest(run)
    del log[max(log) - 1]


def two_entries_are_swapped(run: Run) -> None:
    log = longest(run)
    last = max(log)
    log[last], log[last - 1] = replace(log[last - 1], n=last), replace(log[last], n=last - 1)


def an_event_is_rewritten(run: Run) -> None:
    _change(longest(run), lambda event: replace(event, value=event.value.replace(b'"at"', b'"as"')))


def an_event_is_of_another_case(run: Run) -> None:
    log = longest(run)
    case_id = case_of(log).partition("|")[2].encode()
    _change(log, lambda event: replace(event, value=event.value.replace(case_id, b"C0")))


def an_event_is_put_in(run: Run) -> None:
    log = longest(run)
    n = max(log)
    log[n] = replace(log[n], events=(*log[n].events, *log[n].events[-1:]))


def a_document_is_set_back(run: Run) -> None:
    cases = run.world.cases.cases
    key = case_of(longest(run))
    cases[key] = replace(cases[key], n=cases[key].n - 1)


def _change(log: dict[int, LogEntry], change: Callable[[LoggedEvent], LoggedEvent]) -> None:
    n = next(n for n in sorted(log) if log[n].events)
    log[n] = replace(log[n], events=tuple(map(change, log[n].events)))


def a_decision_is_lost(run: Run) -> None:
    run.world.dedup.contacts.popitem()


def a_resubmission_is_forgotten(run: Run) -> None:
    run.world.dedup.absorbed.popitem()


def a_document_counts_one_contact_more(run: Run) -> None:
    cases = run.world.cases.cases
    key, one = next((key, one) for key, one in cases.items() if one.state)
    assert one.state is not None
    more = one.state.model_copy(update={"contacts": one.state.contacts + 1})
    cases[key] = replace(one, state=more)


BREAKS_A_CHAIN = (
    an_entry_is_cut_off,
    an_entry_is_taken_out,
    two_entries_are_swapped,
    an_event_is_rewritten,
    an_event_is_of_another_case,
    an_event_is_put_in,
    a_document_is_set_back,
)
UPSETS_A_SUM = (
    a_decision_is_lost,
    a_resubmission_is_forgotten,
    a_document_counts_one_contact_more,
)
Alters = Callable[[Run], None]


def test_a_history_that_nobody_altered_verifies(run: Run) -> None:
    assert violations(run) == []
    assert min(len(longest(run)), len(run.world.dedup.absorbed), len(run.world.dedup.contacts)) > 1


@pytest.mark.parametrize("alters", BREAKS_A_CHAIN, ids=lambda one: one.__name__)
def test_a_chain_that_somebody_altered_does_not_verify(run: Run, alters: Alters) -> None:
    alters(run)
    assert list(chains_verify(Evidence(run)))


@pytest.mark.parametrize("alters", UPSETS_A_SUM, ids=lambda one: one.__name__)
def test_sums_that_do_not_come_out_are_found(run: Run, alters: Alters) -> None:
    alters(run)
    assert list(counters_match(Evidence(run)))


def test_each_invariant_is_asked_for_by_checks_of_the_judge() -> None:
    names = {check.__name__ for check in (*CHECKS, *TIMER_CHECKS, *NOTICE_CHECKS)}
    assert sorted(INVARIANTS) == [f"I{number}" for number in range(1, 8)]
    assert {name for several in INVARIANTS.values() for name in several} <= names
