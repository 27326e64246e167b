"""While cases are merged: what happens in one is told to the other. Pure (ADR 0026).

A child goes on exactly as if it were not merged: contacts are logged in it, its clocks run and
take effect on it. Each such change is told to the head, which takes from it what concerns the
whole matter. The head tells its children how it moves on, for their complainants' sake. So an
unmerge has nothing to rebuild.
"""

from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseChanged, CaseCommand, CaseState
from schemas.merging import MergedCase, MergeLink, Origin
from schemas.vocabulary import CaseStatus, ChangeKind, CommandKind, Refusal
from services.cases.guards import Refused
from services.cases.merge_messages import send, summary
from services.cases.merging import team_for
from services.cases.policies import Policies
from services.cases.story import CUSTOMER, SYSTEM, Story, handover
from services.domain.clocks.stages import clocks_of

_CLOCKS: Final = frozenset(
    {ChangeKind.CLOCK_WARNED, ChangeKind.CLOCK_BREACHED, ChangeKind.ESCALATED}
)
_TOLD_TO_HEAD: Final = _CLOCKS | {
    ChangeKind.CONTACT_ADDED,
    ChangeKind.LEVEL_RAISED,
    ChangeKind.CORRECTED,
    ChangeKind.LEGAL_HOLD_SET,
    ChangeKind.LEGAL_HOLD_RELEASED,
}
_ANSWERS: Final = frozenset({ChangeKind.RESOLVED, ChangeKind.REJECTED})


def pass_on(story: Story, policies: Policies) -> None:
    """Send what follows for the head or the children from the events of one input."""
    before, after = story.before, story.state
    if before is None or after is None:
        return
    if before.merged_into is not None and before.merge_id == after.merge_id:
        for event in story.events:
            if event.kind in _TOLD_TO_HEAD:
                _tell_head(story, after, event, policies)
    if before.merged and after.merged and before.seq != after.seq:
        _tell_children(story, before, after)


def _tell_head(story: Story, state: CaseState, event: CaseChanged, policies: Policies) -> None:
    if event.kind in _CLOCKS and event.clock not in policies.merging.clocks:
        return
    assert state.merged_into is not None
    assert state.merge_id is not None
    link = MergeLink(
        merge_id=state.merge_id,
        head=state.merged_into,
        child=state.case_id,
        case=summary(state),
        origin=Origin(
            case_id=state.case_id,
            seq=event.seq,
            kind=event.kind,
            contact_id=event.contact.contact_id if event.contact else None,
            clock=event.clock,
            stage=event.stage,
            due_at=event.due_at,
            late=event.late,
        ),
    )
    name = f"told-{state.case_id}-{event.seq}"
    send(story, CommandKind.TELL_HEAD, state.merged_into, name, event.at, merge=link)


def _tell_children(story: Story, before: CaseState, after: CaseState) -> None:
    """Tell the newest move; an answer before anything that followed it."""
    moves = [event for event in story.events if event.kind in _ANSWERS]
    if not moves and before.status is not after.status:
        moves = story.events[-1:]
    for event in moves:
        for child in after.merged:
            link = MergeLink(
                merge_id=child.merge_id,
                head=after.case_id,
                child=child.case_id,
                kind=event.kind,
                status=after.status,
            )
            name = f"moved-{after.case_id}-{event.seq}"
            note = event.note if event.kind in _ANSWERS else None
            send(
                story,
                CommandKind.TELL_MERGED,
                child.case_id,
                name,
                event.at,
                merge=link,
                note=note,
            )


def take_from_head(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """On a child: note where the head stands; its answer goes to our complainants too."""
    link = command.merge
    assert link is not None
    if state.merge_id != link.merge_id:
        return Refused(Refusal.NOT_MERGED, "this case is not merged, or by another merge")
    is_answer = link.kind in _ANSWERS and command.note is not None
    story.tell(
        ChangeKind.ANSWERED_THROUGH_HEAD if is_answer else ChangeKind.HEAD_CHANGED,
        SYSTEM,
        state.status,
        command_id=command.command_id,
        note=command.note,
        merge=link,
    )
    return None


def take_from_child(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """On a head: take in what happened to a child."""
    link = command.merge
    assert link is not None
    known = next((one for one in state.merged if one.merge_id == link.merge_id), None)
    origin, case = link.origin, link.case
    if known is None or origin is None or case is None:
        return Refused(Refusal.NOT_MERGED, "this case is not merged into ours, or no longer")
    after = story.tell(
        ChangeKind.MERGED_CASE_CHANGED,
        SYSTEM,
        state.status,
        command_id=command.command_id,
        merge=link,
        **team_for(state, case.level, policies),
    )
    if origin.kind is ChangeKind.CONTACT_ADDED:
        _after_contact(story, after, policies)
    elif origin.kind in _CLOCKS:
        _after_clock(story, after, known, link, policies)
    return None


def _after_contact(story: Story, state: CaseState, policies: Policies) -> None:
    """Somebody asks again about the matter, in whichever of its cases."""
    if state.status in policies.lifecycle.contact_reopens:
        reason = "contact_in_merged_case"
        story.tell(ChangeKind.REOPENED, SYSTEM, CaseStatus.REOPENED, reason=reason)
    elif state.waiting_for == CUSTOMER:
        reason = "customer_came_back"
        story.tell(ChangeKind.RESUMED, SYSTEM, CaseStatus.INVESTIGATING, reason=reason)


def _after_clock(
    story: Story, state: CaseState, known: MergedCase, link: MergeLink, policies: Policies
) -> None:
    """The child's limit is the head's too, unless the head was done with it in time or is as
    far already: of all limits the one due first counts, so a merge never gives time."""
    origin = link.origin
    assert origin is not None
    if origin.clock is None or origin.stage is None or origin.due_at is None:
        return
    run = next((one for one in clocks_of(state).runs if one.clock is origin.clock), None)
    if run is None:
        return
    stopped = run.stopped_at
    if stopped is not None and (
        stopped <= origin.due_at or origin.kind is not ChangeKind.CLOCK_BREACHED
    ):
        return
    stage = origin.stage.rpartition(":")[0]
    mark = f"{stage}:{run.run}"
    if mark in state.fired or any(mark in one.fired for one in state.merged):
        return
    fields: dict[str, Any] = {}
    if origin.kind is ChangeKind.ESCALATED:
        fields = handover(state, policies.teams.above(state.team), policies)
    story.tell(
        origin.kind,
        SYSTEM,
        state.status,
        clock=origin.clock,
        stage=mark,
        due_at=origin.due_at,
        late=origin.late,
        reason="merged_case",
        merge=MergeLink(
            merge_id=known.merge_id, head=state.case_id, child=known.case_id, origin=origin
        ),
        **fields,
    )
