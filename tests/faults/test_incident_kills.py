"""Workers killed while incidents form and cases are merged: the audit finds nothing."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from services.audit.report import as_lines
from services.audit.run import Outcome, Verdict, run_audit
from tests.faults.findings import Findings
from tests.faults.forms import FULL, RATE, quick_sessions
from tests.faults.supervision import Supervised, random_kills, supervise
from tests.support.checker import proved
from tests.support.namespaces import Namespace
from tests.support.processes import Between
from tests.support.stormy import StormyTraffic
from tests.support.traffic import Load
from tests.support.waiting import eventually

SHORT = {"incidents": ["after_decision:6", *random_kills(1, 5)], "cases": ["after_log:8"]}
POINTS = ("before_store:9", "after_decision:9", "flushed:9", "before_commit:5", "after_commit:5")
TWENTY = {
    "incidents": [*POINTS, *random_kills(4, 1)],
    "cases": ["after_log:9", "flushed:9", *random_kills(4, 2)],
    "dedup": random_kills(3, 3),
    "routing": random_kills(1, 4),
    "severity": random_kills(1, 6),
}


LEAST_MERGES = 3


@pytest.mark.timeout(900)
def test_deaths_while_incidents_form_and_cases_merge_leave_both_sides_agreed(
    namespace: Namespace, tmp_path: Path, findings: Findings
) -> None:
    if not FULL:
        quick_sessions(namespace)
    settings, deaths = namespace.settings, TWENTY if FULL else SHORT
    with ExitStack() as running:
        between = Between(running, tmp_path)
        between.start_with("cases", settings, {}, without=deaths)
        if "dedup" not in deaths:
            running.enter_context(Supervised("dedup", settings, tmp_path, ()))
        load = running.enter_context(Load(settings, StormyTraffic(settings.key_ring()), RATE / 2))
        workers = [
            running.enter_context(Supervised(name, settings, tmp_path, planned))
            for name, planned in deaths.items()
        ]
        supervise(workers, within=600)
        # Partings go on as well: one merge alone might be undone by the load's last words.
        merged = {"merged_into": {"$exists": True}}
        cases = namespace.database["cases"]
        eventually(lambda: cases.count_documents(merged) >= LEAST_MERGES, 120, "cases are merged")
        history = load.stop()
        outcome = eventually(lambda: _agreed(namespace), 400, "both sides agree")
        tally = proved(namespace, history, wait=300)
        assert {worker.stop() for worker in workers} == {0}
    findings.faults = sum(worker.deaths for worker in workers)
    findings.recoveries = [time for worker in workers for time in worker.recoveries]
    findings.report(tally)
    found = {one.check: one for one in outcome.findings}
    findings.note(_course(namespace, outcome))
    assert findings.faults == sum(map(len, deaths.values()))
    assert found["I"].examined > 20
    assert found["M"].examined > 0


def _agreed(namespace: Namespace) -> Outcome | None:
    """Return an audit in which nothing is wrong and nothing of cases, merges and incidents is
    under way; None when some is."""
    outcome = run_audit(namespace.settings, 30.0, lambda what, done, total: None)
    assert outcome.verdict is not Verdict.VIOLATED, "\n".join(as_lines(outcome))
    waiting = [one.check for one in outcome.findings if one.waiting and one.check in "ABCDEFGIM"]
    return None if waiting else outcome


def _course(namespace: Namespace, outcome: Outcome) -> str:
    rows = namespace.database["incident_log"]
    members, incidents = rows.count_documents({"member.in": True}), len(rows.distinct("about"))
    merges = next(one.examined for one in outcome.findings if one.check == "M")
    return f"{incidents} incidents, {members} cases joined one, {merges} merges stand"
