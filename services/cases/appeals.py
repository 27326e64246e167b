"""An appeal: a case of its own with clocks of its own, linked with the one it is about. Pure.

The case appealed against and the appeal may be written by two workers. So the first one logs
that there is an appeal and, with it, the command that opens the other; the command's id is
derived, so it may be sent again.
"""

import base64
import hashlib
from datetime import datetime

from schemas.cases import CaseCommand, CaseState
from schemas.handling import AppealOf
from schemas.vocabulary import CaseStatus, ChangeKind, CommandKind, Refusal
from services.cases.choosing import person_for, settled_stations
from services.cases.guards import Refused, asked_at
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.clocks.stages import clocks_of
from services.domain.compensation.payments import to_appeal
from services.domain.conflicts import CONFLICT, Matter, barred_from, choose


def appeal_id_of(tenant: str, case_id: str, seq: int) -> str:
    """Return the id of the appeal that change ``seq`` of a case made (80 bits)."""
    digest = hashlib.sha256(f"appeal|{tenant}|{case_id}|{seq}".encode()).digest()
    return "A" + base64.b32encode(digest[:10]).decode("ascii")


def appeal(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Take in an appeal: this case rests, another one has it."""
    kind = command.actor.partition(":")[0]
    if state.appeal_of is not None and kind != "authority":
        return Refused(
            Refusal.NOT_ALLOWED_NOW,
            "this case is an appeal itself; the next step is the regulator's",
        )
    if state.appealed_by is not None:
        return Refused(
            Refusal.NOT_ALLOWED_NOW,
            f"{state.appealed_by} is the appeal against this case: act on that one; the next step "
            "is the regulator's",
        )
    lodged, answered = command.lodged_at, state.resolved_at or state.opened_at
    if lodged is not None and not answered <= lodged <= command.issued_at:
        return Refused(
            Refusal.INVALID_FIELD,
            f"lodged_at: an appeal is lodged after the answer ({answered.isoformat()}) "
            "and not later than now; say when it reached us, or leave it out",
        )
    appeal_id = appeal_id_of(state.tenant, state.case_id, state.seq + 1)
    care = state.aftercare
    after = story.tell(
        ChangeKind.APPEALED,
        command.actor,
        CaseStatus.APPEALED,
        command_id=command.command_id,
        note=command.note,
        appealed_by=appeal_id,
        aftercare=care.model_copy(update={"follow_up_at": None}) if care else None,
    )
    story.sent.append(
        CaseCommand(
            tenant=state.tenant,
            case_id=appeal_id,
            command_id=f"open-{appeal_id}",
            kind=CommandKind.OPEN_APPEAL,
            actor=SYSTEM,
            issued_at=command.issued_at,
            note=command.note,
            reason=kind,
            contact=command.contact,
            lodged_at=asked_at(state, command),
            appeal=_about(state, after.seq, policies),
        )
    )
    return None


def open_appeal(story: Story, command: CaseCommand, policies: Policies) -> Refused | None:
    """Open the case of an appeal: a level and a team above what was answered, by the ladder of
    today, which it then keeps: an appeal is a case of its own."""
    about, contact = command.appeal, command.contact
    if about is None or contact is None or command.actor != SYSTEM:
        return Refused(Refusal.NOT_PERMITTED, "an appeal is opened by the case it is about")
    level = max(about.level, policies.aftercare.appeal_level)
    teams = policies.teams
    team = teams.above(about.team) or about.team
    by_level = teams.team_of_level.get(level)
    is_gone = team not in teams.teams
    if by_level is not None and (is_gone or teams.is_above(by_level, team)):
        team = by_level
    barred = barred_from(Matter(about.stations or (), about.category, about.cause), teams)
    wanted = team
    if team is not None:
        team = choose(team, teams.ladder_above(team), barred, teams).team
    opened = story.tell(
        ChangeKind.APPEAL_OPENED,
        SYSTEM,
        CaseStatus.RECEIVED,
        command_id=command.command_id,
        note=command.note,
        reason=command.reason,
        # Its time limits begin with the appeal: not with the first contact, nor when it was typed.
        contact=contact.model_copy(update={"received_at": command.lodged_at or command.issued_at}),
        appeal=about,
        place=about.place,
        level=level,
        askings=1,
        team=team,
        assignee=(
            person_for(command.tenant, command.case_id, team, policies, barred) if team else None
        ),
        policies=policies.book.current,
        stations=about.stations,
    )
    if wanted != team:
        kind = ChangeKind.TEAM_PASSED_OVER
        story.tell(kind, SYSTEM, opened.status, skipped=wanted, reason=CONFLICT)
    return None


def _about(state: CaseState, seq: int, policies: Policies) -> AppealOf:
    """Return a case as an appeal against it is to know it."""
    return AppealOf(
        case_id=state.case_id,
        seq=seq,
        level=state.level,
        team=state.team,
        place=clocks_of(state).place,
        category=state.category,
        nature=state.nature,
        cause=state.cause,
        stations=settled_stations(state, policies),
        payments=to_appeal(state),
    )


def news_of_it(state: CaseState, command: CaseCommand) -> AppealOf | None:
    """Return what the case appealed against says of itself by a command to its appeal."""
    about = command.appeal
    if about is None or command.actor != SYSTEM or about.case_id != state.appeal_of:
        return None
    return about


def pass_on_payments(story: Story, policies: Policies) -> None:
    """Tell the appeal what became of the payments of the matter by the events of one input."""
    before, after = story.before, story.state
    if before is None or after is None or before.appealed_by is None:
        return
    if to_appeal(before) == to_appeal(after):
        return
    story.sent.append(
        CaseCommand(
            tenant=after.tenant,
            case_id=before.appealed_by,
            command_id=f"payments-{after.case_id}-{after.seq}",
            kind=CommandKind.NOTE,
            actor=SYSTEM,
            issued_at=story.now,
            note=after.case_id,
            reason="payments_of_appealed_case",
            appeal=_about(after, after.seq, policies),
        )
    )


def pass_on_contact(story: Story, state: CaseState, contact_id: str, policies: Policies) -> None:
    """Tell the appeal of a contact that came in the case it is about: nobody looks there."""
    if state.appealed_by is None:
        return
    story.sent.append(
        CaseCommand(
            tenant=state.tenant,
            case_id=state.appealed_by,
            command_id=f"contact-{contact_id}"[:80],
            kind=CommandKind.NOTE,
            actor=SYSTEM,
            issued_at=story.now,
            stations=settled_stations(state, policies),
            note=f"{state.case_id}: {contact_id}",
            reason="contact_in_appealed_case",
        )
    )
