"""What came of a send so far, and how it is shown while it runs."""

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from services.cli.sending.lines import BadLine

_SHOWN_REFUSALS: Final = 50
_LINE_SECONDS: Final = 5.0


@dataclass
class Tally:
    """Counts, and the answer to the first line."""

    accepted: int = 0
    refused: int = 0
    retries: int = 0
    first: dict[str, Any] | None = None
    first_line: int = 0
    begun: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self.begun, 1e-6)

    @property
    def rate(self) -> float:
        return self.accepted / self.seconds

    def accept(self, line: int, answer: dict[str, Any]) -> None:
        """Count an accepted contact; the earliest line's answer is kept."""
        self.accepted += 1
        if self.first is None or line < self.first_line:
            self.first, self.first_line = answer, line

    def words(self) -> str:
        """Return the counts in words."""
        words = f"{self.accepted:,} accepted, {self.rate:,.0f}/s"
        if self.refused:
            words += f", {self.refused:,} refused"
        if self.retries:
            words += f", {self.retries:,} retries"
        return words


class Display:
    """A bar on a terminal, a line now and then elsewhere; refusals above it, on stderr."""

    def __init__(self, tally: Tally, total: int | None) -> None:
        self._tally = tally
        self._total = total
        self._said = time.monotonic()
        self._console = Console(stderr=True, highlight=False)
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                SpinnerColumn(),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.description}"),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._task = self._bar.add_task("", total=total)

    def shown(self) -> AbstractContextManager[object]:
        """Return the context in which the display is on."""
        return self._bar or nullcontext()

    def refuse(self, bad: BadLine) -> None:
        """Count a refused line and say why; after many of them only count."""
        self._tally.refused += 1
        if self._tally.refused <= _SHOWN_REFUSALS:
            self._print(str(bad))
        elif self._tally.refused == _SHOWN_REFUSALS + 1:
            self._print("(more refused lines are only counted)")

    def update(self) -> None:
        """Show the counts as they are now."""
        done = self._tally.accepted + self._tally.refused
        if self._bar is not None:
            self._bar.update(self._task, completed=done, description=self._tally.words())
        elif time.monotonic() - self._said >= _LINE_SECONDS:
            self._said = time.monotonic()
            of_total = f" of {self._total:,}" if self._total else ""
            self._print(f"{done:,}{of_total}: {self._tally.words()}")

    def _print(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, markup=False)
        else:
            click.echo(line, err=True)
