"""Cases that are merged, part and go by other limits, to the handlers and to a model alike."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.cases import CaseState
from schemas.vocabulary import CommandKind
from tests.models.linked import LinkedCase
from tests.models.reference import LIMITS, MOVES
from tests.models.site import HOWS, Site

PARCELS = ("SF1300000000001", "SF1399999999992", "YT4413998102276", "ZT7580000000017")
TEXT = "快件一直没到,请查一下"
hows = st.sampled_from(HOWS)
cases = st.sampled_from(range(len(PARCELS)))


class LinkedMachine(RuleBasedStateMachine):
    """One case for each parcel, opened within minutes of each other."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site()
        self.model: list[LinkedCase] = []
        self.ids: list[str] = []
        self.sent = 0
        self.commands = 0

    @initialize(
        apart=st.lists(st.sampled_from((0, 5)), min_size=4, max_size=4),
        merged=st.lists(st.tuples(cases, cases), min_size=1, max_size=3),
    )
    def everybody_complains(self, apart: list[int], merged: list[tuple[int, int]]) -> None:
        """Most histories are of merged cases, so some are merged from the start."""
        opened = 0
        for parcel, minutes in zip(PARCELS, apart, strict=True):
            self.ids.append(self.site.case_of(self._contact(parcel, "once")))
            self.model.append(LinkedCase(key=(opened, self.ids[-1])))
            opened += minutes
            self.minutes_pass(minutes, "once")
        for which, other in merged:
            self.merge(which, other, "once")

    def _contact(self, parcel: str, how: str) -> str:
        self.sent += 1
        return self.site.contact(f"contact-{self.sent}", parcel, TEXT, how=how)

    @rule(which=cases, how=hows)
    def contact(self, which: int, how: str) -> None:
        self._contact(PARCELS[which], how)
        self.model[which].contact()

    @rule(
        kind=st.sampled_from(sorted(MOVES)),
        which=cases,
        waits_for=st.sampled_from(("customer", "partner:yto")),
        how=hows,
    )
    def command(self, kind: str, which: int, waits_for: str, how: str) -> None:
        accepted = self._command(CommandKind(kind), which, how, waiting_for=waits_for)
        assert accepted == self.model[which].command(kind, waits_for)

    @rule(which=cases, how=hows)
    def answered_and_asked_again(self, which: int, how: str) -> None:
        """Whoever asks again does so in whichever case is his."""
        head = self.model[which].head or self.model[which]
        self.command("resolve", self.model.index(head), "customer", how)
        self.contact(which, how)

    @rule(which=cases, other=cases, how=hows)
    def merge(self, which: int, other: int, how: str) -> None:
        accepted = self._command(CommandKind.MERGE, which, how, other=self.ids[other])
        assert accepted == self.model[which].merge(self.model[other])

    @rule(which=cases, other=cases, how=hows)
    def unmerge(self, which: int, other: int, how: str) -> None:
        accepted = self._command(CommandKind.UNMERGE, which, how, other=self.ids[other])
        assert accepted == self.model[which].unmerge(self.model[other])

    @rule(which=cases, version=st.sampled_from("AB"), how=hows)
    def other_limits(self, which: int, version: str, how: str) -> None:
        accepted = self._command(
            CommandKind.REBASE,
            which,
            how,
            actor="system",
            policies=self.site.versions(version),
            reason="other limits",
        )
        assert accepted == self.model[which].rebase(version)
        self.minutes_pass(0, how)

    @rule(minutes=st.sampled_from((1, 20, 44, 45, 60, 61, 120, 180, 240, 480)), how=hows)
    def minutes_pass(self, minutes: int, how: str) -> None:
        for case in self.model:
            case.minutes_pass(minutes)
        self.site.minutes_pass(minutes, how)

    @rule()
    def everybody_is_restarted(self) -> None:
        self.site.restart()

    def _command(self, kind: CommandKind, which: int, how: str, **more: Any) -> bool:
        self.commands += 1
        name = f"cmd-{self.commands}"
        return self.site.command(kind, self.ids[which], name, how, **({"note": "看过了"} | more))

    @invariant()
    def each_case_is_as_if_it_were_alone(self) -> None:
        for case, state in self._both():
            assert (state.status, state.contacts) == (case.status, case.contacts)
            assert state.waiting_for == case.waits_for
            assert set(state.fired) == case.fired

    @invariant()
    def both_sides_of_each_merge_say_the_same(self) -> None:
        for case, state in self._both():
            assert state.merged_into == (None if case.head is None else case.head.key[1])
            assert {one.case_id for one in state.merged} == {one.key[1] for one in case.children}
            assert not state.offers
            for merged, child in zip(
                sorted(state.merged, key=lambda one: one.case_id),
                sorted(case.children, key=lambda one: one.key[1]),
                strict=True,
            ):
                assert merged.contacts == child.contacts

    @invariant()
    def a_head_is_overdue_when_one_of_its_cases_is(self) -> None:
        """While its own clock runs, and ran from the beginning: an answer of it meets theirs."""
        for case, state in self._both():
            for clock in LIMITS:
                if case.is_unstopped(clock) and not case.runs[clock]:
                    mark = f"{clock}:breach:0"
                    shown = [state.fired, *(one.fired for one in state.merged)]
                    assert any(mark in one for one in shown) == case.shows_breach(clock)

    @invariant()
    def nothing_dies(self) -> None:
        assert not self.site.dead

    def _both(self) -> list[tuple[LinkedCase, CaseState]]:
        states = [self.site.state_of(case_id) for case_id in self.ids]
        return list(zip(self.model, states, strict=True))
