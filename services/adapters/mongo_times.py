"""How long MongoDB takes, told by pymongo itself: the time of each command on the wire."""

from collections.abc import Callable
from typing import Final

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from services.runtime.catalogue.workers import MONGO_OPERATIONS

_OPERATIONS: Final = {
    **dict.fromkeys(("find", "getMore", "aggregate", "count", "distinct"), "find"),
    "insert": "insert",
    **dict.fromkeys(("update", "findAndModify"), "update"),
}
"""By pymongo's name of the command; all others are ``other``, deletions and barriers among them."""


class MongoTimes(CommandListener):
    """Tells ``observer_of`` an operation the seconds of each of its commands, failed ones too: a
    server that hangs must not look quick. The observers are looked up once."""

    def __init__(self, observer_of: Callable[[str], Callable[[float], None]]) -> None:
        observers = {operation: observer_of(operation) for operation in MONGO_OPERATIONS}
        self._other = observers["other"]
        self._of_command = {name: observers[one] for name, one in _OPERATIONS.items()}

    def started(self, event: CommandStartedEvent) -> None:
        """Wait for its end."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Tell how long it took."""
        self._of_command.get(event.command_name, self._other)(event.duration_micros / 1e6)

    def failed(self, event: CommandFailedEvent) -> None:
        """Tell how long it took."""
        self._of_command.get(event.command_name, self._other)(event.duration_micros / 1e6)
