"""Calls side by side in threads, none waited for longer than allowed."""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from services.domain.send_store import Outcome
from services.sender.channels.port import Answer, Channel, Letter

logger: Final = logging.getLogger(__name__)

_MARGIN_SECONDS: Final = 1.0
"""Channels keep their time limit themselves; this only catches one that does not."""
_NOT_BACK: Final = Answer(Outcome.UNKNOWN, "no_answer_in_time")
_NOT_BEGUN: Final = Answer(Outcome.AWAY, "all_threads_busy")
_DEFECT: Final = Answer(Outcome.UNKNOWN, "defect")


class ThreadPool:
    """The handler's :class:`~services.sender.handler.Pool`.

    A call that does not come back in time goes on in its thread, and its answer is ignored:
    it may still arrive, so it counts as UNKNOWN. There are spare threads for such calls.
    """

    def __init__(self, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(at_once * 2, thread_name_prefix="sending")

    def send_all(self, sendings: Sequence[tuple[Channel, Letter]], seconds: float) -> list[Answer]:
        """See the port."""
        calls = [self._threads.submit(_call, channel, letter) for channel, letter in sendings]
        wait(calls, timeout=seconds + _MARGIN_SECONDS)
        return [_answer(call) for call in calls]

    def close(self) -> None:
        """Start nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _call(channel: Channel, letter: Letter) -> Answer:
    try:
        return channel.send(letter)
    except Exception:
        logger.exception("a channel broke its contract")
        return _DEFECT


def _answer(call: "Future[Answer]") -> Answer:
    if call.cancel():
        return _NOT_BEGUN
    return call.result() if call.done() else _NOT_BACK
