"""A restore that is broken off while it throws away what was there leaves nothing of that."""

from typing import Any

import pytest
from pymongo.collection import Collection

from services.recovery.loading import prepare
from services.recovery.manifest import Manifest
from services.recovery.snapshot import MARKER
from tests.support.builders import NOON
from tests.support.namespaces import Namespace

pytestmark = pytest.mark.stack

BACKUP = Manifest(
    code_version="1",
    made_at=NOON,
    database="complaints",
    prefix="",
    keys=(),
    topics={},
    positions={},
    ends={},
    collections={},
)
OLD = ("case_log", "cases", "contacts", "timers")


@pytest.fixture
def database(namespace: Namespace) -> Any:
    for name in OLD:
        namespace.database[name].insert_one({"_id": f"old of {name}"})
    return namespace.database


def break_off_after(
    monkeypatch: pytest.MonkeyPatch, removals: int, database: Any, *, replace: bool
) -> None:
    """Begin to make room, and press Ctrl-C once so many collections are empty."""
    remove = Collection.delete_many
    left = iter(range(removals))

    def removed(collection: Any, wanted: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return remove(collection, wanted)

    with monkeypatch.context() as patched:
        patched.setattr(Collection, "delete_many", removed)
        with pytest.raises(KeyboardInterrupt):
            prepare(database, BACKUP, replace)


def stands_in(database: Any) -> dict[str, int]:
    return {name: count for name in OLD if (count := database[name].count_documents({}))}


@pytest.mark.parametrize("removals", range(4))
def test_what_was_not_thrown_away_yet_is_not_taken_for_a_part_of_the_backup(
    database: Any, monkeypatch: pytest.MonkeyPatch, removals: int
) -> None:
    break_off_after(monkeypatch, removals, database, replace=True)
    assert stands_in(database)
    prepare(database, BACKUP, replace=False)  # "finish it", as the refusal of another one says
    assert stands_in(database) == {}


def test_what_was_loaded_before_a_break_stays(database: Any) -> None:
    prepare(database, BACKUP, replace=True)
    database["cases"].insert_one({"_id": "of the backup"})
    prepare(database, BACKUP, replace=False)
    assert stands_in(database) == {"cases": 1}
    prepare(database, BACKUP, replace=True)
    assert stands_in(database) == {}
    assert database[MARKER].count_documents({}) == 1
