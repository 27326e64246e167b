"""Whatever happens in whatever order, delivered once or several times: dedup, cases and clocks
come to what a model of a few lines says."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schemas.vocabulary import ChangeKind, CommandKind
from tests.models.forms import settings_of
from tests.models.reference import MOVES, ModelCase
from tests.models.site import HOWS, Site

pytestmark = pytest.mark.timeout(900)  # the long form takes minutes, beside others many

PARCELS = ("SF1300000000001", "SF1399999999992", "YT4413998102276")
WRITTEN = (str.upper, str.lower, lambda one: f"{one[:6]} {one[6:]}")
TEXT = "快件一直没到,请查一下"
hows = st.sampled_from(HOWS)
parcels = st.sampled_from(range(len(PARCELS)))
any_number = st.integers(0, 10**6)


class ComplaintsMachine(RuleBasedStateMachine):
    """Contacts, commands and time, to the handlers and to the model alike."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site()
        self.model: dict[int, ModelCase] = {}
        self.ids: dict[int, str] = {}
        self.sent: list[tuple[str, int, str]] = []
        self.commands: list[tuple[CommandKind, int, str, dict[str, Any]]] = []
        self.conflicts = 0

    @initialize(parcel=parcels)
    def somebody_complains(self, parcel: int) -> None:
        self.contact(parcel, str.upper, "once")

    @rule(parcel=parcels, written=st.sampled_from(WRITTEN), how=hows)
    def contact(self, parcel: int, written: Any, how: str) -> None:
        name, waybill = f"contact-{len(self.sent)}", written(PARCELS[parcel])
        contact_id = self.site.contact(name, waybill, TEXT, how)
        self.sent.append((name, parcel, waybill))
        case_id = self.site.case_of(contact_id)
        if parcel in self.model:
            self.model[parcel].contact()
            assert case_id == self.ids[parcel]
        else:
            self.model[parcel], self.ids[parcel] = ModelCase(), case_id

    @rule(which=any_number, how=hows)
    def the_same_again(self, which: int, how: str) -> None:
        name, _, waybill = self.sent[which % len(self.sent)]
        self.site.contact(name, waybill, TEXT, how)

    @rule(which=any_number, how=hows)
    def something_else_under_a_used_id(self, which: int, how: str) -> None:
        name, _, waybill = self.sent[which % len(self.sent)]
        self.site.contact(name, waybill, "something else altogether", how)
        self.conflicts += 1

    @rule(
        kind=st.sampled_from(sorted(MOVES)),
        which=any_number,
        waits_for=st.sampled_from(("customer", "partner:yto")),
        how=hows,
    )
    def command(self, kind: str, which: int, waits_for: str, how: str) -> None:
        parcel = sorted(self.model)[which % len(self.model)]
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


ComplaintsMachine.TestCase.settings = settings_of(30, 25)
TestComplaints = ComplaintsMachine.TestCase
