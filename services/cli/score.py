"""``complaints score``: what severity makes of contacts, without running anything."""

import json
import sys
from pathlib import Path
from typing import IO

import click


@click.command(
    epilog="""\b
One JSON object a line; needed are id and text:
  {"id": "a1", "text": "…", "channel": "phone", "declared_value_cny": 300,
   "prior_contacts": 1, "goods": "tea"}

\b
Examples:
  ./complaints score contacts.jsonl
  ./complaints score contacts.jsonl --policy mine.yaml | jq -r 'select(.level >= 3) | .id'
  ./complaints score - < contacts.jsonl
"""
)
@click.argument("file", type=click.File("rb"), metavar="FILE.jsonl")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Another severity policy than the one that comes with the service.",
)
def command(file: IO[bytes], policy_file: Path | None) -> int:
    """Score the contacts of FILE.jsonl: category, cause and level, with reasons.

    One JSON line out per line in. A line that cannot be read is reported with its number,
    field and rule; the others go on, and the exit code is 1.
    """
    from services.severity.lines import BadLine, read_lines
    from services.severity.loading import load_judge

    judge = load_judge(policy_file)
    bad = 0
    for line in read_lines(file):
        if isinstance(line, BadLine):
            bad += 1
            click.echo(line, err=True)
            continue
        score = judge.judge(line.contact()).model_dump(mode="json", exclude_none=True)
        sys.stdout.write(json.dumps({"id": line.id, **score}, ensure_ascii=False) + "\n")
    if bad:
        click.echo(f"{bad} lines could not be read", err=True)
    return 1 if bad else 0
