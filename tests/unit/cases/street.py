"""Cases whose clocks fire by themselves, under either of two versions of their time limits."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from schemas.cases import CaseState
from schemas.ledger import PolicyVersions
from schemas.vocabulary import ChangeKind, ClockName
from services.cases.policies import Policies, load_policies
from services.domain.clocks.book import (
    MemoryPolicyArchive,
    PolicyBook,
    keep_files,
    keep_text,
    read_files,
)
from services.domain.clocks.stages import clocks_of, next_stage
from tests.support.builders import ELAPSED, NOON, a_fired
from tests.unit.cases.district import District

CLOCKS = (ClockName.ACKNOWLEDGEMENT, ClockName.RESOLUTION, ClockName.REGULATOR)
"""Those of the matter that the policy of these tests has, and the regulator's."""
GENEROUS = "elapsed-generous"


def two_policies() -> Policies:
    """Return the policies of the tests, and a second version of the time limits that gives twice
    as much time."""
    archive = MemoryPolicyArchive()
    versions = keep_files(archive, read_files(sla_file=ELAPSED))
    text = archive.text("sla", versions.sla)
    assert text is not None
    for once, twice in (("7d", "14d"), ("5d", "10d"), ("3d", "6d"), ("48h", "96h")):
        text = text.replace(f"limit: {{span: {once}", f"limit: {{span: {twice}")
        text = text.replace(f'"span": "{once}"', f'"span": "{twice}"')
    keep_text(archive, "sla", text.replace(versions.sla, GENEROUS))
    return load_policies(PolicyBook(archive, versions))


def with_hours(**team_calendars: str) -> Policies:
    """Return the policies of the tests with hours of some teams; the others are always there."""
    hours = {"default": "always"} | {
        team.replace("_", "-"): calendar for team, calendar in team_calendars.items()
    }
    return _with("elapsed-hours", f"team_calendars: {json.dumps(hours)}")


def with_law() -> Policies:
    """Return the policies of the tests with the limits of the law, whose ladder is empty."""
    ladder = {"spans": [], "basis": "internal", "source": "test"}
    matters = {"matter": "company-answer", "appeal_matter": "appeal-answer"}
    law = {**matters, "jurisdiction": "CN", "escalate": ladder}
    return _with("elapsed-law", f"statutory: {json.dumps(law)}")


def _with(version: str, line: str) -> Policies:
    archive = MemoryPolicyArchive()
    versions = keep_files(archive, read_files(sla_file=ELAPSED))
    text = archive.text("sla", versions.sla)
    assert text is not None
    kept = keep_text(archive, "sla", text.replace(versions.sla, version) + f"\n{line}\n")
    book = PolicyBook(archive, versions.model_copy(update={"sla": kept}))
    # Only the clocks have these hours, which routing does not ask for here.
    return replace(load_policies(), book=book)


POLICIES = two_policies()


def generous() -> PolicyVersions:
    return POLICIES.book.current.model_copy(update={"sla": GENEROUS})


class Street(District):
    """Cases whose clocks fire by themselves, as ``sla`` proposes it."""

    def __init__(self, rng: Random | None = None, policies: Policies = POLICIES) -> None:
        super().__init__(rng, policies=policies)
        self.policies = policies

    def until(self, days: float) -> None:
        """Let time pass until so many days after noon; whatever comes due takes effect."""
        end = NOON + timedelta(days=days)
        while found := self._next(end):
            due, state = found
            self.desk.clock.time = max(due, self.desk.clock.time)
            self._fire(state)
            self.deliver()
        self.desk.clock.time = max(end, self.desk.clock.time)

    def _next(self, end: datetime) -> tuple[datetime, CaseState] | None:
        found = []
        for key in self.desk.store.cases:
            state = self.case(key.partition("|")[2])
            timer = next_stage(state, self.policies.book.terms(clocks_of(state).policies))
            if timer is not None and timer.due <= end:
                found.append((timer.due, state))
        return min(found, key=lambda one: (one[0], one[1].case_id), default=None)

    def _fire(self, state: CaseState) -> None:
        timer = next_stage(state, self.policies.book.terms(clocks_of(state).policies))
        assert timer is not None
        assert timer.stage is not None
        now = self.desk.clock.time
        proposal = a_fired(
            timer.clock,
            timer.stage,
            state.case_id,
            due_at=timer.due,
            fired_at=now,
            level=state.level,
            run=timer.run,
            step=timer.step,
        )
        self.take(proposal)

    def breached(self, case_id: str) -> dict[ClockName, datetime]:
        """Return when the limits of a matter were due that are breached now, by the history."""
        found: dict[tuple[ClockName, str], datetime] = {}
        for one in self.history(case_id):
            who = one.merge.child if one.merge else case_id
            if one.kind is ChangeKind.CLOCK_BREACHED and one.clock and one.due_at:
                found[one.clock, who] = one.due_at
            elif one.kind is ChangeKind.BREACH_RETRACTED and one.clock:
                found.pop((one.clock, who), None)
        clocks = {clock for clock, _ in found}
        return {
            clock: min(due for (name, _), due in found.items() if name is clock)
            for clock in clocks
            if clock in CLOCKS
        }
