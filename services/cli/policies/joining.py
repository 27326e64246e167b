"""Contacts through dedup twice, by the policy that counts and by a candidate: what is joined. Pure
but for the clock; the memory is made anew for each side, so nothing is read or written elsewhere.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.cli.offline import decide
from services.cli.policies.sources import Replayed, Twice
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


def decided_twice(
    contacts: Iterable[Replayed],
    before: DedupPolicy,
    after: DedupPolicy,
    clock: Clock,
    say: Callable[[str], None],
) -> list[Twice]:
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
    return [
        Twice(*(one._replace(deduplicated=side[contact.contact_id]) for side in sides))
        for one, contact in zip(order, received, strict=True)
    ]


def joined(contacts: Sequence[Twice]) -> Joined:
    """Return how the two put contacts together."""
    found = Joined(len(contacts))
    names: tuple[dict[str, str], dict[str, str]] = ({}, {})
    sizes: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    shared: Counter[tuple[str, str]] = Counter()
    for one in contacts:
        old, new = one.before.deduplicated, one.after.deduplicated
        shared[old.case_id, new.case_id] += 1
        found.moved[str(old.relation), str(new.relation)] += old.relation != new.relation
        for side, made in enumerate((old, new)):
            names[side].setdefault(made.case_id, one.before.id)
            sizes[side][made.case_id] += 1
            found.relations[side][str(made.relation)] += 1
        was, would_be = (
            f"{made.relation} in {names[side][made.case_id]}"
            for side, made in enumerate((old, new))
        )
        if was != would_be:
            found.changed += 1
            if len(found.examples) < EXAMPLES:
                found.examples.append(Parting(one.before.id, one.before.text, was, would_be))
    together = _pairs(shared.values())
    found.moved += Counter()  # leaves out what moved nobody
    found.newly_joined = _pairs(sizes[1].values()) - together
    found.parted = _pairs(sizes[0].values()) - together
    found.cases = len(sizes[0]), len(sizes[1])
    found.suggested = (
        sum(len(one.before.deduplicated.perhaps) for one in contacts),
        sum(len(one.after.deduplicated.perhaps) for one in contacts),
    )
    return found


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
