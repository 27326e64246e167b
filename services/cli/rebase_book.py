"""The policies that ``complaints rebase`` may move cases to: the archive, and a file beside it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from schemas.ledger import PolicyVersions
from services.domain.clocks.book import (
    SLA,
    MemoryPolicyArchive,
    PolicyArchive,
    PolicyBook,
    keep_text,
    open_book,
)
from services.domain.clocks.policy import load_policy
from services.domain.errors import SettingsError


class Overlay:
    """An archive that is read, with what is new kept in memory: for looking without touching."""

    def __init__(self, below: PolicyArchive) -> None:
        self._below = below
        self._above = MemoryPolicyArchive()

    def keep(self, kind: str, version: str, text: str) -> str:
        """Keep ``text`` in memory unless the version is there already."""
        return self._below.text(kind, version) or self._above.keep(kind, version, text)

    def text(self, kind: str, version: str) -> str | None:
        """Return what was kept, below or here."""
        return self._below.text(kind, version) or self._above.text(kind, version)

    def versions(self, kind: str) -> list[str]:
        """Return the versions that are kept, in order."""
        return sorted({*self._below.versions(kind), *self._above.versions(kind)})


def book_for(
    archive: PolicyArchive, policy: str | None, keep: bool, files: Sequence[Path | None] = ()
) -> tuple[PolicyBook, str | None]:
    """Return the book, and the version of the time limits that ``policy`` (a version or a file)
    means; a file is put into the archive if ``keep``. ``files`` are those of today, as in
    ``Settings.clock_policies``; without them the shipped ones.

    Raises:
        SettingsError: the file breaks its rules, or the version is unknown.
        OutageError: the archive is away.
    """
    used: PolicyArchive = archive if keep else Overlay(archive)
    book = PolicyBook(used, open_book(Overlay(archive), *files).current)
    if policy is None:
        return book, None
    version = policy
    if Path(policy).is_file():
        load_policy(Path(policy))
        version = keep_text(used, SLA, Path(policy).read_text(encoding="utf-8"))
    if used.text(SLA, version) is None:
        known = ", ".join(used.versions(SLA)) or "none"
        raise SettingsError(f"there is no version {version!r} of the time limits; known: {known}")
    return book, version


def check_known(archive: PolicyArchive, wanted: Mapping[str, str | None]) -> None:
    """Check that the archive has each version that is wanted, by kind.

    Raises:
        SettingsError: it lacks one; the message names those it has.
        OutageError: the archive is away.
    """
    for kind, version in wanted.items():
        if version is not None and archive.text(kind, version) is None:
            known = ", ".join(archive.versions(kind)) or "none"
            raise SettingsError(f"there is no version {version!r} of {kind}; known: {known}")


def kept_versions(archive: PolicyArchive) -> Iterator[str]:
    """Yield the versions in the archive, for people: of each kind that a case carries."""
    for kind in PolicyVersions.model_fields:
        yield f"{kind:<12} {', '.join(archive.versions(kind)) or 'none'}"
