"""Policy files in force: looked at before each batch, taken up when one of them changed.

What breaks its rules, or says something else under a version that was in use, is refused with a
log line and a count, and what counted before goes on counting. Versions that were in force are
archived (ADR 0019): what a decision names can be read back.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeVar

from services.domain.clocks.book import MemoryPolicyArchive, PolicyArchive, keep_text
from services.domain.errors import OutageError, SettingsError
from services.runtime.ports import PolicyMetrics
from services.runtime.silent_metrics import SilentMetrics

logger: Final = logging.getLogger(__name__)

T = TypeVar("T")
_Stamp = tuple[int, int]
_TRIES: Final = 3
"""Times that files are read until nobody swaps one between its check and its archiving."""


class PolicyFile(NamedTuple):
    """A file that is watched; ``kind`` is its name in the archive, in metrics and in the log."""

    kind: str
    path: Path


class Named(NamedTuple):
    """A policy file as settings name it, or do not: then the one that we ship counts."""

    kind: str
    path: Path | None
    shipped: Path


class Watched(Generic[T]):
    """Gives what is in force; call it once for each batch, so that one policy decides it."""

    def __init__(
        self,
        files: Sequence[PolicyFile],
        load: Callable[[], T],
        archive: PolicyArchive,
        metrics: PolicyMetrics,
    ) -> None:
        """Load what ``files`` say together; ``load`` reads and checks them whole, or raises
        SettingsError.

        Raises:
            SettingsError: one breaks its rules, or its version said something else before.
            OutageError: the archive is away.
        """
        self._files = tuple(files)
        self._load = load
        self._archive = archive
        self._metrics = metrics
        self._seen = self._stamps()
        self._versions: dict[str, str] = {}
        self._in_force = self._loaded()
        for file in self._files:
            metrics.policy_watched(file.kind)

    def __call__(self) -> T:
        """Return what is in force; files are read again only if one of them changed."""
        stamps = self._stamps()
        if stamps != self._seen and None not in stamps:
            self._take_up(stamps)
        return self._in_force

    def _take_up(self, stamps: tuple[_Stamp | None, ...]) -> None:
        before = dict(self._versions)
        changed = [
            file.kind
            for file, stamp, seen in zip(self._files, stamps, self._seen, strict=True)
            if stamp != seen
        ]
        try:
            found = self._loaded()
        except SettingsError as error:
            self._seen = stamps
            for kind in changed:
                self._metrics.policy_refused(kind)
            logger.error(
                "policy refused, the one before goes on counting",
                extra={"reason": str(error), "policy": " ".join(before.values())},
            )
            return
        except OutageError:
            return  # looked at again before the next batch
        self._seen = stamps
        self._in_force = found
        for kind, version in self._versions.items():
            if version != before.get(kind):
                self._metrics.policy_taken_up(kind)
                logger.warning("policy taken up", extra={"policy": version})

    def _loaded(self) -> T:
        """Load, and archive what was loaded: a file that is swapped meanwhile is read again."""
        for _ in range(_TRIES):
            before = self._stamps(), self._texts()
            found = self._load()
            if (self._stamps(), self._texts()) == before and None not in before[0]:
                break
        else:
            raise OutageError("policies", "a file changed each time it was read")
        self._versions = {
            kind: keep_text(self._archive, kind, text)
            for kind, text in before[1].items()
            if text is not None
        }
        return found

    def _texts(self) -> dict[str, str | None]:
        return {kind: _text(path) for kind, path in self._files}

    def _stamps(self) -> tuple[_Stamp | None, ...]:
        """Return what changes with the files; None for one that is not there (being replaced)."""
        return tuple(map(_stamp, self._files))


def _text(path: Path) -> str | None:
    """Return what a file says; None where it cannot be read, which ``load`` will say better."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _stamp(file: PolicyFile) -> _Stamp | None:
    try:
        found = file.path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def watched(
    load: Callable[..., T], archive: PolicyArchive, metrics: PolicyMetrics, *files: Named
) -> Watched[T]:
    """Watch ``files``; ``load`` is given their paths in this order, None for a shipped one.

    Raises:
        SettingsError: one breaks its rules, or its version said something else before.
        OutageError: the archive is away.
    """
    own = [PolicyFile(one.kind, one.path or one.shipped) for one in files]
    return Watched(own, partial(load, *(one.path for one in files)), archive, metrics)


def looked_up(load: Callable[..., T], *files: Named) -> Watched[T]:
    """Watch ``files`` for API or console, as :func:`watched` does. These only show what follows
    from them, or say beforehand what a worker will decide: nothing is archived, and MongoDB may be
    away.

    Raises:
        SettingsError: one breaks its rules.
    """
    return watched(load, MemoryPolicyArchive(), SilentMetrics(), *files)


def always(policy: T) -> Callable[[], T]:
    """Return what gives this one for every batch: where no file is watched."""
    return lambda: policy
