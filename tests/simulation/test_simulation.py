"""Whatever dies, stalls or stays unanswered: the guarantees hold, in every seed."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation.judge import judge, replay_command
from tests.simulation.run import run_seed, weather_of
from tests.simulation.tally import occurred

ROOT = Path(__file__).resolve().parents[2]
CHUNK = 30
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


@pytest.mark.parametrize("first", range(0, 300, CHUNK))
def test_all_guarantees_hold_in_every_seed(first: int) -> None:
    for seed in range(first, first + CHUNK):
        found = judge(seed)
        assert not found, f"{found[:10]}\nreplay: {replay_command(seed)}"


@pytest.mark.parametrize("first", range(0, 60, CHUNK))
def test_all_guarantees_hold_on_the_whole_path(first: int) -> None:
    for seed in range(first, first + CHUNK):
        found = judge(seed, is_whole=True)
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
    steps: Counter[str] = Counter()
    story: list[str] = []
    for seed in range(80):
        run = run_seed(seed, trace=True)
        story += run.world.faults.trace or ()
        steps.update({step.value: times for step, times in run.world.seen.steps.items()})
    assert steps["committed"] > 500
    assert min(steps["lost"], steps["outage"], steps["paused"]) > 20
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
    told: Counter[str] = Counter()
    for seed in range(60, 90):
        told += occurred(run_seed(seed, weather=weather_of(seed, True), is_whole=True))
    assert not [what for what in EVERY_PART if not told[what]], told
