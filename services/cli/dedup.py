"""``complaints dedup``: the decisions of dedup over a file, offline, for trying a policy."""

from pathlib import Path
from typing import IO

import click


@click.command(
    epilog="""\b
Contacts are taken in the order of their `at`. One line out per line in:
  {"id": "s035", "case": "C…", "relation": "repeat", "incident": null,
   "confidence": 0.83, "reasons": ["same_person_same_item"]}
`incident` is the id of the first line of the incident that the case belongs to, or null.
`perhaps` names cases that may be the same, where there are such: a clerk decides.
\b
Example:
  ./complaints dedup contacts.jsonl --policy candidate.yaml > decisions.jsonl
"""
)
@click.argument("file", type=click.File("rb"), metavar="FILE.jsonl")
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another policy than the one that comes with dedup.",
)
@click.option(
    "--incident-policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another policy of what makes many cases one incident.",
)
def command(file: IO[bytes], policy: Path | None, incident_policy: Path | None) -> int:
    """Say for each contact of FILE.jsonl which case it belongs to, and why.

    A line that cannot be read is reported with its number, field and rule; the exit code
    is 1 then.
    """
    from services.adapters.clock import SystemClock
    from services.cli.offline import Decided, as_json, deduplicate, incidents_in
    from services.cli.sending.lines import BadLine
    from services.dedup.policy import load_policy
    from services.domain.incidents.policy import load_incident_policy

    is_bad = False
    decisions = deduplicate(file, load_policy(policy), SystemClock())
    incidents = incidents_in(
        (one for one in decisions if isinstance(one, Decided)),
        load_incident_policy(incident_policy),
    )
    for one in decisions:
        if isinstance(one, BadLine):
            is_bad = True
            click.echo(str(one), err=True)
            continue
        decision = one.deduplicated
        answer: dict[str, object] = {
            "id": one.line.id,
            "case": decision.case_id,
            "relation": decision.relation,
            "incident": incidents.get(decision.case_id),
            "confidence": decision.confidence,
            "reasons": [
                reason.rule if reason.detail is None else f"{reason.rule}: {reason.detail}"
                for reason in decision.reasons
            ],
        }
        if decision.perhaps:
            answer["perhaps"] = [one.model_dump(mode="json") for one in decision.perhaps]
        click.echo(as_json(answer))
    return int(is_bad)
