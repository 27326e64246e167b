"""Cases about stations whose own teams work beside the others, and who must not have them alone."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from schemas.cases import CommandSettled
from schemas.incident_links import IncidentLink
from schemas.judgements import Correction
from schemas.vocabulary import ANSWERED
from tests.support.builders import NOON, a_command, a_contact, a_deduplicated, a_routed
from tests.support.station_teams import OWN, STAFF_MATTERS, station_teams
from tests.unit.cases.desk import POLICIES, settlements
from tests.unit.cases.street import Street

TEAMS = station_teams(
    front_desk={"capacity": 5}, claims={"capacity": 5}, senior_desk={"capacity": 5}
)
AT_STATIONS = replace(POLICIES, teams=TEAMS)


class Stations(Street):
    """A street on which contacts name stations. ``about`` is what the senders meant, by case:
    written down here, and asked of nobody."""

    def __init__(self, rng: Random | None = None) -> None:
        super().__init__(rng, policies=AT_STATIONS)
        self.named: defaultdict[str, set[str]] = defaultdict(set)
        self.about: defaultdict[str, set[str]] = defaultdict(set)
        self.loads: dict[str, int] = {}
        self.desk.handler._loads = lambda: self.loads

    def hear(self, case_id: str | None, name: str, hub: str | None = None, **said: Any) -> str:
        """Take in a contact of a case, or one that opens one; return the case's id."""
        team, level = said.pop("team", "front-desk"), said.pop("level", 1)
        stations = said.pop("stations", None)
        at = said.pop("at", NOON)
        score = {key: said.pop(key) for key in ("category", "cause") if key in said}
        contact = a_contact(name, received_at=at, hub=hub, **said)
        relation = {} if case_id is None else {"case_id": case_id, "relation": "repeat"}
        routed = a_routed(a_deduplicated(contact, **relation), level, team, **score)
        if stations is not None:
            destination = routed.destination.model_copy(update={"stations": stations})
            routed = routed.model_copy(update={"destination": destination})
        self.take(routed)
        names = {*(stations or ()), *([hub] if hub else [])} & OWN.keys()
        self.named[routed.case_id] |= names
        if score.get("category") in STAFF_MATTERS or score.get("cause") in ("staff", "contractor"):
            self.about[routed.case_id] |= names
        self._judge(routed.case_id)
        return routed.case_id

    def correct(self, case_id: str, **said: Any) -> CommandSettled:
        settled = self.act(
            case_id, "correct", actor="clerk:clerk-901", note="n", correction=Correction(**said)
        )
        self._judge(case_id)
        return settled

    def join(self, case_id: str, hub: str, incident: str = "I1", level: int = 3) -> CommandSettled:
        """Make a case part of an incident at a hub."""
        self.number += 1
        link = IncidentLink(hub=hub, category="delay", level=level)
        fields: dict[str, Any] = {"other": incident, "incident": link, "actor": "system"}
        asked = a_command("join_incident", case_id, f"say-{self.number}", **fields)
        settled = settlements(self.take(asked))[0]
        if settled.settlement == "accepted":
            self.named[case_id] |= {hub} & OWN.keys()
            self._judge(case_id)
        return settled

    def _judge(self, case_id: str) -> None:
        """Whatever a case names is complained of once the case is about staff."""
        state = self.case(case_id)
        if state.category in STAFF_MATTERS or state.cause in ("staff", "contractor"):
            self.about[case_id] |= self.named[case_id]

    def barred(self, case_id: str) -> set[str]:
        """Return the teams that must not have the case, by what was sent."""
        cases = [case_id, *self.children(case_id)]
        return {OWN[station] for one in cases for station in self.about[one]}

    def wrongs(self) -> list[str]:
        """Return each open case that is with those alone whom it is about."""
        found = []
        for key, kept in self.desk.store.cases.items():
            state, case_id = kept.state, key.partition("|")[2]
            if state is None or state.status in ANSWERED:
                continue
            barred = self.barred(case_id)
            people = {who for team in barred for who in TEAMS.teams[team].members}
            if state.team is None or state.team in barred:
                found.append(f"{case_id} is with {state.team}")
            if (state.assignee or "").removeprefix("clerk:") in people:
                found.append(f"{case_id} is {state.assignee}'s")
        return found

    def later(self, hours: float) -> None:
        self.desk.clock.time += timedelta(hours=hours)
