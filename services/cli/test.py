"""``complaints test`` and ``complaints check``: what CI runs, with every result at the end."""

import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from services.cli.steps import Step, run_steps

_BIN: Final = f"{sys.prefix}/bin"
_QUICK: Final = (
    Step("ruff", (f"{_BIN}/ruff", "check", ".")),
    Step("format", (f"{_BIN}/ruff", "format", "--check", ".")),
    Step("imports", (f"{_BIN}/lint-imports",)),
)
ON_ENGINES: Final = {
    "tests on engines": ("tests/integration",),
    "tests of faults": ("tests/faults", "tests/contract", "tests/embedded", "tests/browser"),
}
"""Where tests are that start Kafka and MongoDB, in two halves that take about as long."""
_TYPES: Final = Step("mypy", (f"{_BIN}/mypy", "--strict"))


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples:
  ./complaints test                       everything, with a few faults of each kind
  ./complaints test --strict              and no test may run a second time
  ./complaints test --faults              every fault, long outages, 500 messages a second
  ./complaints test tests/unit -x         checks, and some of the tests
  ./complaints test -m "not stack"        without the tests that start Kafka and MongoDB
""",
)
@click.option("--faults", is_flag=True, help="The long form of the fault tests (half an hour).")
@click.option("--strict", is_flag=True, help="Give no test a second chance.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGS]")
def command(faults: bool, strict: bool, pytest_arguments: tuple[str, ...]) -> int:
    """Run all checks (style, types, dependencies), then the tests.

    Everything runs even if something fails; the exit code is 1 then, and a table at the end
    says what. Arguments go to pytest.

    Without arguments, a few tests on engines that failed only because a deadline passed run
    once more at the end, alone; which ones is said below the table. What came out wrong never
    gets a second chance.
    """
    _install_engines()
    _install_browser()
    if faults or pytest_arguments:
        chosen = ("--faults",) if faults else ()
        return run_steps([*_QUICK, _TYPES, _pytest("tests", *chosen, *pytest_arguments)])
    with tempfile.TemporaryDirectory() as folder:
        late = None if strict else Path(folder)
        # Tests on engines wait most of their time; the others work meanwhile.
        running, broken = (_on_engines(name, late) for name in ON_ENGINES)
        return run_steps([*_QUICK, running], [broken], [_TYPES, _LOGIC])


@click.command()
def check() -> int:
    """Run the checks (style, types, dependencies) without the tests."""
    return run_steps([*_QUICK, _TYPES])


def _pytest(name: str, *arguments: str) -> Step:
    return Step(name, (sys.executable, "-m", "pytest", *arguments))


def _on_engines(name: str, late: Path | None) -> Step:
    """Return a step with engines of its own; ``late`` is the folder for what was too late."""
    step = _pytest(name, "-m", "stack", *ON_ENGINES[name])
    if late is None:
        return step
    file = late / name
    return step._replace(command=(*step.command, f"--late-to={file}"), late=file)


_LOGIC: Final = _pytest("tests of logic", "-m", "not stack")


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
