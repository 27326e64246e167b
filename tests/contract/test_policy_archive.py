"""The archive of policies: what both of its forms promise."""

import pytest

from services.adapters.mongo_policies import MongoPolicyArchive
from services.domain.clocks.book import MemoryPolicyArchive, PolicyArchive, open_book
from services.domain.errors import SettingsError
from tests.support.builders import ELAPSED


@pytest.fixture
def archive(backend: str, request: pytest.FixtureRequest) -> PolicyArchive:
    if backend == "memory":
        return MemoryPolicyArchive()
    return MongoPolicyArchive(request.getfixturevalue("database"))


def test_what_is_kept_is_read_back_by_its_version(archive: PolicyArchive) -> None:
    assert archive.keep("sla", "v1", "version: v1") == "version: v1"
    assert archive.text("sla", "v1") == "version: v1"
    assert archive.text("sla", "v2") is None
    assert archive.text("limits", "v1") is None


def test_a_version_is_kept_once_and_never_changes(archive: PolicyArchive) -> None:
    archive.keep("sla", "v1", "first")
    assert archive.keep("sla", "v1", "second") == "first"
    assert archive.text("sla", "v1") == "first"


def test_versions_are_listed_by_kind_and_in_order(archive: PolicyArchive) -> None:
    for kind, version in (("sla", "b"), ("sla", "a"), ("limits", "c")):
        archive.keep(kind, version, "text")
    assert archive.versions("sla") == ["a", "b"]


def test_a_case_of_an_older_version_is_still_timed_by_it(archive: PolicyArchive) -> None:
    older = open_book(archive, ELAPSED).current
    book = open_book(archive)
    assert book.current.sla != older.sla
    assert book.terms(older).sla.version == older.sla


def test_the_same_version_cannot_say_two_things(archive: PolicyArchive) -> None:
    book = open_book(archive, ELAPSED)
    archive_of_another = MemoryPolicyArchive()
    archive_of_another.keep("sla", book.current.sla, "version: elapsed-2026.1\nlevels: {}\n")
    with pytest.raises(SettingsError, match="without a new version"):
        open_book(archive_of_another, ELAPSED)
