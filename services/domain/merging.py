"""What merged cases add up to. Pure.

The state of a head is of itself alone, so that an unmerge has nothing to take apart; whoever
shows or guards the whole matter asks here.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from schemas.cases import CaseChanged, CaseState
from schemas.contacts import ContactDeduplicated
from schemas.handling import RecordEntry
from schemas.merging import MergedCase, MergeLink, MergeOffer
from schemas.vocabulary import ChangeKind
from services.domain.compensation.payments import next_answer


def merge_id_of(tenant: str, head: str, child: str, seq: int) -> str:
    """Return the id of the merge that change ``seq`` of the head offered (80 bits)."""
    digest = hashlib.sha256(f"merge|{tenant}|{head}|{child}|{seq}".encode()).digest()
    return "M" + base64.b32encode(digest[:10]).decode("ascii")


def is_earlier(opened_at: datetime, case_id: str, state: CaseState) -> bool:
    """Return whether a case that was opened then would be the head of ``state``'s."""
    return (opened_at, case_id) < (state.opened_at, state.case_id)


def gravest(state: CaseState) -> int:
    """Return the level of the whole matter: the highest of the case and those merged into it."""
    return max([state.level, *(one.level for one in state.merged)])


def total_contacts(state: CaseState) -> int:
    """Return how many contacts the whole matter has."""
    return state.contacts + sum(one.contacts for one in state.merged)


def merged_after(history: Iterable[CaseChanged]) -> tuple[str, ...]:
    """Return the cases that are merged into one after these changes of it."""
    found: dict[str, str] = {}
    for change in history:
        _follow(found, change)
    return tuple(found.values())


def entries_to_tell(history: Sequence[CaseChanged]) -> list[RecordEntry]:
    """Return what was added to the record of a case, but for what was while a case was merged into
    it that no longer is: it may be about that one's customer, who has nothing to do with this one
    after all."""
    stay, merged = set(merged_after(history)), dict[str, str]()
    found: list[RecordEntry] = []
    for change in history:
        _follow(merged, change)
        if change.entry is not None and stay.issuperset(merged.values()):
            found.append(change.entry)
    return found


def _follow(merged: dict[str, str], change: CaseChanged) -> None:
    """Take in what a change says of the cases that are merged, by merge."""
    if change.merge is None:
        return
    if change.kind is ChangeKind.MERGED:
        merged[change.merge.merge_id] = change.merge.child
    elif change.kind is ChangeKind.UNMERGED:
        merged.pop(change.merge.merge_id, None)


def is_of_several(contacts: Iterable[ContactDeduplicated]) -> bool:
    """Return whether the contacts of a whole matter are of more than one person: then what is done
    for one of them is nothing to tell the others."""
    people = {one.contact.person or one.contact.contact_id for one in contacts}
    return len(people) > 1


def next_look_at(state: CaseState) -> datetime | None:
    """Return when something is to be done for the case: after its answer, about a payment that the
    payer does not answer, or about an offer to merge that nobody answered; of a merged case its
    head asks."""
    offers = state.offers if state.merged_into is None else ()
    looks = [offer.ask_again_at for offer in offers]
    if (awaited := next_answer(state)) is not None:
        looks.append(awaited[0])
    if state.aftercare is not None and state.aftercare.follow_up_at is not None:
        looks.append(state.aftercare.follow_up_at)
    return min(looks, default=None)


def through_head(
    state: CaseState, history: Sequence[CaseChanged]
) -> tuple[CaseState, list[CaseChanged]]:
    """Return a merged case as its complainants are to see it: what its head told it of its
    status and its answer stands for its own."""
    seen = (
        state
        if state.head_status is None
        else state.model_copy(update={"status": state.head_status})
    )
    told: list[CaseChanged] = []
    for change in history:
        link = change.merge
        if change.merged_into is None or link is None or link.status is None:
            told.append(change)
        elif link.kind is not ChangeKind.MERGED and link.kind is not None:
            told.append(change.model_copy(update={"kind": link.kind, "status": link.status}))
    return seen, told


def child_of(state: CaseState, merge_id: str) -> MergedCase | None:
    """Return the case that is merged into ``state`` by this merge."""
    return next((one for one in state.merged if one.merge_id == merge_id), None)


def offer_of(state: CaseState, merge_id: str) -> MergeOffer | None:
    """Return the open offer of this merge."""
    return next((one for one in state.offers if one.merge_id == merge_id), None)


def is_merged_by(state: CaseState, link: MergeLink) -> bool:
    """Return whether ``state`` is the child of this merge now."""
    return state.merge_id == link.merge_id
