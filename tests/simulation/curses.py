"""A defect of ours about certain words, until an operator mends it."""

from collections.abc import Callable, Sequence

from services.runtime.ports import Handler, RememberingHandler
from services.runtime.records import Handled, Inbound, Positions


class Cursed:
    """A handler with a defect about ``word``, as long as ``lasts`` says so."""

    def __init__(self, handler: Handler, word: str, lasts: Callable[[], bool]) -> None:
        self._handler = handler
        self._word = word.encode()
        self._lasts = lasts

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port."""
        if self._lasts() and any(self._word in (one.value or b"") for one in batch):
            raise RuntimeError("a defect of ours")
        return self._handler.handle(batch, positions)

    def may_bury(self, inbound: Inbound) -> bool:
        """See the port."""
        handler = self._handler
        return not isinstance(handler, RememberingHandler) or handler.may_bury(inbound)
