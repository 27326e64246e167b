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
from services.cases.merge_messages import part, send, summary, to_hand_on
from services.cases.merged_clocks import MERGED_CASE, after_stage
from services.cases.merging import team_for
from services.cases.policies import Policies
from services.cases.story import CUSTOMER, OF_INCIDENT, SYSTEM, Story
from services.domain.merging import child_of, is_merged_by

_STAGES: Final = frozenset({ChangeKind.CLOCK_WARNED, ChangeKind.ESCALATED})
_CLOCKS: Final = _STAGES | {ChangeKind.CLOCK_BREACHED, ChangeKind.BREACH_RETRACTED}
_TOLD_TO_HEAD: Final = _CLOCKS | {
    ChangeKind.CONTACT_ADDED,
    ChangeKind.LEVEL_RAISED,
    ChangeKind.CORRECTED,
    ChangeKind.LEGAL_HOLD_SET,
    ChangeKind.LEGAL_HOLD_RELEASED,
    ChangeKind.PAYMENT_SETTLED,
}
_ANSWERS: Final = frozenset({ChangeKind.RESOLVED, ChangeKind.REJECTED})
_WORDS: Final = _ANSWERS | {
    ChangeKind.PROPOSED,
    ChangeKind.EXTENDED,
    ChangeKind.CUSTOMER_UPDATED,
}
"""Changes whose note is written to complainants: to those of merged cases as well."""


def pass_on(story: Story, policies: Policies) -> None:
    """Send what follows for the head or the children from the events of one input."""
    before, after = story.before, story.state
    if before is None or after is None:
        return
    if before.merged_into is not None and before.merge_id == after.merge_id:
        for event in story.events:
            if event.kind in _TOLD_TO_HEAD or event.stations:
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
        case=summary(state, policies),
        origin=Origin(
            case_id=state.case_id,
            seq=event.seq,
            kind=event.kind,
            contact_id=event.contact.contact_id if event.contact else None,
            received_at=event.contact.received_at if event.contact else None,
            clock=event.clock,
            stage=event.stage,
            due_at=event.due_at,
            late=event.late,
        ),
    )
    name = f"told-{state.case_id}-{event.seq}"
    send(story, CommandKind.TELL_HEAD, state.merged_into, name, event.at, merge=link)


def _tell_children(story: Story, before: CaseState, after: CaseState) -> None:
    """Tell what is said to complainants, in order, else what moved it to where it stands."""
    moves = [event for event in story.events if event.kind in _WORDS]
    if not moves and before.status is not after.status:
        moves = [event for event in story.events if event.status is after.status][:1]
    for event in moves:
        for child in after.merged:
            link = MergeLink(
                merge_id=child.merge_id,
                head=after.case_id,
                child=child.case_id,
                kind=event.kind,
                status=after.status,
                through=event.incident_id if _is_of_incident(event) else None,
            )
            name = f"moved-{after.case_id}-{event.seq}"
            note = event.note if event.kind in _WORDS else None
            send(
                story,
                CommandKind.TELL_MERGED,
                child.case_id,
                name,
                event.at,
                merge=link,
                note=note,
            )


def _is_of_incident(event: CaseChanged) -> bool:
    """Return whether a change is what a person told the customers of a whole incident."""
    is_update = event.kind is ChangeKind.CUSTOMER_UPDATED
    return is_update and (event.reason or "").startswith(OF_INCIDENT)


def take_from_head(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """On a child: note where the head stands; what it says goes to our complainants too. Once it
    has this case, the cases of this one are its own: it has asked them."""
    link = command.merge
    assert link is not None
    if not is_merged_by(state, link):
        return Refused(Refusal.NOT_MERGED, "this case is not merged, or by another merge")
    if link.through is not None and link.through == state.incident_id:
        return Refused(Refusal.ALREADY_DECIDED, "the incident of both tells this case itself")
    is_answer = link.kind in _ANSWERS and command.note is not None
    story.tell(
        ChangeKind.ANSWERED_THROUGH_HEAD if is_answer else ChangeKind.HEAD_CHANGED,
        SYSTEM,
        state.status,
        command_id=command.command_id,
        note=command.note,
        merge=link,
    )
    if link.kind is ChangeKind.MERGED:
        for one in to_hand_on(state) or ():
            part(story, one.merge_id, one.case_id, "head_merged", link.head)
    return None


def take_from_child(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """On a head: take in what happened to a child."""
    link = command.merge
    assert link is not None
    known = child_of(state, link.merge_id)
    origin, case = link.origin, link.case
    if known is None or origin is None or case is None:
        return Refused(Refusal.NOT_MERGED, "this case is not merged into ours, or no longer")
    after = story.tell(
        ChangeKind.MERGED_CASE_CHANGED,
        SYSTEM,
        state.status,
        command_id=command.command_id,
        merge=link,
        **team_for(story, state, case.level, policies, case.stations or ()),
    )
    if origin.kind is ChangeKind.CONTACT_ADDED:
        _after_contact(story, after, _cause(link, origin), policies)
    elif origin.kind in _STAGES:
        after_stage(story, after, known, origin, policies)
    _raise_reopened(story, known, case.level)
    return None


def _cause(link: MergeLink, origin: Origin) -> MergeLink:
    return MergeLink(merge_id=link.merge_id, head=link.head, child=link.child, origin=origin)


def _after_contact(story: Story, state: CaseState, cause: MergeLink, policies: Policies) -> None:
    """Somebody asks again about the matter, in whichever of its cases: the clocks count from when
    that contact was received, as if it had come to the head."""
    if state.status in policies.lifecycle.contact_reopens:
        said: dict[str, Any] = {"reason": "contact_in_merged_case", "merge": cause}
        story.tell(ChangeKind.REOPENED, SYSTEM, CaseStatus.REOPENED, **said)
    elif state.waiting_for == CUSTOMER:
        said = {"reason": "customer_came_back", "merge": cause}
        story.tell(ChangeKind.RESUMED, SYSTEM, CaseStatus.INVESTIGATING, **said)


def _raise_reopened(story: Story, known: MergedCase, level: int) -> None:
    """A head that was reopened since the merge is as grave as what was merged into it: its answer
    met the limits of its children, so their shorter ones would be forgotten by the reopening."""
    state = story.state
    if state is None or state.reopened_at is None or level <= state.level:
        return
    if known.merged_at is not None and known.merged_at <= state.reopened_at:
        reason = MERGED_CASE
        story.tell(ChangeKind.LEVEL_RAISED, SYSTEM, state.status, level=level, reason=reason)
