"""What was seen lately, and which words in it burst. Pure, and bounded.

A word *bursts* when enough cases name it within the window, and contacts since its first mention
there name it many times as often as those before did.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from math import log
from typing import Final

from services.domain.incidents.policy import IncidentPolicy
from services.domain.telling import fold, pieces_in, runs_in

HUB: Final = "hub:"
"""Begins the word that stands for a hub that a contact's facts name."""
THING: Final = "thing:"
"""Begins the word that stands for a thing that its causes hit, where no place is named."""
_RARE: Final = 20
"""Contacts added to those before the burst: so few are no measure of how frequent a word is."""
_MOST_COMPARED: Final = 256
"""Of a word that more contacts name, so many of the newest are compared with those of others."""
_NEWS_PART: Final = 16
"""A burst is news again once it has grown by one part in so many."""
_NEWEST_PART: Final = 4
"""At most one in so many of the remembered contacts is of the window, once the memory is full:
the others say how frequent a word was before."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A contact as far as an incident can show in it."""

    contact_id: str
    case_id: str
    complainant: str
    """The person; for an anonymous contact anything of its own."""
    at: datetime
    words: frozenset[str]
    causes: frozenset[str]
    hub: str | None = None
    category: str = "unknown"


def sighting_of(
    contact_id: str,
    case_id: str,
    complainant: str,
    at: datetime,
    text: str,
    policy: IncidentPolicy,
    *,
    hub: str | None = None,
    category: str = "unknown",
) -> Sighting:
    """Return what a contact shows."""
    folded = fold(text)
    causes = frozenset(
        [cause for cause, words in policy.cause_words.items() if words.search(folded)]
    )
    words = set(pieces_in(runs_in(folded)))
    words.update(
        THING + name
        for name, thing in policy.things.items()
        if not causes.isdisjoint(thing.causes) and policy.thing_words[name].search(folded)
    )
    if hub:
        words.add(HUB + fold(hub))
    return Sighting(contact_id, case_id, complainant, at, frozenset(words), causes, hub, category)


@dataclass(frozen=True, slots=True)
class Mention:
    """A sighting and its number in the order of coming."""

    number: int
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Burst:
    """The newest sightings of a word that bursts, in order, by their numbers."""

    mentions: Sequence[Mention]
    since: int
    """The number before which sightings are left out; 0 where all of the window are here."""

    @property
    def sightings(self) -> list[Sighting]:
        """Return what was seen."""
        return [one.sighting for one in self.mentions]

    def cases(self, since: int = 0) -> set[str]:
        """Return the cases that it is about, from contact ``since`` on."""
        return {one.sighting.case_id for one in self.mentions if one.number >= since}

    def without(self, cases: Container[str]) -> "Burst":
        """Return it without the sightings of some cases."""
        left = [one for one in self.mentions if one.sighting.case_id not in cases]
        return Burst(left, self.since)

    def overlap(self, other: "Burst") -> float:
        """Return which part of the cases of the smaller one is in both, as far back as both go."""
        since = max(self.since, other.since)
        left, right = self.cases(since), other.cases(since)
        return len(left & right) / min(len(left), len(right)) if left and right else 0.0


class _Mentions:
    """The mentions of one word: those of the window, and how many there were before."""

    def __init__(self) -> None:
        self.inside: deque[Mention] = deque()
        self.before = 0
        self.looked_at = 0
        """The number of the newest contact when its burst was looked at last."""

    def age(self, oldest: datetime, first: int) -> None:
        """Count what is out of the window among those before."""
        while self.inside and (
            self.inside[0].sighting.at < oldest or self.inside[0].number < first
        ):
            self.inside.popleft()
            self.before += 1

    def forget_one(self) -> None:
        """Forget the oldest."""
        if self.before:
            self.before -= 1
        else:
            self.inside.popleft()


class Memory:
    """The newest sightings, by word."""

    def __init__(self, policy: IncidentPolicy) -> None:
        self._policy = policy
        self._all: deque[Sighting] = deque()
        self._by_word: defaultdict[str, _Mentions] = defaultdict(_Mentions)
        self._causes: Counter[str] = Counter()
        self._last = 0
        self._newest = datetime.min.replace(tzinfo=UTC)

    def __len__(self) -> int:
        """Return how many sightings are remembered."""
        return len(self._all)

    def add(self, one: Sighting) -> None:
        """Remember a sighting, and forget the oldest beyond ``most_sightings``."""
        self._last += 1
        self._newest = max(self._newest, one.at)
        self._all.append(one)
        self._causes.update(one.causes)
        for word in one.words:
            self._by_word[word].inside.append(Mention(self._last, one))
        while len(self._all) > self._policy.most_sightings:
            self._forget(self._all.popleft())

    def _forget(self, oldest: Sighting) -> None:
        self._causes.subtract(oldest.causes)
        for word in oldest.words:
            mentions = self._by_word[word]
            mentions.forget_one()
            if not mentions.inside and not mentions.before:
                del self._by_word[word]

    def news(self, words: Iterable[str]) -> list[str]:
        """Return which of ``words`` burst and have grown since their burst was looked at: each
        time while they are few, ever more rarely then, so that a storm costs no more a contact
        than a small incident."""
        return [word for word in words if self._bursts(word) and self._has_grown(word)]

    def bursts(self, words: Iterable[str]) -> dict[str, Burst]:
        """Return which of ``words`` burst, each with its newest sightings of the window."""
        found = {}
        for word in words:
            if self._bursts(word):
                self._by_word[word].looked_at = self._last
                burst = _newest(self._by_word[word].inside)
                if is_many(burst.sightings, self._policy):
                    found[word] = burst
        return found

    def around(self, bursts: Mapping[str, Burst]) -> set[str]:
        """Return the other words that enough sightings of ``bursts`` have."""
        seen = {one.number: one for burst in bursts.values() for one in burst.mentions}
        newest = sorted(seen, reverse=True)[:_MOST_COMPARED]
        counts = Counter(word for number in newest for word in seen[number].sighting.words)
        return {word for word, n in counts.items() if n >= self._policy.least_cases} - set(bursts)

    def usual_rate(self, cause: str, burst: Sequence[Sighting]) -> float:
        """Return which part of the contacts apart from a burst name a cause."""
        named = sum(cause in one.causes for one in burst)
        return (self._causes[cause] - named + 0.5) / (len(self._all) - len(burst) + _RARE)

    def _has_grown(self, word: str) -> bool:
        mentions = self._by_word[word]
        part = max(1, len(mentions.inside) // _NEWS_PART)
        return mentions.inside[-part].number > mentions.looked_at

    def _bursts(self, word: str) -> bool:
        mentions = self._by_word.get(word)
        if mentions is None:
            return False
        part = self._policy.most_sightings // _NEWEST_PART
        mentions.age(self._newest - self._policy.window, self._last - part)
        inside = mentions.inside
        if len(inside) < self._policy.least_cases:
            return False
        since = self._last - inside[0].number + 1
        usual = (mentions.before + 0.5) / (len(self._all) - since + _RARE)
        return surprise(len(inside), since * usual) >= self._policy.least_surprise


def _newest(mentions: deque[Mention]) -> Burst:
    newest = [*islice(reversed(mentions), _MOST_COMPARED)][::-1]
    return Burst(newest, newest[0].number if len(newest) < len(mentions) else 0)


def surprise(seen: int, expected: float) -> float:
    """Return how much more was seen than expected: the chance of it, for rare independent events,
    is below e to the minus this (Chernoff's bound for Poisson variables).

    >>> round(surprise(4, 0.05), 1), surprise(3, 3.0)
    (13.6, 0.0)
    """
    return seen * log(seen / expected) - seen + expected if seen > expected else 0.0


def is_many(sightings: Iterable[Sighting], policy: IncidentPolicy) -> bool:
    """Return whether these are enough cases of enough complainants."""
    cases = {one.case_id for one in sightings}
    complainants = {one.complainant for one in sightings}
    return len(cases) >= policy.least_cases and len(complainants) >= policy.least_complainants
