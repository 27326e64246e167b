"""Who stands behind a channel: one provider, or one for each address that has limits of its own.

A limit belongs to whoever sets it. A relay for mail is one; robots are many: each counts for
itself how often it is written to, and one that is broken says nothing about the others.
"""

import threading
from collections.abc import Mapping
from typing import Final

from schemas.notice_words import NoticeChannel
from services.sender.breaker import Provider
from services.sender.channels.port import Channel, ManyProviders
from services.sender.policy import ChannelPolicy

MOST_KNOWN: Final = 1000
"""Of one channel; whoever came first is forgotten first, and what it does is found out anew."""
_ONLY: Final = ""
"""The name of the provider of a channel that has no other."""


class Providers:
    """Breaker, rate, caps and pace of each, made when they are first asked for. Asked by several
    threads. ``channels`` are looked at on each call."""

    def __init__(
        self,
        policies: Mapping[NoticeChannel, ChannelPolicy],
        channels: Mapping[NoticeChannel, Channel],
    ) -> None:
        self._policies = policies
        self._channels = channels
        self._known: dict[NoticeChannel, dict[str, Provider]] = {one: {} for one in policies}
        self._lock = threading.Lock()

    def name(self, channel: NoticeChannel, recipient: str) -> str:
        """Return which provider of the channel writes to a recipient; empty where it has one."""
        behind: object = self._channels.get(channel)
        return behind.provider_of(recipient) if isinstance(behind, ManyProviders) else _ONLY

    def of(self, channel: NoticeChannel, recipient: str) -> Provider:
        """Return the provider that writes to a recipient."""
        return self.named(channel, self.name(channel, recipient))

    def named(self, channel: NoticeChannel, name: str) -> Provider:
        """Return a provider by its name."""
        known = self._known[channel]
        found = known.get(name)
        if found is not None:
            return found
        with self._lock:
            found = known.setdefault(name, Provider(self._policies[channel], name))
            if len(known) > MOST_KNOWN:
                del known[next(iter(known))]
            return found

    def away(self, channel: NoticeChannel) -> int:
        """Return how many of a channel's providers are believed to be away."""
        with self._lock:
            return sum(one.breaker.is_open for one in self._known[channel].values())
