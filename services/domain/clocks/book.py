"""The policies that clocks go by, in every version that a case was ever opened under.

The files of today are put into the archive when a worker starts; older versions are read back
from there. A version is written once: a file that says something else under the same version
is refused, or the promises of open cases would change in silence (ADR 0019).
"""

from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from pydantic import ValidationError

from schemas.ledger import PolicyVersions
from services.domain import approval, teams
from services.domain.approval import Approval
from services.domain.calendars import policy as calendars
from services.domain.calendars.policy import Calendars
from services.domain.clocks import limits, policy
from services.domain.clocks.limits import Limits
from services.domain.clocks.policy import SlaPolicy
from services.domain.clocks.terms import Terms
from services.domain.compensation import rules
from services.domain.compensation.rules import Rules
from services.domain.errors import OutageError, SettingsError
from services.domain.policies import parse_yaml
from services.domain.team_rules import load_team_rules
from services.domain.teams import Teams

SLA: Final = "sla"
CALENDARS: Final = "calendars"
LIMITS: Final = "limits"
TEAMS: Final = "teams"
APPROVAL: Final = "approval"
COMPENSATION: Final = "compensation"
_KINDS: Final[dict[str, Any]] = {
    SLA: SlaPolicy,
    CALENDARS: Calendars,
    LIMITS: Limits,
    TEAMS: Teams,
    APPROVAL: Approval,
    COMPENSATION: Rules,
}


class PolicyArchive(Protocol):
    """Durable, shared by all processes; nothing in it ever changes.

    Every method raises OutageError when the database cannot do its part.
    """

    def keep(self, kind: str, version: str, text: str) -> str:
        """Keep ``text`` unless the version is there already; return what is kept."""
        ...

    def text(self, kind: str, version: str) -> str | None:
        """Return what was kept; None when that version never was."""
        ...

    def versions(self, kind: str) -> list[str]:
        """Return the versions that are kept, in order."""
        ...


class PolicyFiles(NamedTuple):
    """The texts of today's policies."""

    sla: str
    calendars: str
    limits: str
    teams: str
    approval: str
    compensation: str


def read_files(
    sla_file: Path | None = None,
    calendars_file: Path | None = None,
    limits_file: Path | None = None,
    teams_file: Path | None = None,
    correcting_file: Path | None = None,
) -> PolicyFiles:
    """Read the files, the shipped ones where none is named, and check them whole; the rules of
    correction only name teams.

    Raises:
        SettingsError: one cannot be read or breaks its rules, or the teams do not fit the others.
    """
    limits.load_limits(limits_file)
    load_team_rules(sla_file, calendars_file, correcting_file).load(teams_file)
    chosen = (
        sla_file or policy.SHIPPED,
        calendars_file or calendars.SHIPPED,
        limits_file or limits.SHIPPED,
        teams_file or teams.SHIPPED,
        approval.SHIPPED,
        rules.SHIPPED,
    )
    return PolicyFiles(*(path.read_text(encoding="utf-8") for path in chosen))


class PolicyBook:
    """Finds the terms of a case by the versions that it carries; ``current`` are those under
    which a case is opened today."""

    def __init__(self, archive: PolicyArchive, current: PolicyVersions) -> None:
        self._archive = archive
        self._parsed: dict[tuple[str, str], Any] = {}
        self._terms: dict[tuple[str, str, str], Terms] = {}
        self.current = current

    def with_ladder(self, version: str) -> "PolicyBook":
        """Return the same book, under which cases begin with this version of the teams."""
        other = PolicyBook(self._archive, self.current.model_copy(update={"teams": version}))
        other._parsed, other._terms = self._parsed, self._terms
        return other

    @property
    def today(self) -> Terms:
        """The terms of a case that is opened today."""
        return self.terms(self.current)

    def terms(self, versions: PolicyVersions | None) -> Terms:
        """Return the terms of these versions; today's for a case that carries none.

        Raises:
            OutageError: the archive is away, or it lacks a version that a case carries: going
                on would break the promise to that case, so whoever asks stands still.
        """
        wanted = versions or self.current
        key = (wanted.sla, wanted.calendars, wanted.limits)
        if key not in self._terms:
            self._terms[key] = Terms(
                self._get(SLA, wanted.sla),
                self._get(CALENDARS, wanted.calendars),
                self._get(LIMITS, wanted.limits),
            )
        return self._terms[key]

    def has(self, versions: PolicyVersions) -> bool:
        """Return whether all of these versions are known and fit together."""
        kept = [(kind, getattr(versions, kind)) for kind in _KINDS]
        if any(one[1] and self._archive.text(*one) is None for one in kept):
            return False
        try:
            self.terms(versions)
        except SettingsError:
            return False
        return True

    def teams(self, versions: PolicyVersions | None) -> Teams:
        """Return the ladder of a case; today's for one that carries none.

        Raises:
            OutageError: as :meth:`terms`.
        """
        found: Teams = self._pinned(TEAMS, versions)
        return found

    def approval(self, versions: PolicyVersions | None) -> Approval:
        """Return who approves money in a case; raises as :meth:`teams`."""
        found: Approval = self._pinned(APPROVAL, versions)
        return found

    def rules(self, versions: PolicyVersions | None) -> Rules:
        """Return the rules of compensation of a case; raises as :meth:`teams`."""
        found: Rules = self._pinned(COMPENSATION, versions)
        return found

    def _pinned(self, kind: str, versions: PolicyVersions | None) -> Any:
        return self._get(kind, getattr(versions, kind, None) or getattr(self.current, kind))

    def _get(self, kind: str, version: str) -> Any:
        if (kind, version) not in self._parsed:
            text = self._archive.text(kind, version)
            if text is None:
                raise OutageError(
                    "mongodb",
                    f"the archive of policies lacks {kind} {version}, under which a case was "
                    "opened: restore the collection policies",
                )
            try:
                self._parsed[kind, version] = _KINDS[kind].model_validate(parse_yaml(text))
            except ValidationError as error:
                raise SettingsError(f"{kind} policy {version}: {error}") from None
        return self._parsed[kind, version]


class MemoryPolicyArchive:
    """The archive in memory: for what runs alone, and for tests."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], str] = {}

    def keep(self, kind: str, version: str, text: str) -> str:
        """Keep ``text`` unless the version is there already; return what is kept."""
        return self._texts.setdefault((kind, version), text)

    def text(self, kind: str, version: str) -> str | None:
        """Return what was kept."""
        return self._texts.get((kind, version))

    def versions(self, kind: str) -> list[str]:
        """Return the versions that are kept, in order."""
        return sorted(version for known, version in self._texts if known == kind)


def keep_files(archive: PolicyArchive, files: PolicyFiles) -> PolicyVersions:
    """Put today's policies into the archive; return their versions.

    Raises:
        SettingsError: the archive has something else under the same version.
        OutageError: the archive is away.
    """
    kept = {kind: keep_text(archive, kind, text) for kind, text in files._asdict().items()}
    return PolicyVersions(**kept)


def keep_text(archive: PolicyArchive, kind: str, text: str) -> str:
    """Put one policy into the archive; return its version.

    Raises:
        SettingsError: the archive has something else under the same version.
        OutageError: the archive is away.
    """
    content = parse_yaml(text)
    version = str(content["version"])
    if parse_yaml(archive.keep(kind, version, text)) != content:
        raise SettingsError(
            f"{kind} policy {version} was changed without a new version, and cases were "
            "opened under it as it was: give the file another version"
        )
    return version


def open_book(
    archive: PolicyArchive | None = None,
    sla_file: Path | None = None,
    calendars_file: Path | None = None,
    limits_file: Path | None = None,
    teams_file: Path | None = None,
    correcting_file: Path | None = None,
) -> PolicyBook:
    """Return the book of the shipped policies, or with other files; in memory without an
    archive.

    Raises:
        SettingsError: a file says something else than the archive under the same version, or
            the files break their rules or contradict each other.
        OutageError: the archive is away.
    """
    kept = archive or MemoryPolicyArchive()
    files = read_files(sla_file, calendars_file, limits_file, teams_file, correcting_file)
    book = PolicyBook(kept, keep_files(kept, files))
    book.terms(book.current)
    return book
