"""Calls that must come back, into a library whose time-outs cannot be relied on.

Measured with librdkafka 2.x: in one of some twenty broker crashes
``send_offsets_to_transaction`` ignores its time-out and returns only when a broker is back,
be it an hour later. Meanwhile the worker would neither poll nor obey SIGTERM.
"""

import queue
import threading
from collections.abc import Callable

_Outcome = queue.SimpleQueue[BaseException | None]
_Calls = queue.SimpleQueue[tuple[Callable[[], object], _Outcome] | None]
"""None ends the thread."""


class CallHangs(Exception):
    """The call did not come back in time. It may still do something later."""


class Bounded:
    """Runs calls one at a time in a thread that is left behind when one hangs.

    Whatever the call works on must be given up then: it may still be in use there.
    """

    def __init__(self) -> None:
        self._calls: _Calls | None = None
        self._thread: threading.Thread | None = None
        self._left: list[threading.Thread] = []

    def hanging(self) -> int:
        """Return how many threads were left behind whose calls have not come back to this day."""
        self._left = [thread for thread in self._left if thread.is_alive()]
        return len(self._left)

    def call(self, function: Callable[[], object], seconds: float) -> None:
        """Run ``function``; raise what it raises.

        Raises:
            CallHangs: it has not returned after ``seconds``.
        """
        if self._calls is None:
            self._calls = queue.SimpleQueue()
            arguments = (self._calls,)
            self._thread = threading.Thread(
                target=_serve, args=arguments, name="bounded", daemon=True
            )
            self._thread.start()
        outcome: _Outcome = queue.SimpleQueue()
        self._calls.put((function, outcome))
        try:
            error = outcome.get(timeout=seconds)
        except queue.Empty:
            if self._thread is not None:
                self._left.append(self._thread)
            self.close()
            raise CallHangs(f"no answer within {seconds:g} s") from None
        if error is not None:
            try:
                raise error
            finally:
                # It knows this frame, and this frame it: a circle that would keep all that was
                # worked on. A producer in it begins its lost transaction anew once a broker is
                # back, whose end takes along what the broker forgot to end (ADR 0013).
                del error

    def close(self) -> None:
        """Let the thread end once its call is back. The next call makes another."""
        if self._calls is not None:
            self._calls.put(None)
        self._calls = None


def _serve(calls: _Calls) -> None:
    while (call := calls.get()) is not None:
        function, outcome = call
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - raised again where it was called
            outcome.put(error)
        else:
            outcome.put(None)
        # Not until the next call: what was worked on may be given up before that.
        del call, function, outcome
