"""What is thought of a case, by the machine and by a person who looked (ADR 0033)."""

from typing import Annotated

from pydantic import Field

from schemas.record import Id, Instant, Number, Part, Whole, open_word
from schemas.scores import Level
from schemas.vocabulary import Category, Cause, Nature


class Judgement(Part):
    """What a case is about and how bad it is, whoever says so."""

    category: Annotated[Category, open_word(Category)] = Category.UNKNOWN
    nature: Annotated[Nature, open_word(Nature)] = Nature.UNKNOWN
    cause: Annotated[Cause, open_word(Cause)] = Cause.UNKNOWN
    level: Level


class MachineJudgement(Judgement):
    """What severity said of the contact that a case has its judgement from."""

    contact_id: Id
    received_at: Instant | None = None
    """When that contact reached us: among equally grave ones the earliest is judged by."""
    confidence: Annotated[Number, Field(ge=0, le=1)]
    unsure: bool = False
    policy: Annotated[str, Field(max_length=40)]
    """Version of the severity policy that decided."""
    model: Annotated[str, Field(max_length=40)] | None = None
    """Version of the trained model beside it; None: rules alone."""


class Correction(Part):
    """What a person says instead: what is left out stays, and is confirmed by that. All left
    out: the judgement is confirmed as it stands."""

    category: Annotated[Category, open_word(Category)] | None = None
    nature: Annotated[Nature, open_word(Nature)] | None = None
    """Follows from the category where it is left out."""
    cause: Annotated[Cause, open_word(Cause)] | None = None
    level: Level | None = None


class Review(Part):
    """A person looked at a judgement: what stood, what stands now."""

    before: Judgement
    after: Judgement
    machine: MachineJudgement | None = None
    """What the machine had said; None where a person opened the case, as with an appeal."""


class Reviewed(Part):
    """What a case remembers of the newest review."""

    seq: Annotated[Whole, Field(ge=1)]
    """The change that it was."""
    at: Instant
    covers: Level
    """The highest level that was known or claimed when the person looked: only what is graver,
    or new, raises the case above the person's level."""
    askings: Annotated[Whole, Field(ge=1)]
    """How often the matter had been brought up by then."""
