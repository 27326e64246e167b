"""How a case is judged as it stands. Pure."""

from datetime import datetime

from schemas.cases import CaseState
from schemas.judgements import Judgement, MachineJudgement
from schemas.scores import Score


def judgement_of(state: CaseState) -> Judgement:
    """Return what a case is taken for now, whoever said so."""
    return Judgement(
        category=state.category, nature=state.nature, cause=state.cause, level=state.level
    )


def as_machine(score: Score, contact_id: str, received_at: datetime) -> MachineJudgement:
    """Return what a case remembers of the score of one of its contacts."""
    return MachineJudgement(
        category=score.category,
        nature=score.nature,
        cause=score.cause,
        level=score.level,
        contact_id=contact_id,
        received_at=received_at,
        confidence=score.confidence,
        unsure=score.unsure,
        policy=score.policy,
        model=score.model,
    )
