"""Processes that run one at a time and stop wherever the scheduler wants them to.

A process is a thread, but never two run at once: whoever runs hands the baton back at a point
of its own (a crash point, a call to a store or to the broker) and may be left standing
there for as long as it pleases the scheduler. So every interleaving of such points can
happen, and the same seed gives the same one.
"""

import threading
from collections.abc import Callable


class Crash(BaseException):
    """The process dies here: nothing is cleaned up. No Exception, so nobody survives it."""


class Actor:
    """A process: ``body`` runs until it returns, dies or is killed."""

    def __init__(self, name: str, body: Callable[["Actor"], None]) -> None:
        self.name = name
        self.has_ended = False
        self.failure: Exception | None = None
        self._body = body
        self._is_doomed = False
        self._mine = threading.Lock()
        self._schedulers = threading.Lock()
        self._mine.acquire()
        self._schedulers.acquire()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._has_started = False

    def resume(self) -> None:
        """Let it run until it hands back, or ends. Called by the scheduler."""
        if self.has_ended:
            return
        if self._has_started:
            self._mine.release()
        else:
            self._has_started = True
            self._thread.start()
        self._schedulers.acquire()
        if self.has_ended:
            self._thread.join()

    def hand_back(self) -> None:
        """Stand still until resumed. Called by the process itself.

        Raises:
            Crash: it was killed meanwhile.
        """
        self._schedulers.release()
        self._mine.acquire()
        if self._is_doomed:
            raise Crash("killed")

    def kill(self) -> None:
        """End it where it stands. Called by the scheduler."""
        self._is_doomed = True
        if self._has_started:
            self.resume()
        self.has_ended = True

    def _run(self) -> None:
        try:
            self._body(self)
        except Crash:
            pass
        except Exception as error:  # noqa: BLE001 - judged by the checker
            self.failure = error
        finally:
            self.has_ended = True
            self._schedulers.release()
