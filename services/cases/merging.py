"""Two cases agree to be merged, and part again. Pure (ADR 0026).

The writers of both may be two workers, so they send each other commands under derived ids, as
an appeal does. Every one of them may be sent again: what is said of a merge that is no longer
wanted is answered with ``detach``, so that two cases that disagree find together again.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseCommand, CaseState
from schemas.merging import HandedOn, MergeLink, MergeOffer
from schemas.stations import NamedStation
from schemas.vocabulary import ANSWERED, ChangeKind, CommandKind, Refusal
from services.cases.choosing import handover
from services.cases.guards import Refused
from services.cases.merge_messages import (
    answer,
    make_offer,
    part,
    send,
    send_detach,
    send_wish,
    summary,
    tell_offer,
    to_hand_on,
)
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.merging import child_of, gravest, is_earlier, is_merged_by, offer_of

_NOTHING_NEW: Final = Refused(Refusal.ALREADY_DECIDED, "this was answered before")


def merge(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Take in the wish to merge: offer it to the other case, as the head."""
    other = command.other or ""
    hops = command.merge.hops if command.merge else 0
    if other == state.case_id:
        return Refused(Refusal.INVALID_FIELD, "other: a case cannot be merged with itself")
    if state.appeal_of is not None:
        return Refused(Refusal.NOT_ALLOWED_NOW, "an appeal is not merged: it has its own end")
    if state.appealed_by is not None:
        return Refused(Refusal.NOT_ALLOWED_NOW, f"its appeal has the matter: {state.appealed_by}")
    if state.merged_into is not None:
        if state.merged_into != other and hops < policies.merging.hops:
            send_wish(story, state, state.merged_into, other, hops + 1, now)
        return Refused(Refusal.MERGED_INTO, f"this case is merged into {state.merged_into}")
    if other in _linked(state):
        return Refused(Refusal.ALREADY_DECIDED, f"{other} is merged into this case, or asked")
    if len(state.merged) + len(state.offers) >= policies.merging.most:
        most = policies.merging.most
        return Refused(
            Refusal.NOT_ALLOWED_NOW,
            f"{most} cases are merged into this one, the most; more of one cause are an incident",
        )
    mark = {"command_id": command.command_id, "note": command.note}
    make_offer(story, state, other, hops, command.actor, policies, now, **mark)
    return None


def absorb(
    story: Story, state: CaseState | None, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Answer a head that wants to have this case, and say which cases come with it: they stay
    merged into this one until the head has it and asks them."""
    link = command.merge
    assert link is not None
    if state is None:
        refused: Refused | None = Refused(Refusal.NO_SUCH_CASE, "there is no such case")
    elif is_merged_by(state, link):
        handed_on = to_hand_on(state)
        answer(story, link, command, case=summary(state, policies), handed_on=handed_on)
        return _NOTHING_NEW
    else:
        state = _left(story, state, link)
        refused = _unwilling(state, link)
    if refused is not None or state is None:
        assert refused is not None
        known = state.merged_into or state.case_id if state else None
        answer(story, link, command, refusal=refused.word, other_head=known)
        return refused
    story.tell(
        ChangeKind.ABSORBED_INTO,
        SYSTEM,
        state.status,
        command_id=command.command_id,
        merge=link.model_copy(update={"handed_on": to_hand_on(state)}),
        merged_into=link.head,
    )
    assert story.state is not None
    case, handed_on = summary(story.state, policies), to_hand_on(state)
    answer(story, link, command, case=case, handed_on=handed_on)
    return None


def _left(story: Story, state: CaseState, link: MergeLink) -> CaseState:
    """Leave the head that was merged into the one that asks: from one to the other without being
    alone, so that nothing is paid in between."""
    if link.instead_of is None or link.instead_of != state.merge_id:
        return state
    left = MergeLink(
        merge_id=link.instead_of,
        head=state.merged_into or link.head,
        child=state.case_id,
        then_into=link.head,
    )
    return story.tell(ChangeKind.DETACHED, SYSTEM, state.status, merge=left)


def _unwilling(state: CaseState, link: MergeLink) -> Refused | None:
    if state.merged_into is not None:
        return Refused(Refusal.MERGED_INTO, f"this case is merged into {state.merged_into}")
    if state.appeal_of is not None or state.appealed_by is not None or state.status in ANSWERED:
        return Refused(Refusal.NOT_ALLOWED_NOW, "only an open case without any appeal is merged")
    if link.opened_at is None or not is_earlier(link.opened_at, link.head, state):
        return Refused(Refusal.BEGINS_EARLIER, "this case begins earlier: it is the head")
    return None


def take_answer(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Take in how another case answered an offer of this one."""
    link = command.merge
    assert link is not None
    offer = offer_of(state, link.merge_id)
    if child_of(state, link.merge_id) is not None:
        return _NOTHING_NEW
    if offer is not None and state.merged_into is not None:
        return Refused(
            Refusal.MERGED_INTO, f"this case is merged into {state.merged_into}, which asks itself"
        )
    if offer is None or not link.is_accepted:
        if link.is_accepted:
            send_detach(story, state, link.merge_id, link.child, state.merged_into, now)
        if offer is None:
            return Refused(Refusal.NOT_MERGED, "this offer is no longer open")
        _refused(story, state, command, offer, link, policies, now)
        return None
    if state.status in ANSWERED or link.case is None or _too_many(state, link, policies):
        why = {"refusal": Refusal.NOT_ALLOWED_NOW, "other_head": None, "case": None}
        refused = link.model_copy(update=why)
        send_detach(story, state, link.merge_id, link.child, None, now)
        _refused(story, state, command, offer, refused, policies, now)
        return None
    after = story.tell(
        ChangeKind.MERGED,
        SYSTEM,
        state.status,
        command_id=command.command_id,
        merge=link,
        **team_for(story, state, link.case.level, policies, link.case.stations or ()),
    )
    told = MergeLink(
        merge_id=link.merge_id,
        head=state.case_id,
        child=link.child,
        kind=ChangeKind.MERGED,
        status=after.status,
    )
    send(story, CommandKind.TELL_MERGED, link.child, f"merged-{link.merge_id}", now, merge=told)
    _take_over(story, link, offer.hops, policies, now)
    return None


def _brought(state: CaseState, link: MergeLink) -> list[HandedOn]:
    """Return the cases that come with a child, without those that are here already."""
    here = {state.case_id, *(one.case_id for one in state.merged)}
    return [one for one in link.handed_on or () if one.case_id not in here]


def _too_many(state: CaseState, link: MergeLink, policies: Policies) -> bool:
    count = len(state.merged) + len(state.offers) + len(_brought(state, link))
    return count > policies.merging.most


def _take_over(story: Story, link: MergeLink, hops: int, policies: Policies, now: datetime) -> None:
    """Ask the cases that came with a child in the same step: while they have not said what they
    were paid, nothing is paid here."""
    assert story.state is not None
    for one in _brought(story.state, link):
        mark = {"instead_of": one.merge_id}
        make_offer(story, story.state, one.case_id, hops, SYSTEM, policies, now, **mark)


def _refused(
    story: Story,
    state: CaseState,
    command: CaseCommand,
    offer: MergeOffer,
    link: MergeLink,
    policies: Policies,
    now: datetime,
) -> None:
    """Note the refusal; if another case was named, ask that one, or have it ask us."""
    after = story.tell(
        ChangeKind.MERGE_REFUSED,
        SYSTEM,
        state.status,
        command_id=command.command_id,
        reason=link.refusal,
        merge=link,
    )
    named = link.other_head
    if named is None or named == state.case_id or offer.hops >= policies.merging.hops:
        return
    if link.refusal is Refusal.BEGINS_EARLIER:
        send_wish(story, after, named, state.case_id, offer.hops + 1, now)
    elif (
        link.refusal is Refusal.MERGED_INTO
        and state.status not in ANSWERED
        and named not in _linked(after)
    ):
        make_offer(story, after, named, offer.hops + 1, SYSTEM, policies, now)


def unmerge(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Let a merged case stand by itself again, or take an offer back."""
    other = command.other or ""
    merge_id = _linked(state).get(other)
    if merge_id is None:
        return Refused(Refusal.NOT_MERGED, f"{other} is not merged into this case")
    mark = {"command_id": command.command_id, "note": command.note}
    part(story, merge_id, other, None, None, command.actor, **mark)
    return None


def detach(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Stand alone again, or go on to the head that the old one went into."""
    link = command.merge
    assert link is not None
    if not is_merged_by(state, link):
        return Refused(Refusal.NOT_MERGED, "this case is not merged, or by another merge")
    after = story.tell(
        ChangeKind.DETACHED, SYSTEM, state.status, command_id=command.command_id, merge=link
    )
    if link.then_into is not None and link.then_into != state.case_id:
        send_wish(story, after, link.then_into, state.case_id, link.hops + 1, now)
    for offer in after.offers:  # whom the head was to ask is asked from here again
        _tell_again(story, offer, policies, now)
    return None


def ask_again(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Send the offers again that nobody has answered for long."""
    mark: dict[str, Any] = {"command_id": command.command_id}
    for offer in state.offers:
        if offer.ask_again_at <= now:
            _tell_again(story, offer, policies, now, **mark)
            mark = {}
    return None


def _tell_again(
    story: Story, offer: MergeOffer, policies: Policies, now: datetime, **mark: Any
) -> None:
    assert story.state is not None
    ask_again_at = policies.merging.ask_again_at(now)
    again = offer.model_copy(update={"attempt": offer.attempt + 1, "ask_again_at": ask_again_at})
    tell_offer(story, story.state, again, SYSTEM, now, **mark)


def _linked(state: CaseState) -> dict[str, str]:
    """Return the merge ids of the cases that are merged into this one or were asked, by case."""
    return {one.case_id: one.merge_id for one in state.merged} | {
        one.case_id: one.merge_id for one in state.offers
    }


def team_for(
    story: Story,
    state: CaseState,
    level: int,
    policies: Policies,
    more: Iterable[NamedStation] = (),
) -> dict[str, Any]:
    """Return the fields of a handover to the team of ``level`` when that is above ours; ``more``
    are stations that the change makes the case know of."""
    if level <= gravest(state):
        return {}
    return handover(story, state, policies.team_of_level(state, level), policies, more=more)
