"""Counts for trends, dated by windows of five minutes; noon's is number 0."""

from datetime import timedelta
from typing import Any

from schemas.trends import ContactsCounted
from schemas.vocabulary import Category
from tests.support.builders import NOON, TENANT

WINDOW_SECONDS = 300


def counts(window: int = 0, count: int = 1, **changes: Any) -> ContactsCounted:
    """Return so many contacts in the window with this number; ``second`` within it."""
    at = NOON + timedelta(seconds=WINDOW_SECONDS * window + changes.pop("second", 0))
    fields = {"tenant": TENANT, "hub": "hub-1", "category": Category.DELAY}
    return ContactsCounted(**(fields | {"count": count, "at": at} | changes))
