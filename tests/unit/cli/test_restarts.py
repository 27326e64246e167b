"""When a crashed worker is started again."""

from services.cli.restarts import LONGEST_WAIT, after_crash


def test_the_first_crash_is_answered_at_once() -> None:
    restart = after_crash(0.0, 100.0, crashes_before=0, chance=0.5)
    assert (restart.due, restart.crashes) == (100.0, 1)


def test_waits_grow_to_the_longest_and_never_end() -> None:
    crashes, waits = 0, []
    for _ in range(100):
        restart = after_crash(0.0, 0.0, crashes, chance=0.0)
        crashes = restart.crashes
        waits.append(restart.due)
    assert waits == sorted(waits)
    assert waits[:4] == [0.0, 0.5, 1.0, 2.0]
    assert waits[-1] == LONGEST_WAIT


def test_chance_shortens_a_wait_by_up_to_a_half() -> None:
    assert after_crash(0.0, 0.0, 3, chance=1.0).due == after_crash(0.0, 0.0, 3, chance=0.0).due / 2


def test_a_worker_that_ran_well_starts_over_and_a_third_crash_is_a_loop() -> None:
    assert after_crash(0.0, 31.0, crashes_before=9, chance=0.0).crashes == 1
    assert not after_crash(0.0, 1.0, crashes_before=1, chance=0.0).is_loop
    assert after_crash(0.0, 1.0, crashes_before=2, chance=0.0).is_loop
