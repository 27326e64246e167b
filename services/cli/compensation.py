"""``complaints compensation``: what compensations may come to, over a file, offline."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click


@click.command(
    epilog="""\b
One JSON object a line:
  {"id": "k1", "harm": "damaged", "value": 60000, "insured": 50000, "share": 0.4,
   "postage": 2300}
\b
and one line out: the branch, the range, and each step with what it rests on
  {"id": "k1", "branch": "insured", "currency": "CNY", "least": 20000, "most": 20000,
   "asks": [], "steps": [{"step": "branch_insured", "zh": "…", "en": "…"}, …],
   "guidance": "compensation-2026.2"}
\b
harm            lost, damaged, spoilt or delayed
product         express (as without it), or one of the universal service: registered, …
value, insured, postage   in fen, the smallest unit; left out: not known (insured: none)
share           of it that is lost or damaged; 1 as without it
perishable, gross_negligence, fraud, same_city            true or false
exemption       force_majeure, nature_of_goods, sender_fault, receiver_fault
days_overdue    since the promised time, of what has not come
jurisdiction    cn as without it
\b
It is guidance for a person, never a decision. What is missing stands in "asks"; a step
with "is_law": false is a rule of the house.
\b
Examples:
  ./complaints compensation matters.jsonl | jq -r '[.id, .branch, .least, .most] | @tsv'
  echo '{"id":"x","harm":"lost","value":80000}' | ./complaints compensation - --lang en
"""
)
@click.argument("file", type=click.File("rb"), metavar="FILE.jsonl")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Another file of rules than the one that comes with the system.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Print sentences in a language instead of JSON."
)
def command(file: IO[bytes], policy_file: Path | None, lang: str | None) -> int:
    """Work out what a compensation may come to in each matter of FILE.jsonl, step by step.

    A line that cannot be read is reported with its number, field and rule; the others go on,
    and the exit code is 1.
    """
    from services.cli.sending.lines import BadLine
    from services.domain.compensation.rules import load_rules

    bad = 0
    for answer in _answers(file, load_rules(policy_file)):
        if isinstance(answer, BadLine):
            bad += 1
            click.echo(str(answer), err=True)
        elif lang is None:
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        else:
            for line in as_lines(answer, lang):
                click.echo(line)
    return 1 if bad else 0


def as_lines(answer: dict[str, Any], lang: str) -> list[str]:
    """Return a guidance for people."""
    from services.domain.compensation.words import amount

    ends = [
        "?" if answer[end] is None else amount(answer[end], answer["currency"])
        for end in ("least", "most")
    ]
    span = ends[0] if ends[0] == ends[1] else " – ".join(ends)
    head = f"{answer.get('id', '')}  {answer['branch']}  {span}".strip()
    asks = [f"  ? {', '.join(answer['asks'])}"] if answer["asks"] else []
    return [head, *(f"  {n}. {one[lang]}" for n, one in enumerate(answer["steps"], 1)), *asks]


def _answers(lines: IO[bytes], rules: Any) -> Iterator[Any]:
    from pydantic import ValidationError

    from schemas.codec import malformed
    from services.cli.sending.lines import BadLine, sendables
    from services.domain.compensation.guidance import Facts, guide
    from services.domain.compensation.words import as_answer

    for line in sendables(lines):
        if isinstance(line, BadLine):
            yield line
            continue
        content = json.loads(line.body)
        name = content.pop("id")
        try:
            facts = Facts.model_validate(content)
            yield {"id": name, **as_answer(guide(facts, rules))}
        except ValidationError as error:
            first = malformed(error)
            yield BadLine(line.number, first.field, first.rule, first.problem)
