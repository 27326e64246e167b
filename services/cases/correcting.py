"""A person's judgement of a case: it wins, and what comes later is measured against it. Pure."""

from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseCommand, CaseState
from schemas.judgements import Correction, Judgement, Review
from schemas.scores import Score
from schemas.vocabulary import ANSWERED, Category, ChangeKind, Nature, Refusal, Relation
from services.cases.choosing import handover, matter_of, news_of
from services.cases.guards import Refused
from services.cases.policies import Policies
from services.cases.story import Story
from services.domain.conflicts import settled
from services.domain.judging import judgement_of

_ESCALATED: Final = ":escalate"


def correct(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Let the person's words stand, hand the case to whom it now belongs; without a difference,
    note that a person looked. The clocks follow the level (``square_clocks``)."""
    wanted = command.correction
    assert wanted is not None
    before = judgement_of(state)
    after = _judged(before, wanted, policies)
    refused = _unsayable(wanted) or (
        _settled_before(state) if after == before else _unfounded(state, command, after, policies)
    )
    if refused is not None:
        return refused
    story.tell(
        ChangeKind.CONFIRMED if after == before else ChangeKind.CORRECTED,
        command.actor,
        state.status,
        command_id=command.command_id,
        note=command.note,
        level=after.level if after.level != before.level else None,
        review=Review(before=before, after=after, machine=state.scored),
        stations=news_of(state, settled(matter_of(state, after), policies.teams)),
        **_handed_over(story, state, after, policies),
    )
    return None


def raised_by(
    state: CaseState, relation: Relation, score: Score, policies: Policies
) -> tuple[int, int]:
    """Return the levels that a new contact, already counted in ``state``, and asking again give a
    case. A person's judgement covers all that was known then: 0 for what is not new since."""
    levels = policies.levels.asked_again
    by_asking = levels.level_of(state.askings)
    seen = state.reviewed
    if seen is None:
        return score.level, by_asking
    is_new = relation in policies.correcting.new_since or score.level > seen.covers
    asks_more = by_asking > levels.level_of(seen.askings)
    return score.level if is_new else 0, by_asking if asks_more else 0


def _judged(before: Judgement, wanted: Correction, policies: Policies) -> Judgement:
    category = wanted.category or before.category
    nature = wanted.nature or before.nature
    if wanted.nature is None and category is not before.category:
        nature = policies.correcting.natures.get(category, Nature.UNKNOWN)
    return Judgement(
        category=category,
        nature=nature,
        cause=wanted.cause or before.cause,
        level=wanted.level or before.level,
    )


def _unsayable(wanted: Correction) -> Refused | None:
    """A person who corrects knows what it is about; the cause may stay unknown."""
    for field, word in (("category", wanted.category), ("nature", wanted.nature)):
        if word in (Category.UNKNOWN, Nature.UNKNOWN):
            return Refused(Refusal.INVALID_FIELD, f"correction.{field}: say which it is")
    return None


def _settled_before(state: CaseState) -> Refused | None:
    if state.reviewed is None or state.unsure:
        return None
    return Refused(
        Refusal.ALREADY_DECIDED,
        f"a person judged the case so in change {state.reviewed.seq}; correct it to change that",
    )


def _unfounded(
    state: CaseState, command: CaseCommand, after: Judgement, policies: Policies
) -> Refused | None:
    if command.note is None or not command.note.strip():
        return Refused(Refusal.MISSING_FIELD, "correct needs note: say why the judgement changes")
    team = policies.correcting.may_lower(state.level) if after.level < state.level else None
    if team is None or policies.teams.has_rank(command.actor, team):
        return None
    return Refused(
        Refusal.NOT_PERMITTED,
        f"actor: at level {state.level} only {team} or a team above it may lower the level",
    )


def _handed_over(
    story: Story, state: CaseState, after: Judgement, policies: Policies
) -> dict[str, Any]:
    """Return the fields of a change of team. Of an answered case and of a merged one nobody is
    at work here."""
    if state.status in ANSWERED or state.merged_into is not None:
        return {}
    others = max((one.level for one in state.merged), default=0)
    stood, stands = max(state.level, others), max(after.level, others)
    if (stood, state.category) == (stands, after.category):
        return {}
    team = policies.correcting.lead(
        state.team, stands, after.category, state.channel, policies.teams, policies.ladder_of(state)
    )
    has_climbed = any(_ESCALATED in mark for mark in state.fired)
    ladder = policies.ladder_of(state, team)
    if ladder.is_above(state.team or "", team) and (stands >= stood or has_climbed):
        return {}
    return handover(story, state, team, policies, after)
