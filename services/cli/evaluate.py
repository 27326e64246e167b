"""``complaints evaluate``: how well the severity policy agrees with labelled contacts."""

from pathlib import Path
from typing import IO

import click


@click.command(
    epilog="""\b
Lines as for `score`, with the labels category, cause and level beside each contact.

\b
Examples:
  ./complaints evaluate labelled.jsonl --policy mine.yaml
  ./complaints evaluate --agreement first.tsv second.tsv
"""
)
@click.argument("file", type=click.File("rb"), metavar="FILE.jsonl", required=False)
@click.option(
    "--agreement",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    nargs=2,
    metavar="ONE.tsv OTHER.tsv",
    help="Compare two people's labels instead: lines of id, category, cause and level, by tabs.",
)
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Another severity policy than the one that comes with the service.",
)
def command(
    file: IO[bytes] | None, agreement: tuple[Path, Path] | None, policy_file: Path | None
) -> int:
    """Compare the scores of FILE.jsonl with its labels.

    Shows the confusion of categories, recalls with 95 % intervals, and how levels and causes
    agree, in all and by language. Lines that cannot be read are reported; then the exit
    code is 1.
    """
    if agreement and file is None:
        return _compare(*agreement)
    if file is None or agreement:
        raise click.UsageError("give either FILE.jsonl or --agreement with two files")
    from services.severity.evaluation import Pair, report
    from services.severity.lines import BadLine, LabelledLine, read_lines
    from services.severity.loading import load_judge

    judge = load_judge(policy_file)
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


def _compare(one: Path, other: Path) -> int:
    from services.severity.agreement import agreements, read_labels, report

    labels = [
        read_labels(path.name, path.read_text(encoding="utf-8").split("\n"))
        for path in (one, other)
    ]
    alone = len(labels[0].keys() ^ labels[1].keys())
    for text in report(agreements(*labels)):
        click.echo(text)
    if alone:
        click.echo(f"{alone} ids stand in one file only", err=True)
    return 1 if alone else 0
