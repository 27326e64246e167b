"""An engine whose files may not grow: each write to one fails, as on a disk without room. For
machines that let nobody mount a small one, and to be able to say so anywhere."""

import resource
from types import TracebackType
from typing import Final, Self

from infra.embedded.node import Node

_NOTHING: Final = 1
"""Bytes that a file may have. The kernel counts from its beginning: none can be written on."""


class RefusedWrites:
    """Refuses ``node`` what a full disk does, from :meth:`fill` on; a context manager."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def fill(self) -> None:
        """Let no file grow any more."""
        self._limit(_NOTHING)

    def make_room(self) -> None:
        """Let files grow again; an engine that gave up meanwhile is started without a limit."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, most: int) -> None:
        pid = self._node.pid
        if pid is not None:
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.make_room()
