"""Incidents that open, take cases in, change their level and end, to the handlers and a model."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.incidents import IncidentAsk, IncidentChange, IncidentCommand
from schemas.vocabulary import ChangeKind, CommandKind
from tests.models.reference import ANSWERED
from tests.models.site import HOWS, Site
from tests.models.together import ModelHub, ModelIncident, ModelMember
from tests.support.builders import TENANT

PARCELS = ("SF1300000000001", "SF1399999999992", "YT4413998102276")
HUBS = ("东莞分拨", "白鹤洞")
CLERK = "clerk:clerk-901"
RANKS = {"clerk:clerk-101": 2, "clerk:clerk-801": 3, CLERK: 4}
"""Up to which level of an incident each may end or lower it."""
CUSTOMERS = ("cust-0", "cust-1", "cust-0")
"""Whose the cases are: two are of one."""
TEXT = "快件一直没到,请查一下"
A_WEEK = 7 * 24 * 60
_UPDATED = ChangeKind.CUSTOMER_UPDATED
hows = st.sampled_from(HOWS)
cases = st.sampled_from(range(len(PARCELS)))
hubs = st.sampled_from(range(len(HUBS)))
clerks = st.sampled_from((CLERK, CLERK, *RANKS, "key:house"))
notes = st.sampled_from(("so it is", "so it is", "so it is", None))


class IncidentMachine(RuleBasedStateMachine):
    """A case for each parcel, and what people say of two places."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site()
        self.now = self.words = self.commands = 0
        self.model = [ModelMember(who) for who in CUSTOMERS]
        self.hubs = [ModelHub(name) for name in HUBS]
        self.ids: list[str] = []
        self.names: dict[tuple[str, int], str] = {}
        """Of each incident of the model, by hub and number: its id."""

    @initialize()
    def everybody_complains(self) -> None:
        for number, parcel in enumerate(PARCELS):
            contact_id = self.site.contact(f"contact-{number}", parcel, TEXT)
            self.ids.append(self.site.case_of(contact_id))
        self.open(0, "once")
        self.add(0, 0, "once")

    @rule(which=cases, how=hows)
    def resolve(self, which: int, how: str) -> None:
        assert self._command(CommandKind.RESOLVE, which, how) == self.model[which].resolve()

    @rule(which=cases, how=hows)
    def reopen(self, which: int, how: str) -> None:
        """Not for ever: after some weeks an answer stands."""
        if self._command(CommandKind.REOPEN, which, how):
            assert self.model[which].reopen()
        else:
            assert self.model[which].status not in ANSWERED or self.now > A_WEEK

    def _command(self, kind: CommandKind, which: int, how: str) -> bool:
        self.commands += 1
        more = {"note": "赔付", "actor": CLERK}
        return self.site.command(kind, self.ids[which], f"cmd-{self.commands}", how, **more)

    @rule(where=hubs, how=hows)
    def open(self, where: int, how: str) -> None:
        before = set(self.site.told)
        self._say(IncidentAsk.OPEN, where, how)
        self.hubs[where].open(self.now)
        for name in self.site.told.keys() - before:
            self.names[HUBS[where], len(self.hubs[where].incidents)] = name

    @rule(where=hubs, actor=clerks, note=notes, how=hows)
    def end(self, where: int, actor: str, note: str | None, how: str) -> None:
        self._say(IncidentAsk.END, where, how, actor=actor, note=note)
        hub = self.hubs[where]
        if note and actor in RANKS and hub.takes(RANKS[actor], self.now):
            hub.end(self.now)

    @rule(where=hubs, level=st.sampled_from((2, 3, 4)), actor=clerks, note=notes, how=hows)
    def set_level(self, where: int, level: int, actor: str, note: str | None, how: str) -> None:
        self._say(IncidentAsk.SET_LEVEL, where, how, level=level, actor=actor, note=note)
        hub = self.hubs[where]
        if note and actor in RANKS and hub.takes(RANKS[actor], self.now, level):
            hub.set_level(level, self.now, self.model)

    @rule(where=hubs, actor=clerks, note=notes, how=hows)
    def update(self, where: int, actor: str, note: str | None, how: str) -> None:
        news = note and f"{note}, {self.words}"
        self._say(IncidentAsk.UPDATE, where, how, actor=actor, note=news)
        hub = self.hubs[where]
        if news and actor in RANKS and hub.takes(RANKS[actor], self.now):
            hub.update(news, self.now, self.model)

    @rule(where=hubs, which=cases, how=hows)
    def add(self, where: int, which: int, how: str) -> None:
        self._say(IncidentAsk.ADD, where, how, case_id=self.ids[which], who=CUSTOMERS[which])
        self.hubs[where].add(self.model[which], self.now)

    @rule(which=cases, of=st.integers(0, 9), how=hows)
    def remove(self, which: int, of: int, how: str) -> None:
        """Mostly from its own incident, else from any that there was."""
        known = [one for hub in self.hubs for one in hub.incidents]
        own = self.model[which].incident
        incident = own if own is not None and of < 7 else known[of % len(known)]
        where = HUBS.index(incident.hub)
        about = {"case_id": self.ids[which], "incident_id": self._name(incident)}
        self._say(IncidentAsk.REMOVE, where, how, **about)
        self.hubs[where].remove(self.model[which], incident, self.now)

    @rule(minutes=st.sampled_from((1, 600, 24 * 60 - 1, 24 * 60, 24 * 60 + 1)), how=hows)
    def minutes_pass(self, minutes: int, how: str) -> None:
        self.now += minutes
        self.site.minutes_pass(minutes, how)

    @rule()
    def everybody_is_restarted(self) -> None:
        self.site.restart()

    def _say(self, kind: IncidentAsk, where: int, how: str, **more: Any) -> None:
        self.words += 1
        word: dict[str, Any] = {
            "tenant": TENANT,
            "hub": HUBS[where],
            "category": "delay",
            "kind": kind,
        }
        word |= {"command_id": f"said-{self.words}", "actor": CLERK, "at": self.site.clock.now()}
        self.site.word(IncidentCommand.model_validate(word | more), how)

    def _name(self, incident: ModelIncident) -> str:
        return self.names[incident.hub, incident.number]

    @invariant()
    def each_case_names_its_incident_and_is_as_grave(self) -> None:
        for case_id, case in zip(self.ids, self.model, strict=True):
            state = self.site.state_of(case_id)
            name = None if case.incident is None else self._name(case.incident)
            assert (state.incident_id, state.incident_level) == (name, case.known)
            assert (state.level, state.status) == (case.level, case.status)

    @invariant()
    def the_customers_of_each_case_hear_all_news_once(self) -> None:
        for case_id, case in zip(self.ids, self.model, strict=True):
            told = [one for one in self.site.changes[case_id] if one.kind is _UPDATED]
            assert [one.note for one in told] == case.heard

    @invariant()
    def each_incident_is_as_the_model_says(self) -> None:
        assert len(self.site.told) == sum(len(hub.incidents) for hub in self.hubs)
        for hub in self.hubs:
            for incident in hub.incidents:
                told = self.site.told[self._name(incident)]
                newest = told[-1]
                assert (newest.kind is IncidentChange.ENDED) == incident.is_over
                assert (newest.cases, newest.level) == (incident.cases, incident.level)
                joined = [name for one in told for name in one.joined]
                left = [name for one in told for name in one.left]
                assert len(joined) - len(left) == incident.cases
                if not incident.is_over:
                    of_it = {case.who for case in self.model if case.incident is incident}
                    assert newest.customers == len(of_it)

    @invariant()
    def nothing_dies(self) -> None:
        assert not self.site.dead
