"""Finding incidents among contacts: one place or thing, one cause, many cases, little time.

Pure, and the same for the same contacts in whatever order they come. A word is *bursting* when
enough cases of a window name it and few outside of it do. Bursting words with mostly the same
cases stand for one incident if most of these cases name one cause. Nothing has to be known of
the network: the name of a hub bursts by itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.domain.incidents.policy import IncidentPolicy
from services.domain.telling import fold, pieces_in, runs_in

_RARE: Final = 20
"""Contacts added to those outside the window: so few are no measure of how frequent a word is."""


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


@dataclass(frozen=True, slots=True)
class Cluster:
    """Cases of one incident, with what they have in common."""

    cause: str
    words: tuple[str, ...]
    cases: frozenset[str]
    since: datetime
    until: datetime


def sighting_of(
    contact_id: str,
    case_id: str,
    complainant: str,
    at: datetime,
    text: str,
    policy: IncidentPolicy,
) -> Sighting:
    """Return what a contact shows."""
    folded = fold(text)
    causes = (cause for cause, words in policy.cause_words.items() if words.search(folded))
    words = frozenset(pieces_in(runs_in(folded)))
    return Sighting(contact_id, case_id, complainant, at, words, frozenset(causes))


def find_incidents(sightings: Iterable[Sighting], policy: IncidentPolicy) -> list[Cluster]:
    """Return the incidents among ``sightings``, the earliest first; a case is in one at most.

    Time and memory are in proportion to the words of at most ``most_sightings`` contacts.
    """
    seen = sorted(sightings, key=lambda one: (one.at, one.contact_id))[-policy.most_sightings :]
    by_word: defaultdict[str, list[Sighting]] = defaultdict(list)
    for one in seen:
        for word in one.words:
            by_word[word].append(one)
    bursts = {
        word: burst
        for word, named in by_word.items()
        if len(named) >= policy.least_cases and (burst := _burst(named, seen, policy))
    }
    return _clusters(bursts, policy)


def _burst(
    named: Sequence[Sighting], seen: Sequence[Sighting], policy: IncidentPolicy
) -> list[Sighting]:
    """Return the sightings of the word's densest stretch, when it is a burst; else none."""
    window = timedelta(hours=policy.window_hours)
    best: list[Sighting] = []
    start = 0
    for end, one in enumerate(named):
        while one.at - named[start].at > window:
            start += 1
        if end - start >= len(best):
            best = list(named[start : end + 1])
    if not _is_many(best, policy):
        return []
    last = best[-1].at
    for one in named[named.index(best[-1]) + 1 :]:
        # It goes on as long as somebody is heard of it every half window.
        if one.at - last > window / 2:
            break
        last = one.at
        best.append(one)
    inside = sum(best[0].at <= one.at <= last for one in seen)
    outside_rate = (len(named) - len(best) + 0.5) / (len(seen) - inside + _RARE)
    return best if len(best) / inside >= policy.least_lift * outside_rate else []


def _is_many(sightings: Iterable[Sighting], policy: IncidentPolicy) -> bool:
    cases = {one.case_id for one in sightings}
    complainants = {one.complainant for one in sightings}
    return len(cases) >= policy.least_cases and len(complainants) >= policy.least_complainants


def _clusters(bursts: Mapping[str, list[Sighting]], policy: IncidentPolicy) -> list[Cluster]:
    """Join bursting words that have mostly the same cases; the most frequent leads."""
    ranked = sorted(bursts.items(), key=lambda item: (-_cases(item[1]), item[0]))
    taken: set[str] = set()
    clusters: list[Cluster] = []
    for _, burst in ranked:
        free = [one for one in burst if one.case_id not in taken]
        cause = _cause_of(free, policy)
        if cause is None:
            continue
        words = tuple(
            other
            for other, its in ranked
            if _shared(its, free) >= policy.least_overlap * min(_cases(its), _cases(free))
        )
        sharp = [
            one
            for one in free
            if cause in one.causes or len(one.words.intersection(words)) >= policy.words_instead
        ]
        if not _is_many(sharp, policy):
            if not _is_many(free, policy):
                continue
            sharp = free
        cases = frozenset(one.case_id for one in sharp)
        taken |= cases
        clusters.append(Cluster(cause, words, cases, sharp[0].at, max(one.at for one in sharp)))
    return sorted(clusters, key=lambda one: (one.since, sorted(one.cases)))


def _cases(sightings: Iterable[Sighting]) -> int:
    return len({one.case_id for one in sightings})


def _shared(left: Iterable[Sighting], right: Iterable[Sighting]) -> int:
    return len({one.case_id for one in left} & {one.case_id for one in right})


def _cause_of(sightings: Sequence[Sighting], policy: IncidentPolicy) -> str | None:
    """Return the cause that most of the cases name, if enough of them do."""
    named = {(one.case_id, cause) for one in sightings for cause in one.causes}
    counts = Counter(cause for _, cause in named)
    if not counts:
        return None
    cause, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return cause if count >= policy.least_agreement * _cases(sightings) else None
