"""Finding incidents among contacts as they come: one place or thing, one cause, many cases,
little time. Pure.

Bursting words (:mod:`services.domain.incidents.memory`) with mostly the same cases stand for one
incident if its cases name one cause. Nothing has to be known of the network: the name of a hub
bursts by itself. The worker ``incidents`` and the commands that try a policy on a file run this
code, contact by contact.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.domain.incidents.memory import THING, Burst, Memory, Sighting, is_many
from services.domain.incidents.naming import place_name
from services.domain.incidents.policy import IncidentPolicy

MOST_WORDS: Final = 12
"""Words that an incident is known by, at most."""


@dataclass(slots=True, eq=False)
class Cluster:
    """Cases of one incident, with what they have in common."""

    place: str
    category: str
    cause: str
    words: tuple[str, ...]
    """The most frequent first."""
    last: datetime
    """When it was heard of last."""
    told_by: int = 0
    """Of how many cases its words are; those of far fewer do not take their place."""


@dataclass(frozen=True, slots=True)
class Found:
    """A case that is of an incident, with the sighting that shows it."""

    sighting: Sighting
    cluster: Cluster


class Detection:
    """Tells which cases are of one incident; a case is of one at most, and stays there."""

    def __init__(self, policy: IncidentPolicy) -> None:
        self._policy = policy
        self._memory = Memory(policy)
        self._clusters: list[Cluster] = []
        self._homes: dict[str, Cluster] = {}

    def see(self, one: Sighting) -> list[Found]:
        """Take note of a contact; return the cases that turned out to be of an incident by it."""
        self._memory.add(one)
        self._let_go(one.at)
        home = self._homes.get(one.case_id)
        if home is not None:
            home.last = max(home.last, one.at)
            return []
        found: list[Found] = []
        if news := self._memory.news(one.words):
            bursts = self._memory.bursts(news)
            bursts |= self._memory.bursts(self._memory.around(bursts))
            for cases in self._grouped(bursts):
                found += self._settle(*cases)
        if one.case_id not in self._homes:
            found += self._join_lasting(one)
        return found

    def restore(self, one: Sighting, found: Iterable[Found] = ()) -> None:
        """Take note of a contact and of what was found by it at that time."""
        self._memory.add(one)
        for each in found:
            new = each.cluster
            home = next(
                (
                    old
                    for old in self._clusters
                    if (old.place, old.category) == (new.place, new.category)
                ),
                None,
            )
            if home is None:
                home = new
                self._clusters.append(new)
            home.cause, home.words = new.cause, new.words
            self._put(each.sighting, home)

    def _let_go(self, now: datetime) -> None:
        """Forget what is over: an incident goes on as long as somebody is heard of it every half
        window."""
        quiet = self._policy.window / 2
        lasting = [each for each in self._clusters if now - each.last <= quiet]
        if len(lasting) < len(self._clusters):
            self._clusters = lasting
            self._homes = {case: home for case, home in self._homes.items() if home in lasting}

    def _put(self, one: Sighting, home: Cluster) -> Found:
        self._homes[one.case_id] = home
        home.last = max(home.last, one.at)
        return Found(one, home)

    def _join_lasting(self, one: Sighting) -> list[Found]:
        for cluster in self._clusters:
            if _belongs(one, cluster.cause, cluster.words, self._policy):
                return [self._put(one, cluster)]
        return []

    def _settle(self, cause: str, words: tuple[str, ...], burst: Sequence[Sighting]) -> list[Found]:
        """Give a group of cases their incident: that of most of those that have one, else a new
        one. The cause of an incident stays that by which it was found."""
        homes = Counter(self._homes[one.case_id] for one in burst if one.case_id in self._homes)
        home, _ = homes.most_common(1)[0] if homes else (None, 0)
        if home is not None and home.cause != cause:
            # The same place under another word of the cause, unless enough others speak of that.
            others = [one for one in burst if one.case_id not in self._homes]
            home = None if is_many(others, self._policy) else home
        if home is not None:
            if 2 * (cases := _cases(burst)) < home.told_by:
                words = ()
            home.told_by = max(cases, home.told_by)
            home.words = tuple(dict.fromkeys((*words, *home.words)))[:MOST_WORDS]
        else:
            place, category = place_name(words, burst), _most(one.category for one in burst)
            home = Cluster(place, category, cause, words[:MOST_WORDS], burst[0].at)
            self._clusters.append(home)
        first = {one.case_id: one for one in reversed(burst) if one.case_id not in self._homes}
        return [self._put(one, home) for one in reversed(first.values())]

    def _grouped(
        self, bursts: Mapping[str, Burst]
    ) -> Iterator[tuple[str, tuple[str, ...], list[Sighting]]]:
        """Join bursting words that have mostly the same cases; the most frequent leads. The words
        of a cause name no place."""
        policy = self._policy
        places = ((word, its) for word, its in bursts.items() if word not in policy.cause_pieces)
        ranked = sorted(places, key=lambda item: (-len(item[1].cases()), item[0]))
        taken: set[str] = set()
        for _, burst in ranked:
            free = burst.without(taken)
            cause = self._cause_of(free.sightings)
            if cause is None:
                continue
            words = tuple(
                other for other, its in ranked if its.overlap(free) >= policy.least_overlap
            )
            sharp = [one for one in free.sightings if _belongs(one, cause, words, policy)]
            if not is_many(sharp, policy):
                continue
            taken |= {one.case_id for one in sharp}
            yield cause, words, sharp

    def _cause_of(self, burst: Sequence[Sighting]) -> str | None:
        """Return the cause of a burst: what most of its cases name, or enough of them and many
        times as often as others do: who asks about his parcel need not say what happened."""
        policy = self._policy
        named = {(one.case_id, cause) for one in burst for cause in one.causes}
        counts = Counter(cause for _, cause in named)
        if not counts:
            return None
        cause, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
        share = count / _cases(burst)
        if share >= policy.least_agreement:
            return cause
        is_marked = share >= policy.least_lift * self._memory.usual_rate(cause, burst)
        return cause if count >= policy.least_naming and is_marked else None


def _belongs(one: Sighting, cause: str, words: Sequence[str], policy: IncidentPolicy) -> bool:
    """Return whether a contact is of an incident: it names the place and the cause, or so much of
    the place that no other can be meant."""
    common = one.words.intersection(words)
    if not common or cause in one.causes:
        return bool(common)
    places = [word for word in words if not word.startswith(THING)]
    return len(common.intersection(places)) >= max(1, min(policy.words_instead, len(places)))


def _cases(sightings: Iterable[Sighting]) -> int:
    return len({one.case_id for one in sightings})


def _most(words: Iterable[str]) -> str:
    return min(Counter(words).items(), key=lambda item: (-item[1], item[0]))[0]
