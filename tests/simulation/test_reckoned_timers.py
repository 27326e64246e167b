"""The reckoning of timers that the judge has of its own: it agrees with a good run, notices another
hour, and knows whose warning a warning is."""

from datetime import timedelta

from tests.simulation.evidence import Evidence
from tests.simulation.judge import judge
from tests.simulation.reckoned_timers import timer_problem
from tests.simulation.run import run_seed


def test_a_timer_that_is_an_hour_off_or_of_another_stage_is_noticed() -> None:
    run = run_seed(3, is_whole=True)
    newest = {row.case_key: row for row in sorted(run.world.behind.timers.rows.values())}
    armed = [row for row in newest.values() if row.due is not None and row.stage is not None]
    assert armed
    for row in armed:
        history = Evidence(run).histories[row.case_key]
        assert row.due is not None
        assert timer_problem(row.case_key, history, row) is None
        assert timer_problem(row.case_key, history, row._replace(due=None))
        assert timer_problem(row.case_key, history, row._replace(stage=None))
        for hours in (-1, 1):
            other = row._replace(due=row.due + timedelta(hours=hours))
            assert timer_problem(row.case_key, history, other)


def test_a_head_that_hears_of_a_childs_warning_has_its_own_before_it() -> None:
    assert judge(500141, is_whole=True) == []
