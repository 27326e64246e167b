"""Processes that run one at a time and stop wherever the scheduler wants them to.

A process is a greenlet: whoever runs hands back to the scheduler at a point of its own (a crash
point, a call to a store or to the broker) and may be left standing there for as long as it
pleases the scheduler. So every interleaving of such points can happen, and the same seed gives
the same one. Threads that pass a baton do the same and spend half their time on passing it.
"""

from collections.abc import Callable

from greenlet import getcurrent, greenlet


class Crash(BaseException):
    """The process dies here: nothing is cleaned up. No Exception, so nobody survives it."""


class Actor:
    """A process: ``body`` runs until it returns, dies or is killed."""

    def __init__(self, name: str, body: Callable[["Actor"], None]) -> None:
        self.name = name
        self.has_ended = False
        self.failure: Exception | None = None
        self._body = body
        self._stack = greenlet(self._run)

    def resume(self) -> None:
        """Let it run until it hands back, or ends. Called by the scheduler."""
        if not self.has_ended:
            self._stack.parent = getcurrent()  # whoever made it may have been another process
            self._stack.switch()

    def hand_back(self) -> None:
        """Stand still until resumed. Called by the process itself.

        Raises:
            Crash: it was killed meanwhile.
        """
        assert self._stack.parent is not None
        self._stack.parent.switch()

    def kill(self) -> None:
        """End it where it stands. Called by the scheduler."""
        if self._stack:
            self._stack.parent = getcurrent()
            self._stack.throw(Crash("killed"))
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
