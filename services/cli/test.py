"""``complaints test`` and ``complaints check``: what CI runs, with every result at the end."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import click

from services.cli.instance import ROOT


class Step(NamedTuple):
    """One tool, by a name for people."""

    name: str
    command: tuple[str, ...]


_BIN: Final = f"{sys.prefix}/bin"
CHECKS: Final = (
    Step("ruff", (f"{_BIN}/ruff", "check", ".")),
    Step("format", (f"{_BIN}/ruff", "format", "--check", ".")),
    Step("mypy", (f"{_BIN}/mypy", "--strict")),
    Step("imports", (f"{_BIN}/lint-imports",)),
)


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples:
  ./complaints test                       everything, with a few faults of each kind
  ./complaints test --faults              every fault, long outages, 500 messages a second
  ./complaints test tests/unit -x         checks, and some of the tests
  ./complaints test -m "not stack"        without the tests that start Kafka and MongoDB
""",
)
@click.option("--faults", is_flag=True, help="The long form of the fault tests (half an hour).")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGS]")
def command(faults: bool, pytest_arguments: tuple[str, ...]) -> int:
    """Run all checks (style, types, dependencies), then the tests.

    Everything runs even if something fails; the exit code is 1 then, and a table at the end
    says what. Arguments go to pytest.
    """
    _install_engines()
    _install_browser()
    if not faults and not pytest_arguments:
        # Tests of engines wait most of their time; those of logic work meanwhile.
        return run_steps([*CHECKS, _pytest("tests of engines", "-m", "stack")], beside=_LOGIC)
    chosen = ("--faults",) if faults else ()
    return run_steps([*CHECKS, _pytest("tests", *chosen, *pytest_arguments)])


@click.command()
def check() -> int:
    """Run the checks (style, types, dependencies) without the tests."""
    return run_steps(CHECKS)


def _pytest(name: str, *arguments: str) -> Step:
    return Step(name, (sys.executable, "-m", "pytest", *arguments))


_LOGIC: Final = _pytest("tests of logic", "-m", "not stack")


def run_steps(steps: Sequence[Step], beside: Step | None = None) -> int:
    """Run ``steps`` one after the other, and ``beside`` at the side of the last one."""
    results: list[tuple[str, int, float]] = []
    for step in steps:
        is_last = step is steps[-1]
        with _at_the_side(beside if is_last else None, results):
            _say(step.name)
            begun = time.monotonic()
            code = subprocess.run(step.command, cwd=ROOT, check=False).returncode
            results.append((step.name, code, time.monotonic() - begun))
    _say("results")
    for name, code, seconds in results:
        verdict = click.style("ok", fg="green") if code == 0 else click.style("FAILED", fg="red")
        click.echo(f"{name:<16} {verdict}  {seconds:.1f} s", err=True)
    return 1 if any(code for _, code, _ in results) else 0


@contextmanager
def _at_the_side(step: Step | None, results: list[tuple[str, int, float]]) -> Iterator[None]:
    """Run ``step`` meanwhile, and show what it printed when both have ended."""
    if step is None:
        yield
        return
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "printed"
        with kept.open("wb") as printed:
            aside = subprocess.Popen(
                step.command, cwd=ROOT, stdout=printed, stderr=subprocess.STDOUT
            )
            ended: list[float] = []

            def watch() -> None:
                aside.wait()
                ended.append(time.monotonic())

            watching = threading.Thread(target=watch)
            watching.start()
            try:
                yield
            except BaseException:
                aside.terminate()
                raise
            finally:
                watching.join()
        _say(step.name)
        sys.stdout.write(kept.read_text(encoding="utf-8", errors="replace"))
        sys.stdout.flush()
        results.append((step.name, aside.returncode, ended[0] - begun))


def _say(name: str) -> None:
    click.secho(f"── {name}", bold=True, err=True)


def _install_browser() -> None:
    """Install Chromium now, where that is ours to do; without it the browser tests say so."""
    from infra.system import MissingProgramError, chromium

    try:
        chromium()
    except MissingProgramError as error:
        click.echo(f"warning: {error}", err=True)


def _install_engines() -> None:
    """Fetch Kafka and MongoDB now, with progress, rather than inside the first test's time."""
    from infra.embedded.errors import StackError
    from infra.embedded.programs import install_programs

    try:
        install_programs(lambda line: click.echo(line, err=True))
    except StackError as error:
        click.echo(f"warning: {error}", err=True)
