"""A channel of which its provider's watch hears how long each answer took."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from schemas.notice_words import NoticeChannel
from services.domain.clock import Clock
from services.domain.notice_fates import LEFT_ALONE
from services.domain.send_store import Outcome
from services.sender.channels.port import Answer, Channel, Letter

_LEFT_ALONE: Final = Answer(Outcome.AWAY, LEFT_ALONE)


class Watch(Protocol):
    """Told of every call."""

    def took(self, seconds: float) -> None:
        """Take in how long an answer took."""
        ...


class TimedChannel:
    """See :class:`services.sender.channels.port.Channel`; ``name`` is looked up at each call.
    ``is_night`` is asked last of all: a process may have stood still since it looked."""

    def __init__(
        self,
        name: NoticeChannel,
        channels: Mapping[NoticeChannel, Channel],
        watch: Watch,
        clock: Clock,
        is_night: Callable[[], bool],
    ) -> None:
        self._name = name
        self._channels = channels
        self._watch = watch
        self._clock = clock
        self._is_night = is_night

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        if self._is_night():
            return _LEFT_ALONE
        began = self._clock.monotonic()
        try:
            return self._channels[self._name].send(letter)
        finally:
            self._watch.took(self._clock.monotonic() - began)

    def close(self) -> None:
        """See the port."""
        self._channels[self._name].close()
