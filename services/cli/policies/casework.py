"""What `cases` makes of contacts, by its own logic: levels, teams, persons, tasks and clocks.

Nobody works on these cases but as the contacts say: one is acknowledged and answered when its
contact was. Nobody hands it on, no clock fires, no wait holds it. Pure: time is that of the
contacts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Final, NamedTuple

from schemas.cases import CaseState
from schemas.contacts import ContactDeduplicated, ContactReceived, Facts
from schemas.incident_links import IncidentLink
from schemas.routes import ContactRouted, Destination
from schemas.scores import ContactScored, Score
from schemas.vocabulary import ANSWERED, CaseStatus, ChangeKind, Channel, Relation
from services.cases.choosing import leave_to_others
from services.cases.incidents import reach_level, stations_at
from services.cases.logic import contact_events
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.clocks.compact import NOT_TAKEN_UP

_CLERK: Final = "clerk"


class Taken(NamedTuple):
    """As much of a contact as a case takes in, and how it was served."""

    id: str
    """What people call it."""
    tenant: str
    contact_id: str
    person: str | None
    channel: Channel
    received_at: datetime
    facts: Facts
    acknowledged_at: datetime | None = None
    answered_at: datetime | None = None


class Given(NamedTuple):
    """What was decided about a contact before it came to its case."""

    case_id: str
    relation: Relation
    waybill_index: str | None
    score: Score
    destination: Destination


Contact = tuple[Taken, Given]


class Heard(NamedTuple):
    """A case hears that it is of an incident, or of the level that this has now."""

    at: datetime
    incident_id: str
    link: IncidentLink


Act = Contact | Heard | CaseStatus
"""What happens to a case; a status is what a clerk makes of it."""
NOTHING_HEARD: Final[Mapping[str, Sequence[Heard]]] = {}


class Case(NamedTuple):
    """A case after all that came; ``first`` is the contact that opened it."""

    key: str
    first: Taken
    state: CaseState


class Casework:
    """Cases under one set of policies."""

    def __init__(self, policies: Policies) -> None:
        self._desks = _Desks()
        self._policies = replace(policies, loads=self._desks.loads)

    def load(self, loads: Mapping[str, int]) -> None:
        """Let persons have open cases already."""
        self._desks.loads.update(loads)

    def cases(
        self, contacts: Iterable[Contact], heard: Mapping[str, Sequence[Heard]] = NOTHING_HEARD
    ) -> Iterator[Case]:
        """Yield the cases of contacts, in the order in which they are opened; ``heard`` by case
        (tenant and id, as in :attr:`Case.key`)."""
        by_case: defaultdict[str, list[Contact]] = defaultdict(list)
        for one in contacts:
            by_case[f"{one[0].tenant}|{one[1].case_id}"].append(one)
        for many in by_case.values():
            many.sort(key=_in_time)
        for key, many in sorted(by_case.items(), key=lambda item: _in_time(item[1][0])):
            yield self._case(key, many, heard.get(key, ()))

    def _case(self, key: str, contacts: Sequence[Contact], heard: Sequence[Heard]) -> Case:
        state = None
        for _, story in self.stories(contacts, heard):
            state = story.state
        assert state is not None
        self._desks.give(state.assignee, state.resolved_at)
        return Case(key, contacts[0][0], state)

    def stories(
        self, contacts: Sequence[Contact], heard: Sequence[Heard] = ()
    ) -> Iterator[tuple[Act, Story]]:
        """Yield what happens to one case, whose contacts are in the order of time."""
        self._desks.look(contacts[0][0].received_at)
        story = _follow(contacts[0], None, self._policies)
        yield contacts[0], story
        for at, act in _in_order(contacts, heard):
            state = story.state
            assert state is not None
            if isinstance(act, Heard):
                story = _hear(act, state, self._policies)
            elif isinstance(act, CaseStatus):
                story = _serve(act, at, state)
            else:
                story = _follow(act, state, self._policies)
            yield act, story


class _Desks:
    """How many open cases each person has, as they come and are answered."""

    def __init__(self) -> None:
        self.loads: dict[str, int] = {}
        self._ends: list[tuple[datetime, str]] = []

    def look(self, at: datetime) -> None:
        """Take off the desks what is answered by now."""
        while self._ends and self._ends[0][0] <= at:
            self.loads[heappop(self._ends)[1]] -= 1

    def give(self, person: str | None, until: datetime | None) -> None:
        """Give a person one more case, until it is answered."""
        if person is None:
            return
        self.loads[person] = self.loads.get(person, 0) + 1
        if until is not None:
            heappush(self._ends, (until, person))


def routed_of(contact: Contact) -> ContactRouted:
    """Return as much of the record of a contact as its case reads."""
    taken, given = contact
    here: dict[str, Any] = {"tenant": taken.tenant, "case_id": given.case_id}
    received: dict[str, Any] = {
        "contact_id": taken.contact_id,
        "received_at": taken.received_at,
        "accepted_at": taken.received_at,
        "channel": taken.channel,
        "facts": taken.facts,
        "person": taken.person,
    }
    decided: dict[str, Any] = {
        "contact": ContactReceived.model_construct(**received),
        "relation": given.relation,
        "waybill_index": given.waybill_index,
    }
    scored: dict[str, Any] = {
        "deduplicated": ContactDeduplicated.model_construct(**here, **decided),
        "score": given.score,
    }
    routed: dict[str, Any] = {
        "scored": ContactScored.model_construct(**here, **scored),
        "destination": given.destination,
    }
    return ContactRouted.model_construct(**here, **routed)


def _follow(contact: Contact, state: CaseState | None, policies: Policies) -> Story:
    """Return what a contact does to its case when it is received."""
    story = contact_events(state, routed_of(contact), policies, contact[0].received_at)
    reach_level(story, policies)
    leave_to_others(story, policies)
    return story


def _in_time(contact: Contact) -> tuple[datetime, str]:
    return contact[0].received_at, contact[0].contact_id


def _in_order(contacts: Sequence[Contact], heard: Sequence[Heard]) -> list[tuple[datetime, Act]]:
    """Return what happens to a case after its first contact; of what is at one instant a contact
    comes first, then the incident, then the clerk."""
    acts: list[tuple[datetime, int, Act]] = [(one[0].received_at, 0, one) for one in contacts[1:]]
    acts += [(one.at, 1, one) for one in heard]
    for taken, _ in contacts:
        if taken.acknowledged_at is not None:
            acts.append((taken.acknowledged_at, 2, CaseStatus.ACKNOWLEDGED))
        if taken.answered_at is not None:
            acts.append((taken.answered_at, 3, CaseStatus.RESOLVED))
    return [(at, act) for at, _, act in sorted(acts, key=lambda one: one[:2])]


def _hear(word: Heard, state: CaseState, policies: Policies) -> Story:
    story = Story(state.tenant, state.case_id, state, max(word.at, state.updated_at))
    said: dict[str, Any] = {"incident_id": word.incident_id, "incident": word.link}
    if state.incident_id is None:
        said["stations"] = stations_at(state, word.link, policies)
        story.tell(ChangeKind.INCIDENT_JOINED, SYSTEM, state.status, **said)
    else:
        story.tell(ChangeKind.INCIDENT_LEVEL_TOLD, SYSTEM, state.status, **said)
    reach_level(story, policies)
    leave_to_others(story, policies)
    return story


def _serve(status: CaseStatus, at: datetime, state: CaseState) -> Story:
    """Take a case up or answer it, where that was not done before."""
    story = Story(state.tenant, state.case_id, state, at)
    if status is CaseStatus.RESOLVED and state.status not in ANSWERED:
        story.tell(ChangeKind.RESOLVED, _CLERK, status)
    elif status is CaseStatus.ACKNOWLEDGED and state.status in NOT_TAKEN_UP:
        story.tell(ChangeKind.ACKNOWLEDGED, _CLERK, status)
    return story
