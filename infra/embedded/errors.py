"""What can keep the engines from starting, each with a message for the person at the terminal.

StackError
├── DataDirectoryInUseError     another process runs on this data folder
├── MachineUnfitError           a library, space or permission is missing
└── NodeFailedError             an engine ended, or did not come up in time
    └── PortTakenError          … because somebody else took its port meanwhile
"""

from pathlib import Path


class StackError(Exception):
    """The embedded engines cannot do what was asked; the message says why."""


class DataDirectoryInUseError(StackError):
    """Two instances on one folder would destroy it, so the second is refused."""


class MachineUnfitError(StackError):
    """Nothing was started, because it could not have worked here."""


class NodeFailedError(StackError):
    """One engine is down; ``reason`` is the cause, ``last_lines`` what it logged at the end."""

    def __init__(self, name: str, reason: str, last_lines: list[str], log: Path) -> None:
        self.name = name
        self.reason = reason
        self.last_lines = last_lines
        shown = "".join(f"\n    {line}" for line in last_lines)
        super().__init__(f"{name}: {reason}\n  last lines of {log}:{shown or ' (empty)'}")


class PortTakenError(NodeFailedError):
    """Between our look and the engine's start somebody took the port: worth another try."""
