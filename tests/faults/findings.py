"""What a test of faults injected and what it cost, for the table at the end."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from tests.support.checker import Tally

_HEAD: Final = "test | faults | contacts | commands | lost | doubled | repeats | recovery s"


class Found(BaseModel):
    """What one test saw; ``recoveries`` in seconds."""

    model_config = ConfigDict(extra="forbid")

    test: str
    """Its node id."""
    faults: int = 0
    contacts: int = 0
    commands: int = 0
    lost: int = 0
    doubled: int = 0
    repeats: int = 0
    recoveries: list[float] = []
    notes: list[str] = []
    is_counted: bool = False
    """Whether it counted contacts and commands."""


found: Final[list[Found]] = []
"""Of this session."""


class Findings:
    """One test's line."""

    def __init__(self, node: str) -> None:
        self._found = Found(test=node)
        self.faults = 0
        self.recoveries: list[float] = []
        self._is_told = False

    def report(self, tally: "Tally") -> None:
        """Add what the judges counted."""
        one = self._found
        one.contacts += tally.contacts
        one.commands += tally.commands
        one.lost += len(tally.lost)
        one.doubled += len(tally.doubled)
        one.repeats += tally.repeats
        one.is_counted = True
        self._tell()

    def count(self, contacts: int, *, lost: int = 0, doubled: int = 0) -> None:
        """Add what a test counted itself, where what it sends are no contacts."""
        one = self._found
        one.contacts += contacts
        one.lost += lost
        one.doubled += doubled
        one.is_counted = True
        self._tell()

    def note(self, text: str) -> None:
        """Add a line of words."""
        self._found.notes.append(text)
        self._tell()

    def close(self) -> None:
        """Take over what was collected; the test has ended."""
        self._found.faults = self.faults
        self._found.recoveries = self.recoveries

    def _tell(self) -> None:
        if not self._is_told:
            found.append(self._found)
            self._is_told = True


def lines_of(several: Sequence[Found]) -> list[str]:
    """Return a line for each test that counted, and its notes."""
    lines = [_HEAD]
    for one in several:
        name = one.test.partition("::")[2]
        if one.is_counted:
            numbers = (
                one.faults, one.contacts, one.commands, one.lost, one.doubled, one.repeats
            )  # fmt: skip
            lines.append(" | ".join((name, *map(str, numbers), spread(one.recoveries))))
        lines += [f"{name} | {note}" for note in one.notes]
    return lines


def spread(recoveries: Sequence[float]) -> str:
    """Return the middle and the longest of some times, in seconds."""
    if not recoveries:
        return "-"
    times = sorted(recoveries)
    return f"median {times[len(times) // 2]:.1f}, longest {times[-1]:.1f}"


def slack() -> float:
    """Return by how much longer things take here than on a machine with nothing else to do."""
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return max(1.0, waiting)
