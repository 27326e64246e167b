"""What a word does to a place: its incident opens, grows, changes its level, ends. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from schemas.cases import CaseCommand
from schemas.incidents import IncidentAsk, IncidentChange, IncidentChanged, IncidentCommand
from services.domain.incident_store import CaseThere, Member, News, PlaceState
from services.domain.incidents.policy import IncidentPolicy
from services.domain.incidents.saying import Ranks
from services.incidents.messages import SYSTEM, leave, more_news, tell_more
from services.incidents.place import Place

_MOST_RECENT: Final = 200
TOLD_AT_ONCE: Final = 500
"""Cases that are told of a level, or of news, by one word."""


class Step(NamedTuple):
    """The place afterwards, what happened, what cases and the place itself are told."""

    state: PlaceState
    changes: list[IncidentChanged]
    to_cases: list[CaseCommand]
    to_places: list[IncidentCommand]
    about: str | None
    member: Member | None
    outcome: str


def step(
    state: PlaceState,
    command: IncidentCommand,
    policy: IncidentPolicy,
    now: datetime,
    members: Sequence[tuple[int, Member]] = (),
    ranks: Ranks | None = None,
) -> Step:
    """Return what ``command`` does; ``members`` are those that ``tell`` goes on with, and for
    ``left`` all that the incident ever had. A person's word is judged by ``ranks``; without them
    it was judged before. One that is refused does nothing at all."""
    telling = _Words(state, command, policy, now)
    incident = telling.incident
    is_quiet = incident is not None and command.at > incident.quiet_until
    level = None if incident is None or is_quiet or telling.is_another() else incident.level
    unsaid = ranks.why_not(command, level) if ranks else None
    if unsaid is not None:
        return Step(state, [], [], [], None, None, unsaid.rule)
    if is_quiet:
        telling.end("quiet", SYSTEM)
    if command.kind is IncidentAsk.TELL:
        tell = telling.tell_members if command.news is None else telling.pass_on_news
        outcome = tell(members)
    elif command.kind is IncidentAsk.LEFT:
        outcome = telling.left([member for _, member in members])
    else:
        acts = {
            IncidentAsk.SIGHT: telling.sight,
            IncidentAsk.FOUND: telling.find,
            IncidentAsk.OPEN: telling.open_by_person,
            IncidentAsk.END: telling.end_by_person,
            IncidentAsk.ADD: telling.add,
            IncidentAsk.REMOVE: telling.remove,
            IncidentAsk.SET_LEVEL: telling.set_level,
            IncidentAsk.UPDATE: telling.update,
            IncidentAsk.JOINED: telling.joined,
        }
        act = acts.get(command.kind)
        outcome = "not_for_a_place" if act is None else act()
    about = telling.changes[-1].incident_id if telling.changes else None
    if telling.member is not None:
        about = telling.member.incident_id
    return Step(
        telling.state(),
        telling.changes,
        telling.to_cases,
        telling.to_places,
        about,
        telling.member,
        outcome,
    )


class _Words(Place):
    """What each word does."""

    # ------------------------------------------------------------------ cases there

    def sight(self) -> str:
        there = self._there()
        if there is None:
            return "about_nothing"
        if self.incident is not None and self.incident.by_person:
            return self.ask(self.incident, there, SYSTEM)
        self.recent = self._near(self.recent, there)
        return "seen"

    def find(self) -> str:
        there = self._there()
        if there is None:
            return "about_nothing"
        if self.incident is not None:
            return self.ask(self.incident, there, SYSTEM)
        self.found = self._near(self.found, there)
        customers = {one.who for one in self.found}
        policy = self.policy
        if len(self.found) < policy.least_cases or len(customers) < policy.least_complainants:
            return "found"
        self.open("many_of_one_cause", SYSTEM, self.found)
        return "opened"

    def _there(self) -> CaseThere | None:
        command = self.command
        if command.case_id is None or command.who is None:
            return None
        return CaseThere(case_id=command.case_id, who=command.who, at=command.at)

    def _near(self, known: Sequence[CaseThere], new: CaseThere) -> list[CaseThere]:
        """Return the cases within the window before the latest: what comes by post is dated days
        ago, and must not make those of today forgotten."""
        both = [*(one for one in known if one.case_id != new.case_id), new]
        latest = max(one.at for one in both)
        near = [one for one in both if latest - one.at <= self.policy.window]
        return near[-_MOST_RECENT:]

    # ------------------------------------------------------------------ what people say

    def open_by_person(self) -> str:
        if self.incident is not None:
            return "open_already"
        both = {one.case_id: one for one in (*self.recent, *self.found)}
        self.open("by_person", self.command.actor, list(both.values()))
        return "opened"

    def end_by_person(self) -> str:
        if self.is_another():
            return "no_incident"
        self.end("by_person", self.command.actor)
        return "ended"

    def add(self) -> str:
        there, incident = self._there(), self.incident
        if there is None:
            return "about_nothing"
        if incident is None or self.is_another():
            return "no_incident"
        return self.ask(incident, there, self.command.actor)

    def remove(self) -> str:
        """Ask a case to leave; also an incident that is over."""
        command = self.command
        if command.case_id is None or command.incident_id is None:
            return "about_nothing"
        self.to_cases.append(leave(command, command.incident_id, command.actor, self.now))
        return "asked_to_leave"

    def set_level(self) -> str:
        incident, level = self.incident, self.command.level
        if incident is None or level is None or self.is_another():
            return "no_incident"
        self.incident = incident.model_copy(update={"is_level_set": True})
        self.take_level(level, IncidentChange.LEVEL_SET, self.command.actor, "by_person")
        return "level_set"

    def update(self) -> str:
        """Tell the customers of all cases something, now and for a while whoever comes later."""
        command, incident = self.command, self.incident
        if incident is None or not command.note or self.is_another():
            return "no_incident"
        seq = self.tell(IncidentChange.CUSTOMERS_UPDATED, command.actor)
        news = News(seq=seq, at=command.at, actor=command.actor, note=command.note)
        self.keep_news(news)
        self.to_places.append(more_news(command, incident.incident_id, news))
        return "updated"

    # ------------------------------------------------------------------ what cases say

    def joined(self) -> str:
        command, incident = self.command, self.incident
        if command.case_id is None or command.incident_id is None:
            return "about_nothing"
        customer = command.who or command.case_id
        self.member = Member(command.incident_id, command.case_id, is_in=True, who=customer)
        if incident is None or self.is_another():
            # It was asked before the end, and answered after it.
            self.to_cases.append(leave(command, command.incident_id, SYSTEM, self.now))
            return "joined_too_late"
        known = dict.fromkeys((*incident.who, customer))
        who = tuple(known)[: self.policy.counted]
        self.incident = incident.model_copy(update={"cases": incident.cases + 1, "who": who})
        self.tell(IncidentChange.CASES_JOINED, SYSTEM, joined=(command.case_id,))
        news = incident.news
        if news is not None and command.at - news.at <= self.policy.news_last:
            self.tell_news(incident.incident_id, news, command.case_id)
        level = self.policy.level_of(len(who))
        if level > incident.level and not incident.is_level_set:
            self.take_level(level, IncidentChange.LEVEL_RAISED, SYSTEM, self.policy.version)
        elif command.level != incident.level:
            self.tell_level(command.case_id, command.command_id)
        return "joined"

    def left(self, members: Sequence[Member]) -> str:
        command, incident = self.command, self.incident
        if command.case_id is None or command.incident_id is None:
            return "about_nothing"
        self.member = Member(command.incident_id, command.case_id, is_in=False)
        if incident is None or self.is_another():
            return "left_after_the_end"
        who = still_counted(incident.who, (*members, self.member))[: self.policy.counted]
        cases = max(incident.cases - 1, 0)
        self.incident = incident.model_copy(update={"cases": cases, "who": who})
        self.tell(IncidentChange.CASES_LEFT, command.actor, left=(command.case_id,))
        return "left"

    def tell_members(self, members: Sequence[tuple[int, Member]]) -> str:
        """Go on telling cases of the level; the rest by a word of our own to ourselves."""
        incident = self.incident
        if incident is None or self.is_another() or incident.level != self.command.level:
            return "told_otherwise"
        stands = {member.case_id: (n, member.is_in) for n, member in members}
        for case_id, (n, is_in) in stands.items():
            if is_in:
                self.tell_level(case_id, f"{self.command.command_id}-{n}")
        if len(members) >= TOLD_AT_ONCE:
            self.to_places.append(tell_more(self.command, incident, members[-1][0], self.now))
        return "told"

    def pass_on_news(self, members: Sequence[tuple[int, Member]]) -> str:
        """Go on telling cases what their customers are to hear, also if the incident is over; newer
        words go to all of them as well, and take the place of these."""
        command, incident = self.command, self.incident
        if command.incident_id is None or command.news is None or not command.note:
            return "about_nothing"
        news = News(seq=command.news, at=command.at, actor=command.actor, note=command.note)
        newest = incident.news if incident is not None and not self.is_another() else None
        if newest is not None and newest.seq > news.seq:
            return "told_otherwise"
        stands = {member.case_id: member.is_in for _, member in members}
        for case_id, is_in in stands.items():
            if is_in:
                self.tell_news(command.incident_id, news, case_id)
        if len(members) >= TOLD_AT_ONCE:
            after = members[-1][0]
            self.to_places.append(more_news(command, command.incident_id, news, after))
        return "told"


def still_counted(counted: Sequence[str], members: Sequence[Member]) -> tuple[str, ...]:
    """Return the customers who count once the last of ``members`` has spoken: of those ``counted``
    all but who have no case left there, then those whom more than enough kept out before. The
    customer of a case that joined before this was kept is not known, and counts on."""
    whose = {one.case_id: one.who for one in members if one.is_in and one.who}
    stands = {one.case_id: one.is_in for one in members}
    still = dict.fromkeys(who for case_id, who in whose.items() if stands[case_id])
    gone = {one.who for one in members} - still.keys()
    return tuple(dict.fromkeys((*(who for who in counted if who not in gone), *still)))
