"""What belongs to a case and to those merged into it, read together, and all of its history.

Merged cases keep their contacts and their limits; who looks at the head sees all of them.
"""

from collections.abc import Sequence
from itertools import chain

from schemas.cases import CaseChanged, CaseState
from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import ClockName
from services.adapters.case_queries import Queries
from services.adapters.deadlines import Deadline, Deadlines


def contacts_of(queries: Queries, state: CaseState) -> list[ContactDeduplicated]:
    """Return the contacts of the whole matter, newest first: its own (of an appeal: those of
    the case it is about) and those of the cases merged into it, which stay where they came."""
    own = queries.contacts(state.tenant, state.appeal_of or state.case_id)
    if not state.merged:
        return own
    others = (queries.contacts(state.tenant, one.case_id) for one in state.merged)
    found = [*own, *chain.from_iterable(others)]
    return sorted(found, key=lambda one: one.contact.received_at, reverse=True)


def next_due_of(
    deadlines: Deadlines, tenant: str, states: Sequence[CaseState]
) -> dict[str, Deadline]:
    """Return what is due next, by case: of the limits of a matter the one that is due first. A
    limit of a merged case that the head is done with is none."""
    names = [state.case_id for state in states]
    merged = [one.case_id for state in states for one in state.merged]
    due = deadlines.next_due(tenant, [*names, *merged])
    found: dict[str, Deadline] = {}
    for state in states:
        own = due.get(state.case_id)
        known = [] if own is None else [own]
        known += [
            due[one.case_id]
            for one in state.merged
            if one.case_id in due and not _is_done(state, due[one.case_id])
        ]
        if known:
            found[state.case_id] = min(known, key=lambda one: one.due)
    return found


def _is_done(state: CaseState, deadline: Deadline) -> bool:
    if state.resolved_at is not None or state.closed_at is not None:
        return True
    return deadline.clock == ClockName.ACKNOWLEDGEMENT and state.acknowledged_at is not None


def history_up_to(
    queries: Queries, tenant: str, case_id: str, seq: int, *, page_size: int = 500
) -> list[CaseChanged]:
    """Return the changes of a case up to this number, all of them, read a page at a time."""
    found: list[CaseChanged] = []
    last = 0
    while last < seq and (page := queries.history(tenant, case_id, last, page_size)):
        found += page
        last = page[-1].seq
    return [change for change in found if change.seq <= seq]
