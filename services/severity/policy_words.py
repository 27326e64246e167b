"""The parts of the severity policy that say by what words numbers are read.

See ``policy.yaml``, where each value is explained.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.severity.patterns import split

Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda text: split(text) if isinstance(text, str) else text)
]
"""One text of patterns, or a list of them."""


class Part(BaseModel):
    """A part of the policy: nothing unknown in it, and nothing changes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Currency(Part):
    """A currency's rough value and how it is written."""

    cny: Annotated[float, Field(gt=0, le=1000)]
    units: Annotated[Words, Field(min_length=1)]


class Money(Part):
    """How sums are recognised."""

    currencies: dict[str, Currency]
    dollar_in_traditional: Annotated[float, Field(gt=0, le=1000)]
    worth: Words
    bought: Words
    not_at_stake: Words = ()
    not_at_stake_after: Words = ()
    supposed: Words = ()
    denied: Words = ()
    denied_fillers: Words = ()
    disputed: Words = ()
    claimed: Words = ()
    claimed_for: tuple[str, ...] = ()
    not_money_after: Words


class Limits(Part):
    """How numbers are recognised that are not reached."""

    before: Words = ()
    after: Words = ()
    none_behind: Words = ()
    none_ahead: Words = ()


class NamingWords(Part):
    """How numbers are recognised that only name something; these are regular expressions."""

    labels: Words = ()


class ParticularWords(Part):
    """How stretches are recognised that only say who writes, where, or of which parcel; these are
    regular expressions."""

    reached: Words = ()
    dated: Words = ()
    living: Words = ()
    greetings: Words = ()
    closings: Words = ()


class Counting(Part):
    """How counts are recognised; these are regular expressions."""

    times: Words
    contacting: Words
    other_contacts: Words
    people: Words
    queues: Words
    parcels: Words
    sizes: Words = ()
    unhit: Words = ()
