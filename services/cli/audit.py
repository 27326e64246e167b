"""``complaints audit``: the proof of the guarantees on a running or stopped system."""

import json
import os
import sys
from pathlib import Path
from time import monotonic
from typing import Final

import click

from services.adapters.clock import SystemClock
from services.audit.report import as_json, as_lines, as_metrics
from services.audit.run import Outcome, Verdict, run_audit
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


def _writable(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse what cannot be written before the audit takes its minutes."""
    is_file = path is not None and (path.is_file() or not path.exists())
    place = path.parent if path is not None and is_file else path
    if place is not None and not os.access(place, os.W_OK):
        raise click.BadParameter(f"{place} is not there, or cannot be written")
    return path


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
    callback=_writable,
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
    callback=_writable,
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
    for a worker, 3 something could not be read, or the result not be written.
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
    return int(_kept(outcome, json_file, metrics_file))


def _kept(outcome: Outcome, json_file: Path | None, metrics_file: Path | None) -> Verdict:
    """Write the result where it is wanted; return the verdict. A violation is said as such whatever
    becomes of the files, and nothing else is said as one."""
    try:
        if json_file is not None:
            _put(json_file, json.dumps(as_json(outcome), indent=2) + "\n")
        if metrics_file is not None:
            _put(metrics_file, as_metrics(outcome, SystemClock().now()))
    except OSError as error:
        click.echo(f"Error: {error.filename}: {error.strerror}", err=True)
        is_violated = outcome.verdict is Verdict.VIOLATED
        return Verdict.VIOLATED if is_violated else Verdict.UNREADABLE
    return outcome.verdict


def _put(path: Path, text: str) -> None:
    """Replace a file in one step: whoever collects it meanwhile reads the old or the new one."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")  # a terminal or a pipe
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _follow(data: Path | None, port: int) -> int:
    settings = connect(data).model_copy(update={"health_port": port})
    follow(
        settings,
        stop_on_signals(),
        lambda at: click.echo(f"following; http://127.0.0.1:{at}/metrics"),
    )
    return 0
