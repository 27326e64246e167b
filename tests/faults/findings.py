"""The table of faults: what was injected, what it cost."""

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.support.checker import Tally

rows: Final[list[tuple[str, ...]]] = []
_HEAD: Final = (
    "test",
    "faults",
    "contacts",
    "commands",
    "lost",
    "doubled",
    "repeats",
    "recovery s",
)


class Findings:
    """One test's line."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.faults = 0
        self.recoveries: list[float] = []

    def report(self, tally: "Tally") -> None:
        """Add the line."""
        rows.append(
            (
                self._name,
                str(self.faults),
                str(tally.contacts),
                str(tally.commands),
                str(len(tally.lost)),
                str(len(tally.doubled)),
                str(tally.repeats),
                self._spread(),
            )
        )

    def note(self, text: str) -> None:
        """Add a line of words."""
        rows.append((self._name, text))

    def _spread(self) -> str:
        if not self.recoveries:
            return "-"
        times = sorted(self.recoveries)
        return f"median {times[len(times) // 2]:.1f}, longest {times[-1]:.1f}"

    @staticmethod
    def table() -> list[str]:
        """Return the lines."""
        return [" | ".join(row) for row in (_HEAD, *rows)]


def slack() -> float:
    """Return by how much longer things take here than on a machine with nothing else to do."""
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return max(1.0, waiting)
