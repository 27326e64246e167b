"""``complaints evaluate``: how well the policies agree with labelled contacts."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import click


@click.command(
    epilog="""\b
Lines as for `score` or `dedup`, with labels beside each contact. Which labels the first line
has decides what is judged:
  category, cause, level     the severity policy
  case, relation, incident   dedup: B-cubed, false and lost pairs, relations, incidents

\b
Examples:
  ./complaints evaluate labelled.jsonl --policy mine.yaml
  ./complaints evaluate --agreement first.tsv second.tsv
  ./complaints evaluate stream.jsonl --pairs
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
    help="Another policy (severity or dedup) than the one that comes with the service.",
)
@click.option("--pairs", is_flag=True, help="List the false and lost pairs of a stream.")
def command(
    file: IO[bytes] | None,
    agreement: tuple[Path, Path] | None,
    policy_file: Path | None,
    pairs: bool,
) -> int:
    """Compare what is decided about the contacts of FILE.jsonl with their labels.

    Single contacts: what was taken for what, and the recall of each category, cause and level with
    95 % intervals, in all and by language. Streams: which contacts were put together that
    do not belong together, and the other way round. Lines that cannot be read are reported;
    then the exit code is 1.
    """
    if agreement and file is None:
        return _compare(*agreement)
    if file is None or agreement:
        raise click.UsageError("give either FILE.jsonl or --agreement with two files")
    lines = file.readlines()
    judge = _stream if _is_stream(lines) else _contacts
    return judge(lines, policy_file, pairs)


def _is_stream(lines: Sequence[bytes]) -> bool:
    """Whether the first line that is an object says to which case it belongs."""
    for line in lines:
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            return "case" in content
    return False


def _contacts(lines: Sequence[bytes], policy_file: Path | None, _: bool) -> int:
    from services.severity.evaluation import Pair
    from services.severity.lines import BadLine, LabelledLine, read_lines
    from services.severity.loading import load_judge
    from services.severity.tables import report

    judge = load_judge(policy_file)
    pairs: list[Pair] = []
    bad = 0
    for line in read_lines(lines, LabelledLine):
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


def _stream(lines: Sequence[bytes], policy_file: Path | None, with_pairs: bool) -> int:
    from services.adapters.clock import SystemClock
    from services.cli.offline import judged
    from services.cli.sending.lines import BadLine
    from services.dedup.evaluation import report
    from services.dedup.policy import load_policy
    from services.domain.incidents.policy import load_incident_policy

    found = judged(lines, load_policy(policy_file), load_incident_policy(), SystemClock())
    bad = [one for one in found if isinstance(one, BadLine)]
    for line in bad:
        click.echo(str(line), err=True)
    stream = [one for one in found if not isinstance(one, BadLine)]
    for text in report(stream, with_pairs=with_pairs):
        click.echo(text)
    return 1 if bad else 0
