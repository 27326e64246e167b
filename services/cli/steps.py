"""Steps of a test run: one after the other or side by side, and every verdict at the end."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import click
from pydantic import BaseModel, ConfigDict, ValidationError

from services.cli.instance import ROOT

MOST_AGAIN: Final = 5
"""More tests than these are not late because the machine had a bad moment: none runs again."""


class Step(NamedTuple):
    """One tool, by a name for people.

    ``late`` is a file in which pytest says which tests failed, and which of them only because
    a deadline passed (``--late-to``); those get a second chance.
    """

    name: str
    command: tuple[str, ...]
    late: Path | None = None


class Late(BaseModel):
    """Tests by what made them fail: a deadline (with its words), or anything else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    late: dict[str, str]
    wrong: tuple[str, ...]


@dataclass
class Verdict:
    """How a step ended; ``again`` names the tests that passed on their second run only."""

    step: Step
    code: int
    seconds: float
    again: dict[str, str] = field(default_factory=dict)


def run_steps(steps: Sequence[Step], *beside: Sequence[Step]) -> int:
    """Run ``steps`` one after the other; at the side of the last one every row of ``beside``,
    whose output is shown afterwards. Return 1 if anything failed, else 0."""
    verdicts = [_run(step) for step in steps[:-1]]
    with ExitStack() as aside:
        for row in beside:
            aside.enter_context(_at_the_side(row, verdicts))
        verdicts.append(_run(steps[-1]))
    for verdict in verdicts:
        second_chance(verdict)
    tell(verdicts)
    return 1 if any(verdict.code for verdict in verdicts) else 0


def _run(step: Step) -> Verdict:
    _say(step.name)
    begun = time.monotonic()
    code = subprocess.run(step.command, cwd=ROOT, check=False).returncode
    return Verdict(step, code, time.monotonic() - begun)


@contextmanager
def _at_the_side(steps: Sequence[Step], verdicts: list[Verdict]) -> Iterator[None]:
    """Run ``steps`` meanwhile, and show what they printed when they have ended."""
    with tempfile.TemporaryDirectory() as folder:
        row = _Row(steps, Path(folder))
        row.start()
        try:
            yield
        except BaseException:
            row.give_up()
            raise
        finally:
            row.join()
        for verdict, kept in row.ended:
            _say(verdict.step.name)
            sys.stdout.write(kept.read_text(encoding="utf-8", errors="replace"))
            sys.stdout.flush()
            verdicts.append(verdict)


class _Row(threading.Thread):
    """Steps one after the other in a thread, each printing into a file."""

    def __init__(self, steps: Sequence[Step], folder: Path) -> None:
        super().__init__(name=steps[0].name)
        self.ended: list[tuple[Verdict, Path]] = []
        self._steps = steps
        self._folder = folder
        self._running: subprocess.Popen[bytes] | None = None
        self._is_over = False

    def run(self) -> None:
        for number, step in enumerate(self._steps):
            if self._is_over:
                return
            kept = self._folder / str(number)
            begun = time.monotonic()
            with kept.open("wb") as printed:
                self._running = subprocess.Popen(
                    step.command, cwd=ROOT, stdout=printed, stderr=subprocess.STDOUT
                )
                code = self._running.wait()
            self.ended.append((Verdict(step, code, time.monotonic() - begun), kept))

    def give_up(self) -> None:
        """End what runs, and begin nothing more."""
        self._is_over = True
        if self._running is not None:
            self._running.terminate()


def second_chance(verdict: Verdict) -> None:
    """Run the tests of a step again, alone, if all that failed there were too late."""
    late = _read_late(verdict)
    if late is None or not may_run_again(late):
        return
    pytest = verdict.step.command[: verdict.step.command.index("pytest") + 1]
    again = Step(f"{verdict.step.name}, what was too late once more", (*pytest, *late.late))
    second = _run(again)
    verdict.seconds += second.seconds
    if second.code == 0:
        verdict.code, verdict.again = 0, late.late


def may_run_again(late: Late) -> bool:
    """Say whether what failed may have failed for want of time alone."""
    return not late.wrong and 0 < len(late.late) <= MOST_AGAIN


def _read_late(verdict: Verdict) -> Late | None:
    """Return what failed in a step whose tests all ran; None where that is not known."""
    if verdict.code != 1 or verdict.step.late is None:
        return None
    try:
        return Late.model_validate(json.loads(verdict.step.late.read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None


def tell(verdicts: Sequence[Verdict]) -> None:
    """Print how each step ended, and what passed on its second run only."""
    _say("results")
    for one in verdicts:
        said = click.style("ok", fg="green") if one.code == 0 else click.style("FAILED", fg="red")
        click.echo(f"{one.step.name:<28} {said}  {one.seconds:.1f} s", err=True)
    for one in verdicts:
        for test, words in one.again.items():
            click.secho(f"passed on the second run: {test}", fg="yellow", bold=True, err=True)
            click.echo(f"    on the first: {words}", err=True)


def _say(name: str) -> None:
    click.secho(f"── {name}", bold=True, err=True)
