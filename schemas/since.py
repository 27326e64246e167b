"""What a stale command is told of what changed before it."""

from typing import Annotated

from pydantic import Field

from schemas.handling import Actor
from schemas.record import Instant, Part, Whole, open_word
from schemas.vocabulary import ChangeKind


class ChangeSince(Part):
    """A change that a stale command did not know of."""

    seq: Annotated[Whole, Field(ge=1)]
    kind: Annotated[ChangeKind, open_word(ChangeKind)]
    actor: Actor
    at: Instant
