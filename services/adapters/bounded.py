"""Calls that must come back, into a library whose time-outs cannot be relied on.

Measured with librdkafka 2.x: in one of some twenty broker crashes
``send_offsets_to_transaction`` ignores its time-out and returns only when a broker is back,
be it an hour later. Meanwhile the worker would neither poll nor obey SIGTERM.
"""

import queue
import threading
from collections.abc import Callable

_Outcome = queue.SimpleQueue[BaseException | None]


class CallHangs(Exception):
    """The call did not come back in time. It may still do something later."""


class Bounded:
    """Runs calls one at a time in a thread that is left behind when one hangs.

    Whatever the call works on must be given up then: it may still be in use there.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[[], object], _Outcome]] | None = None

    def call(self, function: Callable[[], object], seconds: float) -> None:
        """Run ``function``; raise what it raises.

        Raises:
            CallHangs: it has not returned after ``seconds``.
        """
        if self._calls is None:
            self._calls = queue.SimpleQueue()
            arguments = (self._calls,)
            threading.Thread(target=_serve, args=arguments, name="bounded", daemon=True).start()
        outcome: _Outcome = queue.SimpleQueue()
        self._calls.put((function, outcome))
        try:
            error = outcome.get(timeout=seconds)
        except queue.Empty:
            self._calls = None
            raise CallHangs(f"no answer within {seconds:g} s") from None
        if error is not None:
            raise error


def _serve(calls: queue.SimpleQueue[tuple[Callable[[], object], _Outcome]]) -> None:
    while True:
        function, outcome = calls.get()
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - raised again where it was called
            outcome.put(error)
        else:
            outcome.put(None)
