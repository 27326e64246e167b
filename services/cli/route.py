"""``complaints route``: which team would work on each contact of a file, offline."""

from pathlib import Path
from typing import IO

import click


@click.command(
    epilog="""\b
One JSON object a line, as for `send`; needed are text and channel. One line out per line in:
  {"id": "s035", "team": "claims", "operator": null, "inform": [], "partners": [],
   "tasks": [], "passed_over": [], "level": 2, "category": "damage", "path": ["root", "claims"],
   "reasons": ["claims: category damage"], "policy": "routing-2026.4"}

\b
`path` are the nodes of the tree walked through, the deciding one last; `reasons` say what
each of them asked for, and why a team was passed over; `partners` are other operators on
the way, and `tasks` who has a task of his own. The tree sees what it sees in the pipeline:
dedup (in the order of `at`) and severity decide about each contact first, and whether a team
is on duty goes by its `at` too (now, if left out).

\b
Examples:
  ./complaints route contacts.jsonl
  ./complaints route contacts.jsonl --policy mine.yaml | jq -r .team | sort | uniq -c
  ./complaints route - < contacts.jsonl
"""
)
@click.argument("file", type=click.File("rb"), metavar="FILE.jsonl")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Another routing policy than the one that comes with the service.",
)
def command(file: IO[bytes], policy_file: Path | None) -> int:
    """Say for each contact of FILE.jsonl which team works on it, and why.

    A line that cannot be read is reported with its number, field and rule; the others go on,
    and the exit code is 1.
    """
    from services.adapters.clock import SystemClock
    from services.cli.offline import as_json, deduplicate
    from services.cli.sending.lines import BadLine
    from services.dedup import policy as dedup
    from services.routing.logic import reasons
    from services.routing.subject import question_of
    from services.routing.watching import load_router
    from services.runtime.watching import always
    from services.severity.handler import SeverityHandler
    from services.severity.loading import load_judge

    router, clock = load_router(policy_file), SystemClock()
    scorer = SeverityHandler(always(load_judge()), clock, {})
    bad = 0
    for one in deduplicate(file, dedup.load_policy(), clock):
        if isinstance(one, BadLine):
            bad += 1
            click.echo(str(one), err=True)
            continue
        scored = scorer.score(one.deduplicated)
        question = question_of(scored, router.policy.network)
        route = router.route(question)
        answer = {
            "id": one.line.id,
            "team": route.team,
            "operator": route.operator,
            "inform": route.inform,
            "partners": [one.model_dump(mode="json") for one in route.partners],
            "tasks": [one.model_dump(mode="json") for one in route.tasks or ()],
            "passed_over": [one.model_dump(mode="json") for one in route.passed_over],
            "level": scored.score.level,
            "category": scored.score.category,
            "path": route.path,
            "reasons": reasons(question.subject, router.policy, route),
            "policy": route.policy,
        }
        click.echo(as_json(answer))
    if bad:
        click.echo(f"{bad} lines could not be read", err=True)
    return 1 if bad else 0
