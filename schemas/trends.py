"""Records about trends: counts that ``cases`` sums per batch, and surges seen in them."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.record import Instant, Number, Record, Whole, open_word
from schemas.vocabulary import Category


class ContactsCounted(Record):
    """So many contacts of one kind in one batch. Topic ``trends.counts.v1``, keyed by hub."""

    v: Literal[1] = 1
    hub: Annotated[str, Field(min_length=1, max_length=80)]
    """``unknown`` where contacts name none."""
    category: Annotated[Category, open_word(Category)]
    count: Annotated[Whole, Field(ge=1)]
    at: Instant


class SurgeSeen(Record):
    """A count went far above what is usual. Topic ``trends.surges.v1``, keyed by hub."""

    v: Literal[1] = 1
    hub: Annotated[str, Field(min_length=1, max_length=80)]
    category: Annotated[Category, open_word(Category)]
    window_from: Instant
    window_to: Instant
    count: Annotated[Whole, Field(ge=0)]
    usual: Annotated[Number, Field(ge=0)]
    ratio: Annotated[Number, Field(ge=0)]
