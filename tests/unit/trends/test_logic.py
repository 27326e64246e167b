"""When counts are a surge. One window is five minutes; pictures show counts per window."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.trends import ContactsCounted, SurgeSeen
from schemas.vocabulary import Category
from services.trends.logic import Outcome, Verdict, Watch
from services.trends.policy import TrendsPolicy, load_policy
from tests.support.builders import NOON
from tests.support.counts import WINDOW_SECONDS, counts

POLICY = TrendsPolicy(
    version="test",
    window_seconds=WINDOW_SECONDS,
    memory_windows=36,
    learn_windows=3,
    least_count=20,
    least_ratio=3.0,
    late_windows=2,
)


def watched(per_window: list[int], policy: TrendsPolicy = POLICY) -> tuple[Watch, list[int]]:
    """A watch fed with one count per window, and the windows in which it saw a surge."""
    watch, seen = Watch(policy), []
    for window, count in enumerate(per_window):
        if count and watch.add(counts(window, count)).surge is not None:
            seen.append(window)
    return watch, seen


def the_surge(verdict: Verdict) -> SurgeSeen:
    assert verdict.surge is not None, verdict
    return verdict.surge


@pytest.mark.parametrize(
    ("per_window", "surges"),
    [
        pytest.param([10, 10, 10, 10, 29], [], id="just-below-three-times-the-usual"),
        pytest.param([10, 10, 10, 10, 30], [4], id="three-times-the-usual"),
        pytest.param([1, 1, 1, 1, 19], [], id="below-the-least-count-whatever-the-ratio"),
        pytest.param([1, 1, 1, 1, 20], [4], id="the-least-count"),
        pytest.param([100] * 12, [], id="a-busy-hub-is-usual-from-the-beginning"),
        pytest.param([100, 400, 400], [], id="nothing-is-said-while-learning"),
        pytest.param([10] * 36 + [60] * 12, [36, 37, 38, 39], id="every-window-until-it-is-usual"),
        pytest.param([30, 30, 30, 0, 0, 0, 0, 0, 0, 60], [9], id="silence-lowers-the-usual"),
    ],
)
def test_a_surge_is_seen_in_these_windows(per_window: list[int], surges: list[int]) -> None:
    assert watched(per_window)[1] == surges


def test_the_record_says_the_window_the_count_the_usual_and_the_ratio() -> None:
    watch, _ = watched([10, 10, 10, 10])
    surge = the_surge(watch.add(counts(4, 45, second=17)))
    assert surge.window_from == NOON + timedelta(minutes=20)
    assert surge.window_to == NOON + timedelta(minutes=25)
    assert (surge.count, surge.usual, surge.ratio) == (45, 10.0, 4.5)
    assert (surge.tenant, surge.hub, surge.category) == ("default", "hub-1", Category.DELAY)


def test_a_surge_is_said_once_per_window_as_soon_as_the_counts_reach_it() -> None:
    watch, _ = watched([5, 5, 5, 5])
    outcomes = [watch.add(counts(4, 10, second=n)).outcome for n in range(5)]
    assert outcomes == ["counted", "surge", "counted", "counted", "counted"]


@pytest.mark.parametrize("different", [{"hub": "hub-2"}, {"category": "loss"}, {"tenant": "other"}])
def test_counts_of_another_hub_category_or_tenant_are_another_series(
    different: dict[str, Any],
) -> None:
    watch, _ = watched([10, 10, 10, 10])
    for window in range(4):
        watch.add(counts(window, 25, **different))
    assert watch.add(counts(4, 29)).surge is None
    assert watch.add(counts(4, 45, **different)).surge is None
    assert len(watch) == 2


def test_a_hub_that_was_silent_since_the_watch_began_has_a_usual_of_nothing() -> None:
    watch, _ = watched([10, 10, 10, 10])
    surge = the_surge(watch.add(counts(4, 20, hub="quiet")))
    assert (surge.usual, surge.ratio) == (0.0, 20.0)


def test_a_count_that_is_a_little_late_belongs_to_the_current_window() -> None:
    watch, _ = watched([10, 10, 10, 10, 15, 15])
    assert watch.add(counts(3, 30)).outcome is Outcome.SURGE
    assert watch.add(counts(5, 30)).outcome is Outcome.COUNTED


def test_a_count_of_long_ago_is_history_and_changes_nothing() -> None:
    watch, _ = watched([10, 10, 10, 10, 15, 15])
    before = repr(watch)
    assert watch.add(counts(2, 1000)) == Verdict(Outcome.LATE)
    assert repr(watch) == before


def test_history_of_a_hub_never_heard_of_is_history_too() -> None:
    watch, _ = watched([10] * 8)
    assert watch.add(counts(-9000, 1000, hub="quiet")).outcome is Outcome.LATE
    assert len(watch) == 1


def test_the_series_that_was_silent_longest_is_forgotten_first() -> None:
    watch = Watch(POLICY, max_series=2)
    for hub in ("a", "b", "a", "c"):
        watch.add(counts(hub=hub))
    assert [hub for _, hub, _ in watch._series] == ["a", "c"]


def test_a_silence_of_years_is_no_loop_and_no_overflow() -> None:
    watch, _ = watched([10, 10, 10, 10])
    surge = the_surge(watch.add(counts(10_000_000, 20)))
    assert surge.usual == 0.0


batches = st.lists(
    st.builds(
        counts,
        st.just(6),
        st.integers(1, 40),
        hub=st.sampled_from(["a", "b"]),
        second=st.integers(0, 299),
    ),
    max_size=12,
)


@given(batches, st.randoms(use_true_random=False))
def test_the_order_within_a_window_does_not_matter(
    window: list[ContactsCounted], chance: Any
) -> None:
    shuffled = window[:]
    chance.shuffle(shuffled)
    told, states = [], []
    for order in (window, shuffled):
        watch = Watch(POLICY)
        for hub in ("a", "b"):
            for past in range(6):
                watch.add(counts(past, 8, hub=hub))
        verdicts = [watch.add(one) for one in order]
        told.append(sorted(v.surge.hub for v in verdicts if v.surge))
        states.append(dict(sorted((k, repr(v)) for k, v in watch._series.items())))
    assert told[0] == told[1]
    assert len(told[0]) == len(set(told[0])), "once per window"
    assert states[0] == states[1]


@given(st.lists(st.integers(0, 200), max_size=60))
def test_no_surge_is_said_below_either_threshold(per_window: list[int]) -> None:
    watch = Watch(POLICY)
    for window, count in enumerate(per_window):
        if count and (surge := watch.add(counts(window, count)).surge):
            assert window >= POLICY.learn_windows
            assert surge.count >= POLICY.least_count
            assert surge.count >= POLICY.least_ratio * surge.usual - 0.01


def test_the_shipped_policy_is_sound() -> None:
    policy = load_policy()
    assert policy.learn_windows < policy.memory_windows
