"""Contacts through dedup twice, by the policy that counts and by a candidate: what is joined. Pure
but for the clock; the memory is made anew for each side, so nothing is read or written elsewhere.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.contacts import ContactDeduplicated
from services.cli.offline import decide
from services.cli.policies.sources import Replayed
from services.dedup.policy import DedupPolicy
from services.domain.clock import Clock

EXAMPLES: Final = 200
"""Contacts shown one by one at most; all are counted."""


class Parting(NamedTuple):
    """A contact that is put elsewhere, or related otherwise; cases are named by their first
    contact."""

    id: str
    text: str
    before: str
    after: str


@dataclass
class Joined:
    """The sums of both sides."""

    contacts: int = 0
    changed: int = 0
    cases: tuple[int, int] = (0, 0)
    newly_joined: int = 0
    """Pairs of contacts in one case under the candidate only."""
    parted: int = 0
    """Pairs of contacts in one case under the policy that counts only."""
    suggested: tuple[int, int] = (0, 0)
    """Merges suggested to a clerk: contacts, and cases named for each."""
    relations: tuple[Counter[str], Counter[str]] = field(
        default_factory=lambda: (Counter(), Counter())
    )
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Relation (before, after) → contacts."""
    examples: list[Parting] = field(default_factory=list)


def joined(
    contacts: Iterable[Replayed],
    before: DedupPolicy,
    after: DedupPolicy,
    clock: Clock,
    say: Callable[[str], None],
) -> Joined:
    """Decide about all contacts under both, in the order in which they were received.

    All of them are held in memory; ``say`` is told how far it is.
    """
    once = {one.deduplicated.contact.contact_id: one for one in contacts}
    order = sorted(once.values(), key=lambda one: one.deduplicated.contact.received_at)
    received = [one.deduplicated.contact for one in order]
    sides = []
    for name, policy in (("now", before), ("then", after)):
        decided = {}
        for made in decide(received, policy, clock):
            decided[made.contact.contact_id] = made
            if len(decided) % 2000 == 0:
                say(f"{name}: {len(decided):,} of {len(received):,} decided")
        sides.append(decided)
    return _compared(order, *sides)


def _compared(
    order: Sequence[Replayed],
    before: dict[str, ContactDeduplicated],
    after: dict[str, ContactDeduplicated],
) -> Joined:
    pairs = [(one, *_both(one, before, after)) for one in order]
    found = Joined(len(pairs))
    names: tuple[dict[str, str], dict[str, str]] = ({}, {})
    sizes: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    shared: Counter[tuple[str, str]] = Counter()
    for one, old, new in pairs:
        shared[old.case_id, new.case_id] += 1
        found.moved[str(old.relation), str(new.relation)] += old.relation != new.relation
        for side, made in enumerate((old, new)):
            names[side].setdefault(made.case_id, one.id)
            sizes[side][made.case_id] += 1
            found.relations[side][str(made.relation)] += 1
        was, would_be = (
            f"{made.relation} in {names[side][made.case_id]}"
            for side, made in enumerate((old, new))
        )
        if was != would_be:
            found.changed += 1
            if len(found.examples) < EXAMPLES:
                found.examples.append(Parting(one.id, one.text, was, would_be))
    together = _pairs(shared.values())
    found.moved += Counter()  # leaves out what moved nobody
    found.newly_joined = _pairs(sizes[1].values()) - together
    found.parted = _pairs(sizes[0].values()) - together
    found.cases = len(sizes[0]), len(sizes[1])
    found.suggested = (
        sum(len(old.perhaps) for _, old, _ in pairs),
        sum(len(new.perhaps) for _, _, new in pairs),
    )
    return found


def _both(
    one: Replayed, before: dict[str, ContactDeduplicated], after: dict[str, ContactDeduplicated]
) -> tuple[ContactDeduplicated, ContactDeduplicated]:
    name = one.deduplicated.contact.contact_id
    return before[name], after[name]


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
