"""Contacts of several people about a few parcels, commands and time: the machine of dedup, cases
and clocks."""

from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schemas.vocabulary import ChangeKind, CommandKind, Relation
from tests.models.reference import MOVES, ModelCase
from tests.models.site import HOWS, Site

PARCELS = ("SF1300000000001", "SF1399999999992", "YT4413998102276")
WRITTEN = (str.upper, str.lower, lambda one: f"{one[:6]} {one[6:]}")
TEXTS = (
    "快件一直没到,请查一下",
    "派件员说放门口了,门口没有",
    "Where is my parcel? It was promised for Monday.",
    "外包装破了,里面的杯子碎了一只",
)
PERSONS = ("李华", "王芳", "a neighbour")
hows = st.sampled_from(HOWS)
texts = st.sampled_from(TEXTS)
persons = st.sampled_from(PERSONS)
parcels = st.sampled_from(range(len(PARCELS)))
holders = st.sampled_from(("customer", "partner:yto"))
any_number = st.integers(0, 10**6)


class Sent(NamedTuple):
    """A contact as it was sent, to be sent again."""

    name: str
    waybill: str
    text: str
    person: str


class ComplaintsMachine(RuleBasedStateMachine):
    """Contacts, commands and time, to the handlers and to the model alike."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site()
        self.model: dict[int, ModelCase] = {}
        self.ids: dict[int, str] = {}
        self.sent: list[Sent] = []
        self.commands: list[tuple[CommandKind, int, str, dict[str, Any]]] = []
        self.conflicts = 0

    @initialize(parcel=parcels)
    def somebody_complains(self, parcel: int) -> None:
        self.contact(parcel, str.upper, TEXTS[0], PERSONS[0], "once")

    @rule(parcel=parcels, written=st.sampled_from(WRITTEN), text=texts, person=persons, how=hows)
    def contact(self, parcel: int, written: Any, text: str, person: str, how: str) -> None:
        one = Sent(f"contact-{len(self.sent)}", written(PARCELS[parcel]), text, person)
        self.sent.append(one)
        case_id = self.site.case_of(self.site.contact(*one, how=how))
        if parcel in self.model:
            self.model[parcel].contact(person)
            assert case_id == self.ids[parcel]
        else:
            self.model[parcel], self.ids[parcel] = ModelCase(persons={person}), case_id

    @rule(which=any_number, how=hows)
    def the_same_again(self, which: int, how: str) -> None:
        self.site.contact(*self.sent[which % len(self.sent)], how=how)

    @rule(which=any_number, text=texts, person=persons, how=hows)
    def something_else_under_a_used_id(self, which: int, text: str, person: str, how: str) -> None:
        used = self.sent[which % len(self.sent)]
        other = used._replace(text=text, person=person)
        self.site.contact(*other, how=how)
        self.conflicts += other != used

    @rule(kind=st.sampled_from(sorted(MOVES)), which=any_number, waits_for=holders, how=hows)
    def command(self, kind: str, which: int, waits_for: str, how: str) -> None:
        self._command(kind, sorted(self.model)[which % len(self.model)], waits_for, how)

    @rule(pick=any_number, which=any_number, waits_for=holders, how=hows)
    def something_that_may_be_done(self, pick: int, which: int, waits_for: str, how: str) -> None:
        """Of commands drawn at random few are accepted: nobody would ever wait."""
        parcel = sorted(self.model)[which % len(self.model)]
        status = self.model[parcel].status
        allowed = [kind for kind, move in sorted(MOVES.items()) if status in move.allowed]
        self._command(allowed[pick % len(allowed)], parcel, waits_for, how)

    def _command(self, kind: str, parcel: int, waits_for: str, how: str) -> None:
        name, more = f"cmd-{len(self.commands)}", {"waiting_for": waits_for, "note": "看过了"}
        self.commands.append((CommandKind(kind), parcel, name, more))
        accepted = self.site.command(CommandKind(kind), self.ids[parcel], name, how, **more)
        assert accepted == self.model[parcel].command(kind, waits_for)

    @precondition(lambda self: self.commands)
    @rule(which=any_number, how=hows)
    def the_same_command_again(self, which: int, how: str) -> None:
        kind, parcel, name, more = self.commands[which % len(self.commands)]
        known = self.site.settled[name][0]
        self.site.command(kind, self.ids[parcel], name, how, **more)
        assert self.site.settled[name][-1] == known

    @rule(minutes=st.sampled_from((1, 20, 89, 90, 91, 119, 120, 200, 479, 480)), how=hows)
    def minutes_pass(self, minutes: int, how: str) -> None:
        for case in self.model.values():
            case.minutes_pass(minutes)
        self.site.minutes_pass(minutes, how)

    @rule()
    def everybody_is_restarted(self) -> None:
        self.site.restart()

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        assert len(self.site.cases.cases) == len(self.model)
        assert len(self.site.dedup.contacts) == len(self.sent)
        for parcel, model in self.model.items():
            state = self.site.state_of(self.ids[parcel])
            assert (state.status, state.contacts) == (model.status, model.contacts)
            assert state.waiting_for == model.waits_for
            assert state.reopened == model.runs["resolution"]
            assert state.complainants == len(model.persons)
            contacts = [one.contact for one in self.site.changes[self.ids[parcel]] if one.contact]
            seconds = [one.relation is Relation.SECOND_COMPLAINANT for one in contacts]
            assert seconds == [False, *model.were_new]
            staged = [one for one in self.site.changes[self.ids[parcel]] if one.stage]
            retracted = [one.stage for one in staged if one.kind is ChangeKind.BREACH_RETRACTED]
            fired = [one.stage for one in staged if one.kind is not ChangeKind.BREACH_RETRACTED]
            assert len(fired) == len(set(fired))
            assert set(fired) == model.fired
            assert len(retracted) == len(set(retracted))
            assert set(retracted) == model.taken_back

    @invariant()
    def what_contradicts_is_a_dead_letter_and_nothing_else_is(self) -> None:
        assert self.site.dead == ["idempotency_key_reused"] * self.conflicts
