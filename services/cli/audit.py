"""``complaints audit``: the proof of the guarantees on a running or stopped system."""

import json
import sys
from pathlib import Path
from time import monotonic
from typing import Final

import click

from services.adapters.clock import SystemClock
from services.audit.report import as_json, as_lines, as_metrics
from services.audit.run import Verdict, run_audit
from services.audit.serve import follow
from services.cli.instance import NotRunningError, connect, data_option
from services.domain.errors import ComplaintsError
from services.runtime.process import stop_on_signals

SHOW_EVERY_SECONDS: Final = 0.2


class ProgressLine:
    """One line on a terminal that is written over; nothing where there is no terminal."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._next = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._is_shown and (monotonic() >= self._next or done == total):
            self._next = monotonic() + SHOW_EVERY_SECONDS
            share = f"{100 * done // total} %" if total else ""
            click.echo(f"\r\033[K{what}: {done} {share}", nl=False, err=True)

    def clear(self) -> None:
        """Leave an empty line behind."""
        if self._is_shown:
            click.echo("\r\033[K", nl=False, err=True)


@click.command()
@data_option
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the workers to have read everything.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the result as JSON.",
)
@click.option(
    "--follow",
    "port",
    type=click.IntRange(0, 65535),
    is_flag=False,
    flag_value=0,
    default=None,
    metavar="[PORT]",
    help="Go on until Ctrl-C: judge what is new, and serve /metrics at PORT (0: any).",
)
@click.option(
    "--metrics",
    "metrics_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the figures for Prometheus' textfile collector.",
)
def command(
    data: Path | None,
    wait: float,
    json_file: Path | None,
    port: int | None,
    metrics_file: Path | None,
) -> int:
    """Prove that nothing was lost, doubled or reordered.

    Reads all topics and the database with code of its own and compares. Nothing is changed,
    and the system may be running. Time limits are worked out anew from the case logs:
    overdue_unescalated_cases and timer_lag_seconds say whether one passed in silence.

    With --follow it goes on and on: each contact is judged once, every few seconds, and
    complaints_audit_* on /metrics says what was found. That is cheap, and does not compare whole
    histories; this does. `up` and the containers run it as the worker `audit`.

    \b
    Exit codes: 0 proved, 1 violated (the ids are listed), 2 records were still waiting
    for a worker, 3 something could not be read.
    """
    if port is not None:
        return _follow(data, port)
    line = ProgressLine()
    try:
        outcome = run_audit(connect(data), wait, line)
    except (ComplaintsError, NotRunningError) as error:
        line.clear()
        message = error.message if isinstance(error, click.ClickException) else error
        click.echo(f"Error: {message}", err=True)
        return int(Verdict.UNREADABLE)
    line.clear()
    for text in as_lines(outcome):
        click.echo(text)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(outcome), indent=2) + "\n", encoding="utf-8")
    if metrics_file is not None:
        metrics_file.write_text(as_metrics(outcome, SystemClock().now()), encoding="utf-8")
    return int(outcome.verdict)


def _follow(data: Path | None, port: int) -> int:
    settings = connect(data).model_copy(update={"health_port": port})
    follow(
        settings,
        stop_on_signals(),
        lambda at: click.echo(f"following; http://127.0.0.1:{at}/metrics"),
    )
    return 0
