"""Everything that people decide about cases, bundled: life cycle, levels, teams,
what comes after the answer, money, merging, corrections, time limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from schemas.cases import CaseState
from services.cases.levels import Levels, load_levels
from services.cases.merging_policy import MergingPolicy, load_merging
from services.domain.aftercare import AftercarePolicy, load_aftercare
from services.domain.approval import Approval, load_approval
from services.domain.case_places import Places, load_places
from services.domain.clocks.book import PolicyBook, open_book
from services.domain.clocks.stages import clocks_of
from services.domain.compensation.deciding import Deciding, deciding
from services.domain.correcting import Correcting, load_correcting
from services.domain.lifecycle import Lifecycle, load_lifecycle
from services.domain.pinned import approval_of, ladder_of
from services.domain.redress import Redress, load_redress
from services.domain.team_rules import TeamRules
from services.domain.teams import Teams, load_teams


@dataclass(frozen=True, slots=True)
class Policies:
    """The versions in force."""

    lifecycle: Lifecycle
    levels: Levels
    teams: Teams
    aftercare: AftercarePolicy
    approval: Approval
    redress: Redress
    merging: MergingPolicy
    correcting: Correcting
    places: Places
    book: PolicyBook
    """The time limits, in every version that a case was opened under."""
    loads: Mapping[str, int] = field(default_factory=dict)
    """Open cases by person, as they were some seconds ago; whoever is not in it has none."""

    def ladder_of(self, state: CaseState, other: str | None = None) -> Teams:
        """Return the ladder that a case began with; today's where that has not its team, or not
        the ``other`` one that it is compared with. Who works in a team is always today's
        (``teams``)."""
        return ladder_of(state, self.teams, self.book, other)

    def team_of_level(self, state: CaseState, level: int) -> str | None:
        """Return the team that a case reaches with ``level`` on its ladder when that is above
        its own: the first one from there up that still is there today; None: it stays."""
        ladder = self.ladder_of(state)
        team = ladder.team_of_level.get(level)
        if team is None or not ladder.is_above(team, state.team):
            return None
        return self.first_there((team, *ladder.ladder_above(team)))

    def next_up(self, state: CaseState) -> str | None:
        """Return the next team up the ladder of a case that still is there today."""
        return self.first_there(self.ladder_of(state).ladder_above(state.team))

    def ladder_there(self, state: CaseState, team: str) -> list[str]:
        """Return the teams above ``team`` on the ladder of a case that still are there today."""
        above = self.ladder_of(state, team).ladder_above(team)
        return [one for one in above if one in self.teams.teams]

    def first_there(self, teams: Iterable[str]) -> str | None:
        """Return the first of ``teams`` that somebody works in today."""
        return next((one for one in teams if one in self.teams.teams), None)

    def payer_answers_by(self, state: CaseState, requested_at: datetime) -> datetime | None:
        """Return by when the payer should answer about a payment of a case; by today's policies
        where those of the case are older than any such time."""
        own = self.book.terms(clocks_of(state).policies).payer_answers_by(requested_at)
        return own or self.book.today.payer_answers_by(requested_at)

    def approval_of(self, state: CaseState) -> Approval:
        """Return the rules of approval that a case began with."""
        return approval_of(state, self.approval, self.book)

    def deciding(self, state: CaseState) -> Deciding | None:
        """Return who may decide about the compensation that waits; None where none does."""
        return deciding(state, self.approval_of(state), self.teams, self.ladder_of(state))


class Files(NamedTuple):
    """Files of one's own that are read again while the worker runs; None: the shipped one."""

    teams: Path | None = None
    levels: Path | None = None
    merging: Path | None = None
    correcting: Path | None = None


SHIPPED: Final = Files()


def load_policies(book: PolicyBook | None = None, files: Files = SHIPPED) -> Policies:
    """Load what comes with the service; without ``book`` today's time limits only.

    Raises:
        SettingsError: a file is missing, breaks its rules, or the teams do not fit the others.
    """
    policies = Policies(
        load_lifecycle(),
        load_levels(files.levels),
        load_teams(files.teams),
        load_aftercare(),
        load_approval(),
        load_redress(),
        load_merging(files.merging),
        load_correcting(files.correcting),
        load_places(),
        book or open_book(),
    )
    _rules_of(policies).check(policies.teams)
    return policies


def read_again(policies: Policies, files: Files) -> Policies:
    """Return the same with the teams, levels, rules of merging and of correction that the files
    have now.

    Raises:
        SettingsError: one breaks its rules, or the teams do not fit the other policies.
    """
    policies = replace(policies, correcting=load_correcting(files.correcting))
    found = _rules_of(policies).load(files.teams)
    return replace(
        policies,
        teams=found,
        levels=load_levels(files.levels),
        merging=load_merging(files.merging),
        book=policies.book.with_ladder(found.version),
    )


def _rules_of(policies: Policies) -> TeamRules:
    """Return what teams must fit: nobody could ever decide under a team that is none."""
    today = policies.book.today
    return TeamRules(
        today.sla, today.calendars, policies.lifecycle, policies.approval, policies.correcting
    )
