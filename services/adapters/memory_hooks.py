"""Where tests and the simulation make a store in memory fail."""

import threading
from collections.abc import Callable


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
        self._operations: dict[str, _Operation] = {}

    def _operation(self, op_name: str) -> "_Operation":
        known = self._operations.get(op_name)
        if known is None:
            known = self._operations[op_name] = _Operation(self, op_name)
        return known


class _Operation:
    """An operation between its hooks; made once, it remembers nothing. Not a generator:
    simulations pass thousands a second."""

    __slots__ = ("_name", "_of")

    def __init__(self, of: Hooked, name: str) -> None:
        self._of = of
        self._name = name

    def __enter__(self) -> None:
        self._of.before(self._name)
        self._of._lock.acquire()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._of._lock.release()
        if error is None:
            self._of.after(self._name)
