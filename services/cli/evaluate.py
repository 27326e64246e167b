"""``complaints evaluate``: how well the severity policy agrees with labelled contacts."""

from pathlib import Path
from typing import IO

import click


@click.command(
    epilog="""\b
Lines as for `score`, with the labels category, cause and level beside each contact.

\b
Example:
  ./complaints evaluate labelled.jsonl --policy mine.yaml
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
    """Compare the scores of FILE.jsonl with its labels.

    Shows the confusion of categories, recalls with 95 % intervals, and how levels and causes
    agree, in all and by language. Lines that cannot be read are reported; then the exit
    code is 1.
    """
    from services.severity.evaluation import Pair, report
    from services.severity.lines import BadLine, LabelledLine, read_lines
    from services.severity.logic import Judge
    from services.severity.policy import load_policy

    judge = Judge(load_policy(policy_file))
    pairs: list[Pair] = []
    bad = 0
    for line in read_lines(file, LabelledLine):
        if isinstance(line, BadLine):
            bad += 1
            click.echo(line, err=True)
        else:
            pairs.append(Pair(line, judge.judge(line.contact())))
    for text in report(pairs):
        click.echo(text)
    return 1 if bad else 0
