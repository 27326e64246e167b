"""A channel of which its provider's watch hears how long each answer took."""

from collections.abc import Mapping
from typing import Protocol

from schemas.notice_words import NoticeChannel
from services.domain.clock import Clock
from services.sender.channels.port import Answer, Channel, Letter


class Watch(Protocol):
    """Told of every call."""

    def took(self, seconds: float) -> None:
        """Take in how long an answer took."""
        ...


class TimedChannel:
    """See :class:`services.sender.channels.port.Channel`; ``name`` is looked up at each call."""

    def __init__(
        self,
        name: NoticeChannel,
        channels: Mapping[NoticeChannel, Channel],
        watch: Watch,
        clock: Clock,
    ) -> None:
        self._name = name
        self._channels = channels
        self._watch = watch
        self._clock = clock

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        began = self._clock.monotonic()
        try:
            return self._channels[self._name].send(letter)
        finally:
            self._watch.took(self._clock.monotonic() - began)

    def close(self) -> None:
        """See the port."""
        self._channels[self._name].close()
