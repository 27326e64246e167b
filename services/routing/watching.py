"""The policy file in force: looked at before each batch, taken up when it changed.

A file that breaks its rules, or says something else under a version that was in use, is refused
with a log line and a count, and the version before it goes on counting. Versions that were in
force are archived (ADR 0019): what a route names can be read back.
"""

import logging
from pathlib import Path
from typing import Final

from services.domain.calendars.policy import load_calendars
from services.domain.clocks.book import PolicyArchive, keep_text
from services.domain.errors import OutageError, SettingsError
from services.domain.teams import load_teams
from services.routing.logic import Router
from services.routing.policy import SHIPPED, load_policy
from services.runtime.ports import PolicyMetrics

logger: Final = logging.getLogger(__name__)

KIND: Final = "routing"
_Stamp = tuple[int, int]


def load_router(path: Path | None = None) -> Router:
    """Load a policy file (the shipped one without ``path``) and what belongs to it.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    teams = load_teams()
    calendars = load_calendars()
    for name, team in teams.teams.items():
        if team.calendar is not None and team.calendar not in calendars.calendars:
            raise SettingsError(f"teams: {name}: there is no calendar {team.calendar!r}")
    return Router(load_policy(path, teams), teams, calendars)


class WatchedRouter:
    """Gives the router in force; call it once for each batch."""

    def __init__(self, path: Path | None, archive: PolicyArchive, metrics: PolicyMetrics) -> None:
        """Load the file.

        Raises:
            SettingsError: it breaks its rules, or its version said something else before.
            OutageError: the archive is away.
        """
        self._path = path or SHIPPED
        self._archive = archive
        self._metrics = metrics
        self._seen = self._stamp()
        self._router = self._load()

    def __call__(self) -> Router:
        """Return the router in force; the file is read again only if it changed."""
        stamp = self._stamp()
        if stamp is not None and stamp != self._seen:
            self._take_up(stamp)
        return self._router

    def _take_up(self, stamp: _Stamp) -> None:
        try:
            router = self._load()
        except SettingsError as error:
            self._seen = stamp
            self._metrics.policy_refused(KIND)
            logger.error(
                "policy refused, the one before goes on counting",
                extra={"reason": str(error), "policy": self._router.policy.version},
            )
            return
        except OutageError:
            return  # looked at again before the next batch
        self._seen = stamp
        if router.policy != self._router.policy:
            self._metrics.policy_taken_up(KIND)
            logger.warning("policy taken up", extra={"policy": router.policy.version})
        self._router = router

    def _load(self) -> Router:
        router = load_router(self._path)
        keep_text(self._archive, KIND, self._path.read_text(encoding="utf-8"))
        return router

    def _stamp(self) -> _Stamp | None:
        """Return what changes with the file; None while it is not there (being replaced)."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
