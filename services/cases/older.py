"""States that an older version wrote: what it did not keep is in the case's log."""

from collections.abc import Sequence

from schemas.cases import CaseChanged, CaseState
from schemas.codec import decode
from services.cases.planning import Basis
from services.domain.case_store import CaseStore, LogEntry, Projection
from services.domain.compensation.payments import is_complete, paid_in


def projected(store: CaseStore, projection: Projection) -> Basis:
    """Start from a projection, whichever version wrote it."""
    state = projection.state
    if state is not None and not is_complete(state):
        log = store.entries_after(projection.case_key, 0)
        state = _with_payments(state, [entry for entry in log if entry.n <= projection.n])
    return Basis(projection.n, state)


def _with_payments(state: CaseState, log: Sequence[LogEntry]) -> CaseState:
    events = (decode(CaseChanged, one.value) for entry in log for one in entry.events)
    payments = paid_in(one.compensation for one in events if one.compensation is not None)
    return state.model_copy(update={"payments": payments or None})
