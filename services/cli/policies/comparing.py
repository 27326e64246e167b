"""A replay from beginning to end: contacts in, what would change out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from schemas.cases import CaseState
from services.cli.offline import sighting_by
from services.cli.policies.casework import NOTHING_HEARD, Case, Casework, Contact
from services.cli.policies.gathering import Gathering
from services.cli.policies.joining import Joined, decided_twice, joined
from services.cli.policies.replaying import Outcome, Replay
from services.cli.policies.sources import NOT_SERVED, Replayed, Twice, service_of
from services.cli.policies.standing import Standing, Stands
from services.cli.policies.trial import Trial
from services.domain.clock import Clock
from services.domain.incidents.policy import IncidentPolicy

_AT_ONCE: Final = 500
"""Contacts decided together: texts are judged much faster so."""
States = Mapping[str, CaseState]


@dataclass
class Found:
    """All that a replay found; ``joined`` and ``gathered`` where a candidate decides of it."""

    outcome: Outcome
    standing: Standing
    joined: Joined | None = None
    gathered: tuple[Gathering, Gathering] | None = None
    has_capacities: bool = False
    """A team takes so many cases and no more, under one side at least."""


class Sources(NamedTuple):
    """Where the contacts come from, and what is known of their cases."""

    contacts: Callable[[], Iterable[Replayed]]
    states: Callable[[set[str]], States]
    """By tenant and case; none of a file."""


class Comparison:
    """One replay; ``say`` is told how far it is."""

    def __init__(
        self,
        trial: Trial,
        sources: Sources,
        clock: Clock,
        say: Callable[[str], None],
    ) -> None:
        """Load both sides.

        Raises:
            SettingsError: a file breaks its rules.
        """
        self._replay = Replay(trial)
        self._sources, self._clock, self._say = sources, clock, say
        self._joins = "dedup" in trial.candidates
        self._sightings = Sightings() if "incidents" in trial.candidates else None
        self._found = Found(Outcome(), Standing())
        self._states: States | None = None

    def run(self, as_of: datetime) -> Found:
        """Decide about all contacts; what is not answered is late as of ``as_of``.

        Raises:
            SettingsError: a line of a file says nonsense of how it was answered.
            OutageError: the cluster is away.
        """
        replay, found = self._replay, self._found
        pairs = self._joined() if self._joins else (Twice(e, e) for e in self._sources.contacts())
        self._decide(pairs)
        if self._states is None:
            self._states = self._sources.states({_case_of(one) for one in replay.contacts[0]})
        sides = (replay.before, replay.after)
        found.has_capacities = any(
            team.capacity for side in sides for team in side.policies.teams.teams.values()
        )
        if self._sightings is not None:
            found.gathered = (
                self._sightings.gathered(sides[0].incidents),
                self._sightings.gathered(sides[1].incidents),
            )
        # How a case really stands says nothing of a case that dedup would have made otherwise.
        states = {} if self._joins else self._states
        terms = sides[0].terms, sides[1].terms
        found.standing = Stands(states, as_of).compare(self._cases(0), self._cases(1), terms)
        return found

    def _joined(self) -> Iterator[Twice]:
        kept = list(self._sources.contacts())
        states = self._states = self._sources.states({_key(one) for one in kept})
        before, after = self._replay.before.dedup, self._replay.after.dedup
        served = (_served(one, states) for one in kept)
        twice = decided_twice(served, before, after, self._clock, self._say)
        self._found.joined = joined(twice)
        return iter(twice)

    def _decide(self, pairs: Iterator[Twice]) -> None:
        while some := list(islice(pairs, _AT_ONCE)):
            for one, decisions in zip(some, self._replay.run(some), strict=True):
                self._found.outcome.add(one.before, *decisions)
                if self._sightings is not None:
                    self._sightings.add(one.before, decisions[0].category)

    def _cases(self, number: int) -> Iterator[Case]:
        side = (self._replay.before, self._replay.after)[number]
        contacts: Iterable[Contact] = self._replay.contacts[number]
        if not self._joins:
            contacts = _serving(contacts, self._states or {})
        gathered = self._found.gathered
        heard = gathered[number].heard if gathered else NOTHING_HEARD
        return Casework(side.policies).cases(contacts, heard)


def _key(one: Replayed) -> str:
    return f"{one.deduplicated.tenant}|{one.deduplicated.case_id}"


def _case_of(contact: Contact) -> str:
    return f"{contact[0].tenant}|{contact[1].case_id}"


def _served(one: Replayed, states: States) -> Replayed:
    known = service_of(states.get(_key(one)))
    if known is NOT_SERVED:
        return one
    return one._replace(acknowledged_at=known.acknowledged_at, answered_at=known.answered_at)


def _serving(contacts: Iterable[Contact], states: States) -> Iterator[Contact]:
    """Yield the contacts, taken up and answered as their cases were."""
    for taken, given in contacts:
        known = service_of(states.get(_case_of((taken, given))))
        if known is NOT_SERVED:
            yield taken, given
        else:
            ends = known.acknowledged_at, known.answered_at
            yield taken._replace(acknowledged_at=ends[0], answered_at=ends[1]), given


class Sightings:
    """What contacts show of incidents, until all of them are there and can be put in order."""

    def __init__(self) -> None:
        self._seen: list[tuple[Replayed, str]] = []

    def add(self, one: Replayed, category: str) -> None:
        """Keep a contact, with what severity found it to be about."""
        self._seen.append((one, category))

    def gathered(self, policy: IncidentPolicy) -> Gathering:
        """Return the incidents under a policy, by the contacts in order of time."""
        self._seen.sort(key=lambda one: one[0].deduplicated.contact.received_at)
        tenant = self._seen[0][0].deduplicated.tenant if self._seen else ""
        gathering = Gathering(tenant, policy)
        gathering.see(
            sighting_by(one.deduplicated, policy, category) for one, category in self._seen
        )
        return gathering
