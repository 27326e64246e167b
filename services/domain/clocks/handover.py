"""What a handover to a team or a partner does to their clocks. Changes ``runs`` in place."""

from datetime import datetime
from typing import Final

from schemas.cases import CaseChanged
from schemas.ledger import ClockRun
from schemas.vocabulary import CaseStatus, ChangeKind, ClockName
from services.domain.clocks.runs import start, start_partner, stop

_PARTNER: Final = "partner:"


def follow_transfer(
    runs: dict[ClockName, ClockRun], status: CaseStatus, event: CaseChanged, done_at: datetime
) -> None:
    """The partner's clock runs while the case is transferred to him, until somebody has it;
    ``status`` is that before the event."""
    unit = event.unit if event.kind is ChangeKind.TRANSFERRED else None
    if unit is not None and unit.startswith(_PARTNER):
        start_partner(runs, unit, done_at)
    elif unit is not None or (
        status is CaseStatus.TRANSFERRED
        and event.status not in (CaseStatus.TRANSFERRED, CaseStatus.WAITING)
    ):
        stop(runs, ClockName.PARTNER, done_at)
    elif status is CaseStatus.TRANSFERRED and event.status is CaseStatus.WAITING:
        one = runs.get(ClockName.PARTNER)
        if one is not None and one.holder != event.waiting_for:
            stop(runs, ClockName.PARTNER, done_at)


def follow_team(
    runs: dict[ClockName, ClockRun],
    team: str | None,
    event: CaseChanged,
    at: datetime,
    done_at: datetime,
) -> None:
    """The clock of a team ends when it hands the case over; to a partner too, whose time it then
    is: nothing is asked of the team until somebody has the case again, and then its clock begins
    anew. ``team`` is that before the event."""
    partner = runs.get(ClockName.PARTNER)
    if event.status is CaseStatus.TRANSFERRED and partner and partner.stopped_at is None:
        stop(runs, ClockName.TEAM, done_at)
        return
    one, holder = runs.get(ClockName.TEAM), event.team or team
    if holder is None or (one is None and event.team is None):
        return
    if one is None or one.stopped_at is not None or one.holder != holder:
        stop(runs, ClockName.TEAM, at)
        start(runs, ClockName.TEAM, holder, at)
