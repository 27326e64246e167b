"""Records about a score: what severity made of one contact."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.contacts import ContactDeduplicated
from schemas.record import Id, Instant, Number, Part, Reason, Record, Whole, open_word
from schemas.vocabulary import Category, Cause, Nature

Level = Annotated[Whole, Field(ge=1, le=4)]
"""1 general, 2 significant, 3 major, 4 critical: by the harm, not by the tone."""


class Score(Part):
    """The judgement of one contact, by itself: nothing of its case is known here."""

    category: Annotated[Category, open_word(Category)]
    nature: Annotated[Nature, open_word(Nature)]
    cause: Annotated[Cause, open_word(Cause)]
    level: Level
    confidence: Annotated[Number, Field(ge=0, le=1)]
    """Of the category: with a model, how often such scores are right; by rules alone, how far
    its evidence outweighs that of the next one."""
    unsure: bool = False
    """A person should look: the confidence is below the policy's threshold, or the level may
    be 3 or more although it was not found to be."""
    reasons: tuple[Reason, ...] = ()
    policy: Annotated[str, Field(max_length=40)]
    """Version of the severity policy that decided."""
    model: Annotated[str, Field(max_length=40)] | None = None
    """Version of the trained model that weighed beside the rules; None: rules alone."""


class ContactScored(Record):
    """A contact has its score. Topic ``complaints.scored.v1``, keyed by case."""

    v: Literal[1] = 1
    case_id: Id
    deduplicated: ContactDeduplicated
    """What dedup decided, carried along whole."""
    score: Score
    scored_at: Instant
