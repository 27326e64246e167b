"""What a received contact must have left behind by now, judged piece by piece. Pure.

A window is some contacts that dedup has read. It waits until the workers after dedup have
passed, one after the other, the place where their topic ended when the one before was done;
then each of its contacts must be in a case, absorbed, or a dead letter.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Trace(StrEnum):
    """What was found of a contact in the ledger."""

    DECIDED = "decided"
    """Its row names this source: there must be an effect in the case it names."""
    ACCOUNTED = "accounted"
    """Absorbed, or a dead letter."""
    NOWHERE = "nowhere"


class Row(NamedTuple):
    """A row of the ledger: where its contact stood, and the case it was decided for."""

    source: str
    case_key: str


@dataclass(frozen=True, slots=True)
class Received:
    """A record on ``complaints.received``; ``contact_key`` is None when it is no contact."""

    source: str
    contact_key: str | None
    at_ms: int


@dataclass(slots=True)
class Window:
    """Decided contacts that wait for their effect. ``stage`` counts the workers that passed;
    ``fence`` is what the next one must pass."""

    decided: dict[str, tuple[Received, str]]
    fence: dict[tuple[str, int], int] = field(default_factory=dict)
    stage: int = 0

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest of its contacts was written."""
        return min((one.at_ms for one, _ in self.decided.values()), default=None)


def trace_of(
    record: Received,
    rows: Mapping[str, Row],
    absorbed: AbstractSet[str],
    dead: AbstractSet[str],
) -> Trace:
    """Return what dedup left of a record that it has read."""
    if record.source in dead or record.source in absorbed:
        return Trace.ACCOUNTED
    row = rows.get(record.contact_key) if record.contact_key is not None else None
    return Trace.DECIDED if row is not None and row.source == record.source else Trace.NOWHERE


def without_effect(
    window: Window, effects: AbstractSet[tuple[str, str]], dead_contacts: AbstractSet[str]
) -> list[Received]:
    """Return the contacts that are in no case though every worker has passed them.

    ``effects`` are pairs of case key and contact key; ``dead_contacts`` died on their way.
    """
    return [
        record
        for contact_key, (record, case_key) in window.decided.items()
        if (case_key, contact_key) not in effects and contact_key not in dead_contacts
    ]
