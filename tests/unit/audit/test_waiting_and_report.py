"""An audit waits for the workers within bounds, and its report hides nothing but content."""

from prometheus_client.parser import text_string_to_metric_families

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.overdue import Lag
from services.audit.report import as_json, as_lines, as_metrics
from services.audit.run import Outcome, Verdict, wait_until_drained
from services.runtime.catalogue.watchers import AUDIT
from tests.support.builders import NOON


class Clock:
    """Time that passes by being slept through."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def waited(counts: list[int], seconds: float) -> tuple[bool, float]:
    clock = Clock()
    left = iter(counts)
    told = wait_until_drained(
        lambda: next(left, counts[-1]), seconds, lambda *_: None, lambda: clock.now, clock.sleep
    )
    return told, clock.now


def test_a_drained_system_is_not_waited_for() -> None:
    assert waited([0], 30) == (True, 0.0)


def test_waiting_ends_when_the_workers_are_done() -> None:
    assert waited([900, 40, 0], 30) == (True, 1.0)


def test_waiting_ends_when_the_time_is_up() -> None:
    told, passed = waited([900], 2.2)
    assert (told, round(passed, 3)) == (False, 2.2)


def test_no_wait_looks_once() -> None:
    assert waited([5], 0) == (False, 0.0)


def outcome(waiting: int = 0, violations: int = 0, is_drained: bool = True) -> Outcome:
    found = Findings("A", "each is accounted for", examined=10, waiting=waiting)
    for number in range(violations):
        found.found(Defect.LOST, f"topic:0:{number}", "why")
    return Outcome([found, Findings("B", "other")], is_drained, 10, 2.0, Lag(0, 0.0))


def test_the_verdict_is_the_exit_code() -> None:
    assert int(outcome().verdict) == 0
    assert int(outcome(violations=1, waiting=1).verdict) == 1
    assert int(outcome(waiting=1).verdict) == 2
    assert int(Verdict.UNREADABLE) == 3


def test_twenty_offenders_of_a_check_are_listed_and_the_rest_counted() -> None:
    lines = as_lines(outcome(violations=25))
    assert sum(line.startswith("  lost: topic:0:") for line in lines) == 20
    assert "  … and 5 more" in lines
    assert lines[-1].startswith("VIOLATED")


def test_a_report_for_programs_has_every_kept_offender() -> None:
    told = as_json(outcome(violations=25))
    assert told["verdict"] == "violated"
    assert len(told["checks"][0]["listed"]) == 25
    assert told["checks"][0]["listed"][0] == {"defect": "lost", "id": "topic:0:0", "detail": "why"}


def test_the_metrics_of_a_report_are_those_of_the_catalogue() -> None:
    page = as_metrics(outcome(violations=2), NOON)
    families = list(text_string_to_metric_families(page))
    told = [(one.name, one.type, one.documentation) for one in families]
    assert told == [(one.name, one.kind, one.help) for one in AUDIT]
    values = {(s.name, s.labels.get("check")): s.value for one in families for s in one.samples}
    assert values[("complaints_audit_violations", "A")] == 2
    assert values[("complaints_audit_violations", "B")] == 0
    assert values[("complaints_audit_timestamp_seconds", None)] == NOON.timestamp()


def test_a_report_says_that_the_workers_were_behind() -> None:
    assert any("still behind" in line for line in as_lines(outcome(waiting=3, is_drained=False)))


def test_nothing_examined_is_not_called_a_proof() -> None:
    nothing = Outcome([Findings("A", "title")], True, 0, 0.0, Lag(0, 0.0))
    assert as_lines(nothing)[-1] == "nothing to examine yet: no contact was ever received"
