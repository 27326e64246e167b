"""Which cases come together in incidents, by the worker's own logic: the watch finds them, places
open incidents, cases join and hear of the level. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.cases import CaseCommand
from schemas.incidents import IncidentAsk, IncidentChange, IncidentChanged, IncidentCommand
from schemas.vocabulary import CommandKind
from services.cli.policies.casework import Heard
from services.domain.incident_store import Member, PlaceState
from services.domain.incidents.detection import Detection, Found
from services.domain.incidents.memory import Sighting
from services.domain.incidents.policy import IncidentPolicy
from services.incidents.logic import TOLD_AT_ONCE, step
from services.incidents.messages import SYSTEM, key_of

_ENDS: Final = IncidentChange.ENDED


@dataclass(slots=True)
class Known:
    """An incident."""

    place: str
    cause: str
    level: int
    opened_at: datetime
    quiet_until: datetime
    cases: int = 0
    ended: bool = False

    def is_over(self, at: datetime) -> bool:
        """Return whether nothing came for so long that it is over."""
        return self.ended or at > self.quiet_until


class Gathering:
    """The incidents of one tenant under one policy."""

    def __init__(self, tenant: str, policy: IncidentPolicy) -> None:
        self.incidents: dict[str, Known] = {}
        self.heard: defaultdict[str, list[Heard]] = defaultdict(list)
        """By case, as :class:`services.cli.policies.casework.Casework` wants it."""
        self.homes: dict[str, str] = {}
        """The incident of each case that is of one."""
        self._tenant, self._policy = tenant, policy
        self._detection = Detection(policy)
        self._places: dict[str, PlaceState] = {}
        self._members: defaultdict[str, list[tuple[int, Member]]] = defaultdict(list)
        self._words = 0

    def see(self, contacts: Iterable[Sighting]) -> None:
        """Look at contacts, in the order in which they come."""
        for one in contacts:
            for found in self._detection.see(one):
                self._take(self._found(found), one.at)

    def _found(self, found: Found) -> IncidentCommand:
        one, cluster = found.sighting, found.cluster
        return self._word(
            kind=IncidentAsk.FOUND,
            hub=cluster.place,
            category=cluster.category,
            at=one.at,
            case_id=one.case_id,
            who=one.complainant,
            cause=cluster.cause,
            words=cluster.words,
        )

    def _word(self, **fields: object) -> IncidentCommand:
        self._words += 1
        named = {"tenant": self._tenant, "command_id": f"word-{self._words}", "actor": SYSTEM}
        return IncidentCommand.model_validate({**named, **fields})

    def _take(self, word: IncidentCommand, now: datetime) -> None:
        """Let a place take a word, and all that follows from it."""
        key = key_of(word)
        members = self._members[word.incident_id or ""] if word.kind is IncidentAsk.TELL else []
        start = word.after or 0
        some = [one for one in members if one[0] > start][:TOLD_AT_ONCE]
        made = step(self._places.get(key, PlaceState()), word, self._policy, now, some)
        self._places[key] = made.state
        for change in made.changes:
            self._note(change)
        lasting = made.state.incident
        if lasting is not None and lasting.incident_id in self.incidents:
            self.incidents[lasting.incident_id].quiet_until = lasting.quiet_until
        if made.member is not None:
            rows = self._members[made.member.incident_id]
            rows.append((len(rows) + 1, made.member))
        for command in made.to_cases:
            self._tell(word, command, now)
        for other in made.to_places:
            self._take(other, now)

    def _note(self, change: IncidentChanged) -> None:
        known = self.incidents.get(change.incident_id)
        if known is None:
            known = self.incidents[change.incident_id] = Known(
                change.hub, change.cause or "", change.level, change.opened_at, change.quiet_until
            )
        known.level, known.cases = change.level, change.cases
        known.ended = known.ended or change.kind is _ENDS

    def _tell(self, word: IncidentCommand, command: CaseCommand, now: datetime) -> None:
        """Have a case hear what it is told; a case that is of no incident joins the first one
        that asks, and says so."""
        incident_id, link = command.other or "", command.incident
        case_key = f"{self._tenant}|{command.case_id}"
        joins = command.kind is CommandKind.JOIN_INCIDENT
        if link is None or joins is (case_key in self.homes):
            return
        self.homes.setdefault(case_key, incident_id)
        self.heard[case_key].append(Heard(now, incident_id, link))
        if joins:
            said = {
                "hub": word.hub,
                "category": word.category,
                "case_id": command.case_id,
                "who": link.who,
                "incident_id": incident_id,
                "level": link.level,
            }
            self._take(self._word(kind=IncidentAsk.JOINED, at=word.at, **said), now)
