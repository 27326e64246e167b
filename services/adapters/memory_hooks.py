"""Where tests and the simulation make a store in memory fail."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def _nothing(op_name: str) -> None:
    """Pass by."""


class Hooked:
    """Base of the stores in memory: one lock, and a hook on either side of every operation.

    ``before`` is called with the method's name before anything is done: raising there is a
    database that is away. ``after`` is called when all is done: raising there is a lost
    acknowledgement, or a worker that dies right after its write.
    """

    before: Callable[[str], None]
    after: Callable[[str], None]

    def __init__(self) -> None:
        self.before = _nothing
        self.after = _nothing
        self._lock = threading.RLock()

    @contextmanager
    def _operation(self, op_name: str) -> Iterator[None]:
        self.before(op_name)
        with self._lock:
            yield
        self.after(op_name)
