"""The bench of notices says whether its targets are reached, and ends accordingly."""

import pytest

from bench.notices import SENDERS, WANTED, verdict


def test_what_is_reached_passes() -> None:
    rates = {kind: float(wanted) for kind, wanted in WANTED.items()}
    assert verdict(rates) == ("PASS: http 1,500 of 1,500, smtp 300 of 300 notices/s", 0)


@pytest.mark.parametrize("kind", WANTED)
def test_one_target_that_is_missed_fails_and_is_named(kind: str) -> None:
    rates = {name: float(wanted) for name, wanted in WANTED.items()}
    line, status = verdict(rates | {kind: WANTED[kind] - 0.1})
    assert status == 1
    assert line.startswith("BELOW TARGET: ")
    assert f"{kind} {WANTED[kind] - 1:,} of {WANTED[kind]:,}" in line


def test_two_senders_are_what_the_targets_are_for() -> None:
    assert SENDERS == 2
