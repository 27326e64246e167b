"""Invariant I7: what came in is what came out. Totals only, taken at different places by
different hands: whoever loses one record and doubles another is found by the other checks."""

from collections.abc import Iterator
from typing import NamedTuple


class Counters(NamedTuple):
    """How many of everything there are once all is worked off."""

    received: int
    """Records on ``complaints.received``, both lanes."""
    buried: int
    """Of these, dead letters."""
    absorbed: int
    """Of these, sent again and on record as such."""
    decided: int
    """Decisions in the ledger."""
    passed: int
    """Contacts on the last topic before their cases."""
    added: int
    """Events on ``cases.changed`` that a contact caused."""
    contained: int
    """Contacts that the documents of all cases count."""
    commands: int
    """Different commands on ``case.commands`` that can be read."""
    settled: int
    """Different commands that have an outcome on ``case.commands.settled``."""


def mismatches(count: Counters) -> Iterator[str]:
    """Say which of the sums do not come out; nothing when all do."""
    ends = count.decided + count.absorbed + count.buried
    if count.received != ends:
        yield (
            f"{count.received} were received; {count.decided} decided, {count.absorbed} absorbed "
            f"and {count.buried} buried are {ends}"
        )
    hops = {"passed on": count.passed, "added to cases": count.added}
    for what, number in (hops | {"counted by documents": count.contained}).items():
        if number != count.decided:
            yield f"{count.decided} were decided, {number} {what}"
    if count.commands != count.settled:
        yield f"{count.commands} commands were sent, {count.settled} have an outcome"
