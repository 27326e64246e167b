"""Rules that ordinary tests hold, broken on purpose: ``python -m tests.faults.planted NAME``
runs those tests with the defect in place, and they must fail.

What a storm in the simulation or a fault on engines must show is planted there
(``tests/simulation/mutants.py``, ``tests/support/broken_rules.py``).
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import pytest

from schemas.personal import KeyRing
from services.adapters.kafka_assignment import Assignment
from services.adapters.memory_cases import MemoryCaseStore
from services.api.quotas import Quotas
from services.cases import clocks, evolution, merging, planning
from services.cases.planning import Item
from services.recovery.forward_notices import NoticesForward
from services.runtime.breaker import Breaker
from services.runtime.loop import BatchLoop
from services.runtime.records import Inbound
from services.sender.journal import Journal

Breaks = Callable[[Any], Any]


class Planted(NamedTuple):
    """``breaks`` makes of the good ``attribute`` of ``owner`` a bad one; ``tests`` find it."""

    name: str
    owner: Any
    attribute: str
    breaks: Breaks
    tests: tuple[str, ...]


PLANTED: Final[list[Planted]] = []


def planted(owner: Any, attribute: str, *tests: str) -> Callable[[Breaks], Breaks]:
    """Add a defect, under the name of the function that makes it."""

    def register(breaks: Breaks) -> Breaks:
        PLANTED.append(Planted(breaks.__name__, owner, attribute, breaks, tests))
        return breaks

    return register


@planted(
    Breaker,
    "admits",
    "unit/runtime/test_poison.py::test_the_breaker_holds_a_flood_and_commits_nothing_of_it",
)
def a_flood_of_poison_is_buried(good: Any) -> Any:
    """The breaker never opens."""
    return lambda self, records, dead, failed: True


@planted(
    Assignment,
    "read_again",
    "contract/test_log_starts.py::"
    "test_what_is_committed_is_not_read_again_where_the_reader_falls_back[kafka]",
)
def the_client_is_trusted_to_begin_where_it_was_told(good: Any) -> Any:
    """What comes is handled, though it is committed."""
    return lambda self, messages: frozenset()


@planted(
    BatchLoop,
    "_places",
    "unit/runtime/test_timed.py::"
    "test_it_acts_for_the_partitions_of_its_topic_and_commits_no_other_position",
)
def timers_commit_without_a_position(good: Any) -> Any:
    """What a timed handler says is committed by a transaction that nothing fences."""
    return lambda self, topic: {}


@planted(
    clocks,
    "_checked",
    "unit/cases/test_levels_and_clocks.py::test_a_clock_of_an_earlier_level_is_outdated",
)
def what_sla_proposes_is_believed(good: Any) -> Any:
    """The case does not work its clocks out again."""
    return lambda state, fired, mark, terms, now: (SimpleNamespace(due=fired.due_at), "")


@planted(
    clocks,
    "_square",
    "unit/cases/test_correcting.py::"
    "test_a_lower_level_takes_back_a_breach_that_is_not_due_any_more",
    "unit/cases/test_merged_clocks.py::"
    "test_a_breach_that_a_child_takes_back_is_taken_back_of_the_head",
)
def no_breach_is_taken_back(good: Any) -> Any:
    """A command that was in time, but applied late, leaves the breach."""
    return lambda *arguments: None


@planted(planning, "time_of", "unit/cases/test_time.py")
def a_case_goes_by_the_clock_of_whoever_decides(good: Any) -> Any:
    """A worker whose clock is behind takes back what was true."""
    return lambda state, now: now


@planted(
    merging,
    "is_earlier",
    "unit/cases/test_merging.py::test_the_earlier_case_is_the_head_whichever_is_named_first",
)
def the_later_case_becomes_the_head(good: Any) -> Any:
    """The case that begins later absorbs the earlier one, and its clocks begin later."""
    return lambda *arguments: not good(*arguments)


@planted(merging, "is_merged_by", "unit/cases/test_merging.py::test_a_lost_answer_is_given_again")
def a_merge_is_not_known_again(good: Any) -> Any:
    """What was agreed on once is refused when it is asked again."""
    return lambda state, link: False


@planted(
    merging,
    "ask_again",
    "unit/cases/test_merging.py::test_an_offer_that_nobody_answered_is_made_again",
)
def an_offer_is_made_once(good: Any) -> Any:
    """No timer sends an unanswered offer again."""
    return lambda *arguments: None


@planted(
    Item,
    "token",
    "unit/cases/test_handler.py::test_a_command_sent_twice_takes_effect_once_and_is_answered_twice",
)
def a_command_is_known_by_its_place_only(good: Any) -> Any:
    """A command that was sent again, and stands elsewhere now, takes effect again."""
    return property(lambda self: None)


@planted(
    evolution,
    "remember",
    "unit/cases/test_levels_and_clocks.py::"
    "test_a_case_that_is_answered_and_reopened_for_ever_stays_small",
)
def a_case_remembers_every_stage_that_fired(good: Any) -> Any:
    """The state grows with each breach and each reopening."""
    return lambda fired, stage: (*fired, stage)


@planted(MemoryCaseStore, "barrier", "unit/cases/test_reading_back.py")
def what_is_read_back_is_produced_at_once(good: Any) -> Any:
    """Nothing waits until a majority has what was read."""
    return lambda self: None


@planted(Inbound, "is_replay", "unit/notification/test_handler.py")
def a_dead_letter_that_comes_back_is_taken_for_sent_again(good: Any) -> Any:
    """The header that names the dead letter is not looked at."""
    return property(lambda self: False)


@planted(Journal, "claim", "unit/sender/test_mutants.py")
def claims_are_written_after_the_send(good: Any) -> Any:
    """A sender that dies in between does not know that it sent."""

    def claim(self: Journal, wanted: Any) -> frozenset[str]:
        waiting = self.__dict__.setdefault("waiting", [])
        save = self.save

        def save_with_claims(results: Any) -> Any:
            if results and waiting:
                good(self, waiting)
                waiting.clear()
            return save(results)

        self.__dict__.setdefault("save", save_with_claims)
        waiting.extend(wanted)
        return frozenset(one.key for one in wanted)

    return claim


@planted(KeyRing, "_blind", "unit/schemas", "unit/dedup")
def keys_are_what_people_said(good: Any) -> Any:
    """Indexes of persons hold their telephone numbers."""
    return lambda self, key_id, purpose, tenant, value: f"{key_id}.{value}"


@planted(Quotas, "admit", "unit/api/test_quotas.py")
def quotas_admit_everybody(good: Any) -> Any:
    """Nobody is asked to wait."""
    return lambda *arguments, **named: None


@planted(NoticesForward, "_attempted", "integration/test_recovery.py")
def a_restore_forgets_what_was_sent(good: Any) -> Any:
    """What was sent between the backup and the loss is not known to have been."""
    return lambda self, ends: None


BY_NAME: Final = {one.name: one for one in PLANTED}
FOUND, SURVIVED, BROKEN = 0, 1, 2
_IMPORTED_BEFORE: Final = "pytest.PytestAssertRewriteWarning"


class Planter:
    """Plants a defect once everything is imported, and notes which tests found it, and what
    broke before or after a test: that is no judgement on the defect."""

    def __init__(self, one: Planted) -> None:
        self.found: list[str] = []
        self.broken: list[str] = []
        self._one = one

    def pytest_collection_finish(self) -> None:
        one = self._one
        setattr(one.owner, one.attribute, one.breaks(getattr(one.owner, one.attribute)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            (self.found if report.when == "call" else self.broken).append(report.nodeid)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests with the defect in place; return 0 when they found it, 1 when it survived,
    2 when they could not be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.planted", description=__doc__)
    parser.add_argument("name", choices=sorted(BY_NAME))
    one = BY_NAME[parser.parse_args(arguments).name]
    planter = Planter(one)
    quiet = (
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    )
    code = pytest.main([*(f"tests/{test}" for test in one.tests), *quiet], plugins=[planter])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or planter.broken:
        return BROKEN
    return FOUND if planter.found else SURVIVED


if __name__ == "__main__":
    sys.exit(main())
