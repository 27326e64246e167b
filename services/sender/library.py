"""The words of notices: those in force, and those of every edition that one was written with.

A notice keeps the words it was first written with: its first claim names their edition, and
whoever sends it again, after a doubt or over the next channel, takes that edition out of the
archive. One that this version of the service cannot use any more is told of in the log; then the
words in force are taken, and the claim says so.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

from services.domain.clocks.book import PolicyArchive
from services.domain.errors import OutageError, SettingsError
from services.domain.wording.edition import edition_of, load_edition, stamp_of
from services.domain.wording.wording import Wording
from services.runtime.ports import PolicyMetrics

logger: Final = logging.getLogger(__name__)

KIND: Final = "texts"
_LOOK_EVERY_SECONDS: Final = 1.0


class Words(Protocol):
    """Knows the words of every edition."""

    def of(self, edition: str | None) -> Wording:
        """Return the words of an edition by its name; those in force without one.

        Raises:
            OutageError: the archive is away.
        """
        ...


class FixedWords:
    """One edition, whatever is asked for: for previews and tests."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def of(self, edition: str | None) -> Wording:
        """See :class:`Words`."""
        return self._wording


class Library:
    """See :class:`Words`; used by several threads. A file of one's own is looked at again while
    the sender runs; the shipped one changes with the service only."""

    def __init__(
        self,
        path: Path | None,
        archive: PolicyArchive,
        metrics: PolicyMetrics,
        monotonic: Callable[[], float],
        may_reply: bool = False,
    ) -> None:
        """Load the file.

        Raises:
            SettingsError: it breaks its rules, or its version said something else before.
            OutageError: the archive is away.
        """
        self._archive = archive
        self._may_reply = may_reply
        self._monotonic = monotonic
        self._lock = Lock()
        self._earlier: dict[str, Wording | None] = {}
        self._looked_at = monotonic()
        self._path = path
        self._metrics = metrics
        self._seen = None if path is None else stamp_of(path)
        self._current = self._load()
        metrics.policy_watched(KIND)

    def of(self, edition: str | None) -> Wording:
        """See :class:`Words`."""
        with self._lock:
            if self._monotonic() - self._looked_at >= _LOOK_EVERY_SECONDS:
                self._looked_at = self._monotonic()
                self._look()
            if edition is None or edition == self._current.edition:
                return self._current
            if edition not in self._earlier:
                self._earlier[edition] = self._read_back(edition)
            return self._earlier[edition] or self._current

    def _look(self) -> None:
        """Take up what changed, unless it breaks its rules."""
        stamp = None if self._path is None else stamp_of(self._path)
        if stamp is None or stamp == self._seen:
            return
        try:
            found = self._load()
        except SettingsError as error:
            self._seen = stamp
            self._metrics.policy_refused(KIND)
            logger.error(
                "policy refused, the one before goes on counting",
                extra={"reason": str(error), "policy": self._current.version},
            )
            return
        except OutageError:
            return  # looked at again the next time
        self._seen = stamp
        if found.edition != self._current.edition:
            self._metrics.policy_taken_up(KIND)
            logger.warning("policy taken up", extra={"policy": found.version})
        self._current = found

    def _load(self) -> Wording:
        edition = load_edition(self._path)
        wording = Wording(edition, may_reply=self._may_reply)
        kept = edition_of(self._archive.keep(KIND, edition.texts.version, edition.as_text()))
        if kept != edition:
            raise SettingsError(
                f"texts {edition.texts.version} were changed without a new version, and notices "
                "were written with them as they were: give the file another version"
            )
        return wording

    def _read_back(self, name: str) -> Wording | None:
        version = name.rpartition(":")[0]
        text = self._archive.text(KIND, version)
        try:
            found = None if text is None else edition_of(text)
            if found is not None and found.name == name:
                return Wording(found, may_reply=self._may_reply)
            reason = "not in the archive"
        except SettingsError as error:
            reason = str(error)
        logger.error(
            "texts of an earlier version cannot be used, those in force are",
            extra={"policy": name, "reason": reason},
        )
        return None
