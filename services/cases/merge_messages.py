"""What the cases of a merge say to each other, and the changes that tell of it. Pure."""

from datetime import datetime
from typing import Any

from schemas.cases import CaseCommand, CaseState
from schemas.merging import HandedOn, MergedCase, MergeLink, MergeOffer
from schemas.vocabulary import ChangeKind, CommandKind
from services.cases.choosing import settled_stations
from services.cases.merged_clocks import breaches_of
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.compensation.payments import to_head
from services.domain.merging import merge_id_of


def summary(state: CaseState, policies: Policies) -> MergedCase:
    """Return a child as its head is to know it."""
    assert state.merge_id is not None
    return MergedCase(
        case_id=state.case_id,
        merge_id=state.merge_id,
        level=state.level,
        opened_at=state.opened_at,
        contacts=state.contacts,
        complainants=state.complainants,
        legal_hold=state.legal_hold,
        breaches=breaches_of(state, policies),
        stations=settled_stations(state, policies),
        payments=to_head(state),
    )


def to_hand_on(state: CaseState) -> tuple[HandedOn, ...] | None:
    """Return the cases that are merged into a case or were asked by it, for its own head; None:
    there are none."""
    linked = [(one.case_id, one.merge_id) for one in state.merged]
    linked += [(one.case_id, one.merge_id) for one in state.offers]
    return tuple(HandedOn(case_id=case, merge_id=merge_id) for case, merge_id in linked) or None


def make_offer(
    story: Story,
    state: CaseState,
    other: str,
    hops: int,
    actor: str,
    policies: Policies,
    now: datetime,
    instead_of: str | None = None,
    **mark: Any,
) -> None:
    """Offer the other case to be merged into this one."""
    offer = MergeOffer(
        merge_id=merge_id_of(state.tenant, state.case_id, other, state.seq + 1),
        case_id=other,
        hops=hops,
        ask_again_at=policies.merging.ask_again_at(now),
        instead_of=instead_of,
    )
    tell_offer(story, state, offer, actor, now, **mark)


def tell_offer(
    story: Story, state: CaseState, offer: MergeOffer, actor: str, now: datetime, **mark: Any
) -> None:
    """Tell of an offer, the first time or again, and send it."""
    link = MergeLink(
        merge_id=offer.merge_id,
        head=state.case_id,
        child=offer.case_id,
        opened_at=state.opened_at,
        hops=offer.hops,
        instead_of=offer.instead_of,
    )
    story.tell(ChangeKind.MERGE_OFFERED, actor, state.status, merge=link, offer=offer, **mark)
    name = f"absorb-{offer.merge_id}-{offer.attempt}"
    send(story, CommandKind.ABSORB, offer.case_id, name, now, merge=link)


def answer(story: Story, link: MergeLink, command: CaseCommand, **said: Any) -> None:
    """Answer an offer; each sending of it is answered under an id of its own."""
    link_back = MergeLink(
        merge_id=link.merge_id,
        head=link.head,
        child=link.child,
        hops=link.hops,
        is_accepted="case" in said,
        **said,
    )
    name = f"answer-{command.command_id}"
    send(story, CommandKind.ANSWER_MERGE, link.head, name, command.issued_at, merge=link_back)


def part(
    story: Story,
    merge_id: str,
    child: str,
    reason: str | None,
    then_into: str | None,
    actor: str = SYSTEM,
    **mark: Any,
) -> None:
    """Take a case out of this one and tell it so."""
    state = story.state
    assert state is not None
    link = MergeLink(merge_id=merge_id, head=state.case_id, child=child, then_into=then_into)
    story.tell(ChangeKind.UNMERGED, actor, state.status, reason=reason, merge=link, **mark)
    send_detach(story, state, merge_id, child, then_into, story.now)


def send_detach(
    story: Story,
    state: CaseState,
    merge_id: str,
    child: str,
    then_into: str | None,
    now: datetime,
) -> None:
    """Tell a child that it is not, or no longer, merged."""
    link = MergeLink(merge_id=merge_id, head=state.case_id, child=child, then_into=then_into)
    name = f"detach-{merge_id}"
    send(story, CommandKind.DETACH, child, name, now, merge=link)


def send_wish(
    story: Story, state: CaseState, head: str, other: str, hops: int, now: datetime
) -> None:
    """Ask ``head`` to merge ``other`` into itself."""
    link = MergeLink(merge_id=f"{state.case_id}-{state.seq}", head=head, child=other, hops=hops)
    name = f"merge-{state.case_id}-{state.seq}-{other}"
    send(story, CommandKind.MERGE, head, name, now, other=other, merge=link)


def send(story: Story, kind: CommandKind, to: str, name: str, now: datetime, **fields: Any) -> None:
    """Send a command to another case with what the story tells."""
    story.sent.append(
        CaseCommand(
            tenant=story.tenant,
            case_id=to,
            command_id=name,
            kind=kind,
            actor=SYSTEM,
            issued_at=now,
            **fields,
        )
    )
