"""The audit's result for a person and for a program. Neither quotes any content."""

from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest

from services.audit.logic.findings import MEANINGS, Findings
from services.audit.run import Outcome, Verdict
from services.runtime.catalogue.metric import Instruments
from services.runtime.catalogue.watchers import AUDIT

LISTED: Final = 20
"""Offending ids shown for each check; ``--json`` has up to a thousand."""
_SENTENCES: Final = {
    Verdict.PROVED: "proved: everything examined is as guaranteed",
    Verdict.VIOLATED: "VIOLATED: see the ids above; nothing was changed",
    Verdict.WAITING: "no violation, but some records are still waiting for their worker",
}


def as_lines(outcome: Outcome) -> list[str]:
    """Return the table, the offending ids and the verdict."""
    width = max(len(found.title) for found in outcome.findings) + 2
    lines = [f"{'check':<{width + 2}}{'examined':>10} {'waiting':>8} {'violations':>11}"]
    lines += [
        f"{found.check} {found.title:<{width}}"
        f"{found.examined:>10} {found.waiting:>8} {found.violations:>11}"
        for found in outcome.findings
    ]
    for found in outcome.findings:
        lines += _violations(found)
    rate = outcome.records / outcome.seconds if outcome.seconds > 0 else 0.0
    lines += ["", f"read {outcome.records} records in {outcome.seconds:.1f} s ({rate:.0f}/s)"]
    lines.append(outcome.letters.line(outcome.ended_at))
    lines += [f"{name} {value:g}" for name, value in figures(outcome).items()]
    if not outcome.is_drained:
        lines.append("the workers were still behind when the reading began")
    if outcome.records == 0:
        return [*lines, "nothing to examine yet: no contact was ever received"]
    return [*lines, _SENTENCES[outcome.verdict]]


def figures(outcome: Outcome) -> dict[str, float]:
    """Return what is measured of the clocks, by the names of the metrics."""
    return {
        "overdue_unescalated_cases": outcome.lag.overdue_unescalated_cases,
        "timer_lag_seconds": outcome.lag.timer_lag_seconds,
    }


def as_metrics(outcome: Outcome, at: datetime) -> str:
    """Return the result in Prometheus' text form, for the textfile collector of a node."""
    registry = CollectorRegistry()
    gauges = Instruments(AUDIT, registry).gauges
    for name, value in figures(outcome).items():
        gauges[f"complaints_{name}"].set(value)
    for found in outcome.findings:
        gauges["complaints_audit_violations"].labels(found.check).set(found.violations)
    gauges["complaints_audit_timestamp_seconds"].set(at.timestamp())
    return generate_latest(registry).decode()


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "verdict": outcome.verdict.name.lower(),
        "drained": outcome.is_drained,
        "records": outcome.records,
        "seconds": round(outcome.seconds, 3),
        "dead_letters": {
            "open": outcome.letters.waiting,
            "replayed": outcome.letters.replayed,
            "discarded": outcome.letters.discarded,
            "oldest_open": outcome.letters.oldest and outcome.letters.oldest.isoformat(),
        },
        **figures(outcome),
        "checks": [
            {
                "check": found.check,
                "title": found.title,
                "examined": found.examined,
                "waiting": found.waiting,
                "violations": found.violations,
                "listed": [
                    {"defect": one.defect, "id": one.id, "detail": one.detail}
                    for one in found.listed
                ],
            }
            for found in outcome.findings
        ],
    }


def _violations(found: Findings) -> list[str]:
    if not found.violations:
        return []
    lines = ["", f"{found.check} {found.title}: {found.violations}"]
    for one in found.listed[:LISTED]:
        detail = f" ({one.detail})" if one.detail else ""
        lines.append(f"  {one.defect}: {one.id}{detail}")
    if found.violations > LISTED:
        lines.append(f"  … and {found.violations - LISTED} more")
    shown = dict.fromkeys(one.defect for one in found.listed[:LISTED])
    return [*lines, *(f"  [{defect}: {MEANINGS[defect]}]" for defect in shown)]
