"""What a change about a merge does to a state: the part of :mod:`services.cases.evolution` that
links cases. Pure, and free of policies."""

from collections.abc import Callable
from typing import Any, Final

from schemas.cases import CaseChanged, CaseState
from schemas.merging import MergedCase, MergeLink
from schemas.vocabulary import ChangeKind
from services.domain.clocks.marks import forget

_Changes = dict[str, Any]


def link_changes(state: CaseState, event: CaseChanged) -> _Changes | None:
    """Return what ``event`` changes of a state's links; None when it does not concern them."""
    change = _CHANGES.get(event.kind)
    return None if change is None or event.merge is None else change(state, event, event.merge)


def _with_child(
    state: CaseState, link: MergeLink, change: Callable[[MergedCase], MergedCase]
) -> _Changes:
    """Return the merged cases, the one of ``link`` changed."""
    return {
        "merged": tuple(
            change(one) if one.merge_id == link.merge_id else one for one in state.merged
        )
    }


def _fire_by_child(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    """A child's clock took effect on the head: remembered with the child, not among the head's
    own stages."""
    return _with_child(
        state, link, lambda one: one.model_copy(update={"fired": (*one.fired, event.stage)})
    )


def _retract_of_child(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    """A child's breach is taken back of the head: what the head's own clocks did stays."""
    mark = event.stage or ""
    return _with_child(
        state, link, lambda one: one.model_copy(update={"fired": forget(one.fired, mark)})
    )


def _offer(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    return {"offers": (*_others(state, link), event.offer)}


def _drop_offer(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    return {"offers": _others(state, link)}


def _merge(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    child = link.case and link.case.model_copy(update={"merged_at": event.at})
    merged = state.merged if child is None else (*state.merged, child)
    return {"offers": _others(state, link), "merged": merged}


def _unmerge(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    left = tuple(one for one in state.merged if one.merge_id != link.merge_id)
    return {"offers": _others(state, link), "merged": left}


def _follow_child(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    case = link.case
    if case is None:
        return {}
    return _with_child(
        state,
        link,
        lambda one: case.model_copy(update={"fired": one.fired, "merged_at": one.merged_at}),
    )


def _absorb(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    # What is handed on stays until the head has it; older versions let go of it here.
    offers = state.offers if link.handed_on else ()
    return {"merged_into": link.head, "merge_id": link.merge_id, "offers": offers}


def _detach(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    return {"merged_into": None, "merge_id": None, "head_status": None}


def _follow_head(state: CaseState, event: CaseChanged, link: MergeLink) -> _Changes:
    return {"head_status": link.status}


def _others(state: CaseState, link: MergeLink) -> tuple[Any, ...]:
    return tuple(one for one in state.offers if one.merge_id != link.merge_id)


_CHANGES: Final[dict[ChangeKind, Callable[[CaseState, CaseChanged, MergeLink], _Changes]]] = {
    ChangeKind.MERGE_OFFERED: _offer,
    ChangeKind.MERGE_REFUSED: _drop_offer,
    ChangeKind.MERGED: _merge,
    ChangeKind.UNMERGED: _unmerge,
    ChangeKind.MERGED_CASE_CHANGED: _follow_child,
    ChangeKind.ABSORBED_INTO: _absorb,
    ChangeKind.DETACHED: _detach,
    ChangeKind.ANSWERED_THROUGH_HEAD: _follow_head,
    ChangeKind.HEAD_CHANGED: _follow_head,
    ChangeKind.CLOCK_WARNED: _fire_by_child,
    ChangeKind.CLOCK_BREACHED: _fire_by_child,
    ChangeKind.ESCALATED: _fire_by_child,
    ChangeKind.BREACH_RETRACTED: _retract_of_child,
}
