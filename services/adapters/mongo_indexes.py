"""Making the collections and indexes of :mod:`services.adapters.mongo_layout`."""

from typing import Final

from pymongo import IndexModel
from pymongo.database import Database
from pymongo.errors import OperationFailure

from services.adapters.mongo import DUPLICATE_KEY, Document, outages
from services.adapters.mongo_layout import LAYOUT
from services.adapters.mongo_layout_words import Layout
from services.domain.errors import UnsafeStart

NAMESPACE_EXISTS: Final = 48
INDEX_CONFLICTS: Final = frozenset({85, 86, DUPLICATE_KEY})
"""Same name or keys with other options; documents that already break the uniqueness."""


@outages()
def ensure_indexes(database: Database[Document]) -> None:
    """Make collections and indexes that are not there; any number of processes may.

    Raises:
        OutageError: MongoDB is away.
        UnsafeStart: an index exists in another form, or documents break its uniqueness.
    """
    present = set(database.list_collection_names())
    for layout in LAYOUT:
        if layout.name not in present:
            _create(database, layout.name)
        if layout.indexes:
            _ensure(database, layout)


def _create(database: Database[Document], name: str) -> None:
    try:
        database.create_collection(name, check_exists=False)
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:  # another process was quicker
            raise


def _ensure(database: Database[Document], layout: Layout) -> None:
    models = [
        IndexModel(list(index.keys), name=index.name, **index.options) for index in layout.indexes
    ]
    try:
        database[layout.name].create_indexes(models)
    except OperationFailure as error:
        if error.code not in INDEX_CONFLICTS:
            raise
        raise UnsafeStart(
            f"the indexes of {database.name}.{layout.name} cannot be made as this version "
            f"needs them (MongoDB error {error.code}): compare getIndexes() with "
            "services/adapters/mongo_layout.py"
        ) from None
