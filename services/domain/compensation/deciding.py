"""Who may decide about a compensation that waits for approval. Pure.

Asked by the worker of a case, which decides, and by whoever offers the decision to people, so that
nobody is offered what he is refused then.
"""

from typing import NamedTuple

from schemas.cases import CaseState
from schemas.handling_words import CompensationStep
from services.domain.approval import Approval
from services.domain.compensation.payments import has_failed, standing_sum
from services.domain.merging import gravest
from services.domain.teams import Teams


class Deciding(NamedTuple):
    """What is asked of who decides about a proposal."""

    team: str | None
    """The lowest team that may; None only of a proposal that an older version wrote without one."""
    proposed_by: str
    teams: Teams
    """Who works where."""
    ladder: Teams
    """Which team stands above which, as the case began with it."""

    def has_rank(self, actor: str) -> bool:
        """Return whether ``actor`` belongs to the team or one above it."""
        return self.teams.has_rank(actor, self.team or "", self.ladder)

    def may_approve(self, actor: str) -> bool:
        """Return whether ``actor`` may approve it: a second person of rank."""
        return actor != self.proposed_by and self.has_rank(actor)

    def may_refuse(self, actor: str) -> bool:
        """Return whether ``actor`` may refuse it: a person of rank, or who takes it back."""
        return actor == self.proposed_by or self.has_rank(actor)


def needed(state: CaseState, minor: int, rules: Approval, ladder: Teams) -> str | None:
    """Return the lowest team that may approve ``minor`` more in a case as it stands, by what the
    matter comes to then; None: the clerk decides alone."""
    total = standing_sum(state) + minor
    return rules.team_for(total, gravest(state), ladder, has_failed(state))


def waits(state: CaseState) -> bool:
    """Return whether a compensation is proposed and neither approved nor refused."""
    proposed = state.compensation
    return proposed is not None and proposed.step is CompensationStep.PROPOSED


def deciding(state: CaseState, rules: Approval, teams: Teams, ladder: Teams) -> Deciding | None:
    """Return who may decide about the newest decision; None where none waits.

    It takes whoever the case needs now, and never less than what was asked when it was proposed: a
    level that rose since counts, one that a person lowered since does not (ADR 0088).
    """
    proposed = state.compensation
    if proposed is None or not waits(state):
        return None
    asked, now = proposed.approval, needed(state, proposed.amount.minor, rules, ladder)
    if asked is None or (now is not None and ladder.is_above(now, asked)):
        asked = now
    return Deciding(asked, proposed.proposed_by, teams, ladder)
