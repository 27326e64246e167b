"""The row of the dashboard about what people make of severity's judgements (ADR 0033)."""

from typing import Final

from infra.grafana.panel import Panel

JUDGEMENTS: Final[tuple[str, tuple[Panel, ...]]] = (
    "The machine's judgements, by people",
    (
        Panel(
            "Judgements dealt with, 1 d",
            "none",
            (("complaints:severity_judged:increase1d", "{{verdict}}"),),
            hint="Unchallenged: a clerk answered the case and did not object.",
        ),
        Panel(
            "Corrected, by stated confidence, 1 d",
            "percentunit",
            (
                (
                    "sum by (confidence) (increase(complaints_severity_judgements_total"
                    '{verdict="corrected"}[1d])) / sum by (confidence) '
                    "(increase(complaints_severity_judgements_total[1d]))",
                    "{{confidence}}",
                ),
            ),
            hint="Should fall as the confidence rises.",
        ),
        Panel(
            "What was corrected, 1 d",
            "none",
            (
                (
                    "sum by (field, direction) "
                    "(increase(complaints_severity_corrections_total[1d]))",
                    "{{field}} {{direction}}",
                ),
            ),
        ),
    ),
)
