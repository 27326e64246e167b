"""``complaints deadline``: deadlines in working time over a file, for who writes policies."""

import json
import sys
from pathlib import Path
from typing import IO

import click


@click.command(
    epilog="""\b
One JSON object a line:
  {"id": "d1", "start": "2026-09-30T07:00:00Z", "budget_minutes": 480,
   "calendar": {"tz": "Asia/Shanghai",
                "hours": {"mon": [["09:00","12:00"],["13:30","18:00"]], "tue": …},
                "holidays": ["2026-10-01"], "workdays": {"2026-10-10": "fri"}},
   "pauses": [{"from": "2026-09-30T08:00:00Z", "to": "2026-09-30T09:00:00Z",
               "by": "customer"}]}
\b
and one line out:
  {"id": "d1", "due_at": "2026-10-08T02:00:00Z",
   "intervals": [{"kind": "worked", "from": "…Z", "to": "…Z", "minutes": 60}, …]}
\b
calendar        as above, or the name of one of the policy: "cn-office"
  hours         by weekday, in the clock of tz, up to 24:00; a missing weekday is closed
  holidays      closed dates
  workdays      dates that take the hours of a weekday; they win over holidays
budget_minutes  working minutes; on a day of a clock change, minutes that really pass
pauses          are taken out; may overlap and begin before the start; one without
                "to" lasts, and due_at is null if it keeps the clock from its end
\b
due_at is the end of the last working minute: work that is done at 18:00 sharp is due
at 18:00. The intervals (worked, closed, holiday, paused) follow each other from start
to due_at without a gap; those that are worked sum to the budget.
\b
Examples:
  ./complaints deadline cases.jsonl | jq -r '[.id, .due_at] | @tsv'
  ./complaints deadline cases.jsonl --policy my-calendars.yaml > deadlines.jsonl
  ./complaints deadline --calendars                 the names that the policy knows
  echo '{"id": "x", "calendar": "cn-office", "start": "2026-09-30T17:30:00+08:00",
         "budget_minutes": 60}' | tr -d '\\n' | ./complaints deadline -
"""
)
@click.argument("file", type=click.File("rb"), metavar="FILE.jsonl", required=False)
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Another file of named calendars than the one that comes with the system.",
)
@click.option("--calendars", "wants_names", is_flag=True, help="List the named calendars, and end.")
@click.option(
    "--schema", "wants_schema", is_flag=True, help="Print the JSON Schema of --policy, and end."
)
def command(
    file: IO[bytes] | None, policy_file: Path | None, wants_names: bool, wants_schema: bool
) -> int:
    """Work out the deadlines in FILE.jsonl, each with the intervals that prove it.

    A line that cannot be read is reported with its number, field and rule; the others go on,
    and the exit code is 1.
    """
    from services.cli.deadline_lines import answers
    from services.cli.progress import size_of, watched
    from services.cli.sending.lines import BadLine
    from services.domain.calendars.policy import Calendars, load_calendars

    if wants_schema:
        click.echo(json.dumps(Calendars.model_json_schema(), ensure_ascii=False, indent=2))
        return 0
    policy = load_calendars(policy_file)
    if wants_names:
        for name, calendar in policy.calendars.items():
            click.echo(f"{name:<12} {calendar.tz:<18} {calendar.en} / {calendar.zh}")
        return 0
    if file is None:
        raise click.UsageError("Missing argument 'FILE.jsonl'.")
    bad = 0
    for answer in answers(watched(file, size_of(file)), policy):
        if isinstance(answer, BadLine):
            bad += 1
            click.echo(str(answer), err=True)
        else:
            sys.stdout.write(json.dumps(answer.content, ensure_ascii=False) + "\n")
    if bad:
        click.echo(f"{bad} {'line' if bad == 1 else 'lines'} could not be read", err=True)
    return 1 if bad else 0
