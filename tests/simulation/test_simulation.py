"""Whatever dies, stalls or stays unanswered: the guarantees hold, in every seed."""

import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from services.runtime.loop import Step
from tests.simulation.judge import Verdict, replay_command, verdict_on
from tests.simulation.run import run_seed, weather_of

ROOT = Path(__file__).resolve().parents[2]
CHUNK = 30
TOLD = range(80)
"""Seeds whose story is written down, to see what happens in them."""
EVERY_PART = (
    "crashes",
    "stalls",
    "rebalances",
    "expulsions",
    "outages",
    "answers lost",
    "leaps of time",
    "transactions lost",
    "timers fired",
    "warnings",
    "breaches",
    "escalations",
    "notices",
    "notices suppressed",
    "notices held",
    "sendings",
    "sendings in doubt",
    "notices doubled",
    "incidents: opened",
    "incidents: cases_joined",
    "incidents: level_raised",
)


class Seen(NamedTuple):
    """What came of a seed: its verdict, its story if it is told, and the steps of its workers."""

    verdict: Verdict
    story: tuple[str, ...]
    steps: Counter[Step]


@cache
def see(seed: int, is_whole: bool = False) -> Seen:
    """Run a seed, once for all who ask about it."""
    weather, is_told = weather_of(seed, is_whole), seed in TOLD and not is_whole
    run = run_seed(seed, trace=is_told, weather=weather, is_whole=is_whole)
    story = tuple(run.world.faults.trace or ())
    return Seen(verdict_on(run), story, Counter(run.world.seen.steps))


@pytest.mark.parametrize("first", range(0, 300, CHUNK))
def test_all_guarantees_hold_in_every_seed(first: int) -> None:
    for seed in range(first, first + CHUNK):
        found = see(seed).verdict.problems
        assert not found, f"{found[:10]}\nreplay: {replay_command(seed)}"


@pytest.mark.parametrize("first", range(0, 60, CHUNK))
def test_all_guarantees_hold_on_the_whole_path(first: int) -> None:
    for seed in range(first, first + CHUNK):
        found = see(seed, is_whole=True).verdict.problems
        assert not found, f"{found[:10]}\nreplay: {replay_command(seed, is_whole=True)}"


def test_the_same_seed_runs_the_same_way_even_where_python_hashes_differently() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--seeds", "6", "--start", "3", "--trace"]
    running = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("1", "2")
    ]
    one, other = (process.communicate()[0].splitlines() for process in running)
    assert any("fingerprint" in line for line in one)
    assert [line for line in one if "minute" not in line] == [
        line for line in other if "minute" not in line
    ]


def test_the_simulation_is_not_asleep() -> None:
    """Everything that is supposed to go wrong does, and work goes on nevertheless."""
    story = [line for seed in TOLD for line in see(seed).story]
    steps = sum((see(seed).steps for seed in TOLD), Counter[Step]())
    assert steps[Step.COMMITTED] > 500
    assert min(steps[Step.LOST], steps[Step.OUTAGE], steps[Step.PAUSED]) > 20
    for events in (
        ("crash after insert_claims", "crash after_claims", "crash before insert_rows"),
        ("crash after append", "crash after_log", "crash before project"),
        ("crash before commit", "crash before_commit", "crash after commit"),
        ("stalls after append", "stalls after_log", "stalls before project"),
        ("mongodb away",),
        ("kafka away",),
        ("kafka did commit but the answer is lost",),
        ("mongodb did append but", "mongodb did insert_rows but", "mongodb did insert_claims but"),
        ("expelled",),
        ("rebalance",),
        ("asked to stop",),
        ("committed offset of",),
        ("1 dead letters are replayed", "2 dead letters are replayed"),
    ):
        happened = any(event in line for line in story for event in events)
        assert happened, f"never happens: {events}"


def test_every_part_of_the_whole_path_does_its_work_in_the_storm() -> None:
    told = sum((see(seed, is_whole=True).verdict.occurred for seed in range(30)), Counter[str]())
    assert not [what for what in EVERY_PART if not told[what]], told
