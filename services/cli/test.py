"""``complaints test`` and ``complaints check``: what CI runs, with every result at the end."""

import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from services.cli.pool import run_pool
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
FAULTS_ALONE: Final = ("tests/faults/test_kills.py",)
"""Faults that have the machine for themselves, as they hold times that are promised."""
FAULTS_IDLE: Final = ("tests/models", "tests/simulation")
"""What only computes: begun beside those, with what they leave of the processor."""
FAULTS_BEHIND: Final = ("tests/faults/test_planted.py", "tests/channels/test_matrix.py")
"""What computes most of the time: runs beside the others, and gives way to them."""
FAULTS: Final = (
    "tests/faults/test_outages.py",
    "tests/faults/test_network.py",
    "tests/faults/test_stopping.py",
    "tests/faults/test_clocks.py",
    "tests/faults/test_backlog.py",
    "tests/faults/test_cluster.py",
    "tests/faults/test_broken_rules.py",
    "tests/faults/test_disk.py",
    "tests/faults/test_zombies.py",
    "tests/faults/test_sender_kills.py",
    "tests/faults/test_groups.py",
    "tests/faults/test_incident_kills.py",
    "tests/integration/test_recovery.py",
    "tests/faults/test_invariants.py",
    "tests/faults/test_replays.py",
    "tests/faults/test_poison.py",
    "tests/faults/test_offsets.py",
    "tests/faults/test_stuck_key.py",
    "tests/faults/test_silence.py",
    "tests/faults/test_demo_kills.py",
    "tests/integration/test_notices.py",
    "tests/faults/test_api.py",
    "tests/faults/test_express.py",
    "tests/faults/test_hanging.py",
    "tests/contract/test_mongo_safety.py",
    "tests/contract/test_mongo_failover.py",
    "tests/channels/test_gateway.py",
    "tests/faults/test_assignment_rewinds.py",
    "tests/faults/test_bounded_calls.py",
    "tests/faults/test_ends.py",
    "tests/faults/test_rows.py",
    "tests/unit/runtime/test_watchdog.py",
)
"""The other faults and the defects planted for them, what takes longest first: each has engines
of its own and waits for them most of the time, so that several run at once."""
FAULTS_AT_ONCE: Final = 4
_TYPES: Final = Step("mypy", (f"{_BIN}/mypy", "--strict"))


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples:
  ./complaints test                       everything, with a few faults of each kind
  ./complaints test --strict              and no test may run a second time
  ./complaints test --faults              every fault, and every defect planted to be found
  ./complaints test --full                the long form of everything (hours)
  ./complaints test tests/unit -x         checks, and some of the tests
  ./complaints test -m "not stack"        without the tests that start Kafka and MongoDB
""",
)
@click.option("--faults", is_flag=True, help="Only the faults, in their long form (40 minutes).")
@click.option("--full", is_flag=True, help="Everything in its long form (hours).")
@click.option("--strict", is_flag=True, help="Give no test a second chance.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGS]")
def command(faults: bool, full: bool, strict: bool, pytest_arguments: tuple[str, ...]) -> int:
    """Run all checks (style, types, dependencies), then the tests.

    Everything runs even if something fails; the exit code is 1 then, and a table at the end
    says what. Arguments go to pytest.

    --faults ends with a table: each fault of the list, what it cost, and whether it was survived
    and the defects planted for it were found. With arguments it chooses the long form of those
    tests.

    Without arguments, a few tests on engines that failed only because a deadline passed run
    once more at the end, alone; which ones is said below the table. What came out wrong never
    gets a second chance.
    """
    _install_engines()
    _install_browser()
    if full or pytest_arguments:
        chosen = ("--faults",) if faults or full else ()
        return run_steps([*_QUICK, _TYPES, _pytest("tests", *chosen, *pytest_arguments)])
    if faults:
        return _run_faults(strict)
    with tempfile.TemporaryDirectory() as folder:
        late = None if strict else Path(folder)
        # Tests on engines wait most of their time; the others work meanwhile.
        running, broken = (_on_engines(name, late) for name in ON_ENGINES)
        return run_steps([*_QUICK, running], [broken], [_TYPES, _LOGIC])


@click.command()
def check() -> int:
    """Run the checks (style, types, dependencies) without the tests."""
    return run_steps([*_QUICK, _TYPES])


def _run_faults(strict: bool) -> int:
    with tempfile.TemporaryDirectory() as folder:
        alone, idle, behind, beside = (
            [_of_fault(place, Path(folder), strict) for place in places]
            for places in (FAULTS_ALONE, FAULTS_IDLE, FAULTS_BEHIND, FAULTS)
        )
        code = run_pool(alone, beside, at_once=FAULTS_AT_ONCE, idle=idle, behind=behind)
        shown = (
            sys.executable,
            "-m",
            "tests.faults.shown",
            *map(str, Path(folder).glob("*.shown")),
        )
        return max(code, run_steps([Step("table of faults", shown)]))


def _of_fault(place: str, folder: Path, strict: bool) -> Step:
    file = folder / place.replace("/", ".")
    arguments = (place, "--faults", "--durations=12", f"--shown-to={file}.shown")
    if strict:
        return _pytest(place, *arguments)
    late = Path(f"{file}.late")
    return _pytest(place, *arguments, f"--late-to={late}")._replace(late=late)


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
