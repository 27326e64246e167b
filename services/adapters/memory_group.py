"""A consumer group of the broker in memory: members, the range assignor, who holds what.

As in KIP-848 nobody is stopped for a rebalance: a change of members gives everybody a new
target, and a partition passes on only once its holder has let go of it, or was expelled.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.runtime.records import Spot


class Fenced(Exception):
    """The asker has been replaced: an expelled member, or an old producer epoch."""


@dataclass(slots=True)
class Member:
    """``held`` it owns now, ``target`` it should own."""

    topics: tuple[str, ...]
    held: set[Spot] = field(default_factory=set)
    target: frozenset[Spot] = frozenset()


def all_of_them(member_id: str, free: Sequence[Spot]) -> Sequence[Spot]:
    """Hand out everything that is free: what a broker mostly does."""
    return free


class Group:
    """Not locked and not hooked: the broker in front of it is.

    ``committed`` outlives the members. ``hand_out`` may be replaced by a test that lets
    partitions arrive one by one; ``generation`` counts the rebalances.
    """

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.committed: dict[Spot, int] = {}
        self.generation = 0
        self.hand_out: Callable[[str, Sequence[Spot]], Sequence[Spot]] = all_of_them
        self._turn = 0

    def join(self, member_id: str, topics: Iterable[str], partitions: Mapping[str, int]) -> None:
        """Take in a member; nothing happens to one that is."""
        if member_id not in self.members:
            self.members[member_id] = Member(tuple(topics))
            self.assign(partitions)

    def remove(self, member_id: str, partitions: Mapping[str, int]) -> None:
        """Let a member go; what it held is free at once."""
        if self.members.pop(member_id, None) is not None:
            self.assign(partitions)

    def member(self, member_id: str) -> Member:
        """Return the member.

        Raises:
            Fenced: it is no member (any more).
        """
        try:
            return self.members[member_id]
        except KeyError:
            raise Fenced(f"{member_id} is not a member") from None

    def assign(self, partitions: Mapping[str, int], turn: bool = False) -> None:
        """Give everybody a target by ranges; ``turn`` begins with another member than before,
        so that everything moves."""
        self.generation += 1
        self._turn += turn
        targets: dict[str, set[Spot]] = {member_id: set() for member_id in self.members}
        for topic in sorted({topic for one in self.members.values() for topic in one.topics}):
            takers = sorted(key for key, one in self.members.items() if topic in one.topics)
            first = self._turn % len(takers)
            takers = takers[first:] + takers[:first]
            share, more = divmod(partitions.get(topic, 0), len(takers))
            start = 0
            for place, member_id in enumerate(takers):
                end = start + share + (place < more)
                targets[member_id] |= {Spot(topic, number) for number in range(start, end)}
                start = end
        for member_id, target in targets.items():
            self.members[member_id].target = frozenset(target)

    def report(self, member_id: str, held: Iterable[Spot]) -> frozenset[Spot]:
        """Hear what the member still holds (the rest is free), return what it should hold."""
        member = self.member(member_id)
        member.held.intersection_update(held)
        return member.target

    def take(self, member_id: str) -> list[Spot]:
        """Hand the member what is its by target and nobody else's any more."""
        member = self.member(member_id)
        taken = {spot for one in self.members.values() for spot in one.held}
        free = sorted(member.target - taken)
        given = list(self.hand_out(member_id, free)) if free else []
        member.held.update(given)
        return given
