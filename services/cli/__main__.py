"""``./complaints``: the table of commands, and how a command's failure reaches the shell.

Exit codes: 0 done, 1 the work failed or was partly refused, 2 the command line is wrong,
130 interrupted.
"""

import sys
from typing import Final

import click

from services.cli.lazy import Entry, LazyGroup

_RUN, _USE, _POLICY = "Run", "Contacts and cases", "Try policies offline"
_WATCH, _DEVELOP = "Prove and operate", "Develop"

COMMANDS: Final = {
    "up": Entry("services.cli.up:command", _RUN, "Start Kafka, MongoDB, workers and the API here."),
    "worker": Entry("services.cli.worker:command", _RUN, "Run one worker, or pause one that runs."),
    "send": Entry("services.cli.send:command", _USE, "Feed contacts from a JSON Lines file."),
    "case": Entry("services.cli.case:command", _USE, "Show a case, or act on it as a clerk."),
    "notice": Entry(
        "services.cli.notice:command", _USE, "Why people were told, and with which words."
    ),
    "labels": Entry(
        "services.cli.labels:command", _USE, "What people said of the machine's judgements."
    ),
    "track": Entry("services.cli.case:track", _USE, "Show what the customer sees."),
    "dedup": Entry(
        "services.cli.dedup:command", _POLICY, "Decide about a file of contacts, offline."
    ),
    "score": Entry(
        "services.cli.score:command", _POLICY, "Score a file of contacts, with reasons, offline."
    ),
    "route": Entry(
        "services.cli.route:command", _POLICY, "Find the team of each contact of a file, offline."
    ),
    "deadline": Entry(
        "services.cli.deadline:command", _POLICY, "Work out deadlines in working time, offline."
    ),
    "compensation": Entry(
        "services.cli.compensation:command", _POLICY, "Work out compensations, offline."
    ),
    "policy": Entry("services.cli.policy:command", _POLICY, "Check, compare and try policy files."),
    "what-if": Entry(
        "services.cli.what_if:command", _POLICY, "Replay contacts through a candidate policy."
    ),
    "evaluate": Entry(
        "services.cli.evaluate:command", _POLICY, "Compare decisions with labelled contacts."
    ),
    "aftercare": Entry(
        "services.cli.aftercare:command", _WATCH, "Survey, close and archive answered cases."
    ),
    "retention": Entry(
        "services.cli.aftercare:retention", _WATCH, "Remove personal data after their time."
    ),
    "train": Entry(
        "services.cli.train:command", _POLICY, "Train the severity model from its corpus."
    ),
    "audit": Entry(
        "services.cli.audit:command", _WATCH, "Prove that nothing was lost, doubled or reordered."
    ),
    "dead": Entry(
        "services.cli.dead:command", _WATCH, "List, show, replay and discard dead letters."
    ),
    "rebase": Entry(
        "services.cli.rebase:command", _WATCH, "Move open cases to other versions of policies."
    ),
    "key": Entry("services.cli.key:command", _WATCH, "Draw a key that says who acts."),
    "clock": Entry("services.cli.clock:command", _WATCH, "Show the time, or move on a demo's."),
    "topics": Entry("services.cli.topics:command", _WATCH, "Create or check the topics."),
    "lag": Entry("services.cli.lag:command", _WATCH, "Show how far the workers are behind."),
    "backup": Entry("services.cli.backup:command", _WATCH, "Write a backup of MongoDB."),
    "restore": Entry(
        "services.cli.backup:restore", _WATCH, "Put a backup back, and roll it forward from Kafka."
    ),
    "rebuild": Entry("services.cli.backup:rebuild", _WATCH, "Fold the cases anew from their logs."),
    "bench": Entry("services.cli.bench:command", _DEVELOP, "Measure throughput and latency."),
    "test": Entry("services.cli.test:command", _DEVELOP, "Run all checks and tests."),
    "check": Entry("services.cli.test:check", _DEVELOP, "Run the checks without the tests."),
}

HELP: Final = """Courier complaints, from first contact to archived case.

\b
A first look (everything runs on this machine, data stay in .data):
  ./complaints up --demo                start, and play a day of contacts
  ./complaints track CODE               what a customer sees
  ./complaints case show ID             what a clerk sees
  ./complaints case act ID acknowledge  what a clerk does

\b
Your own contacts, while `up` runs in another terminal:
  ./complaints send contacts.jsonl
  ./complaints audit

`./complaints COMMAND --help` explains a command, with examples.
"""

cli = LazyGroup(
    entries=COMMANDS,
    name="complaints",
    help=HELP,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from services.domain.errors import ComplaintsError

    try:
        code = cli.main(arguments, prog_name="complaints", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\ninterrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ComplaintsError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:  # `| head` has read enough
        sys.stderr.close()
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
