"""Check E: the document is what the log adds up to, and ``cases.state`` is the document."""

from collections.abc import Mapping
from typing import Any

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.fold import COUNTED, summed
from services.audit.logic.history import CaseDocument, History, opened
from services.audit.logic.places import Places


class DocumentsCheck:
    """Feed ``cases.state`` first, then each case with its document."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._found = Findings("E", "each document is the sum of its log; cases.state agrees")
        self._states: dict[str, int] = {}

    def state(self, case_key: str, value: bytes) -> None:
        """A state stands on the compacted topic; the last one of a case counts."""
        self._states[case_key] = hash(value)

    def removed(self, case_key: str) -> None:
        """A tombstone stands on the topic: what stood before it counts no more."""
        self._states.pop(case_key, None)

    def case(self, history: History) -> None:
        """One case: log and document."""
        self._found.examined += 1
        document = history.document
        if document is not None and not history.entries:
            self._found.found(Defect.NO_LOG, history.case_key)
            return
        if document is not None and document.n > history.entries[-1].n:
            detail = f"it is at {document.n}, the log ends at {history.entries[-1].n}"
            self._found.found(Defect.NO_LOG, history.case_key, detail)
        behind = list(history.marks_after(document.n if document else 0))
        if behind and self._places.may_be_under_way(behind):
            self._found.waiting += 1
        elif behind:
            last = history.entries[-1].n
            has = document.n if document else 0
            self._found.found(Defect.STALE_DOCUMENT, history.case_key, f"at {has} of {last}")
        if document is not None:
            self._sum(history, document)
            self._published(history.case_key, document)

    def findings(self) -> Findings:
        """Say what is wrong."""
        return self._found

    def _sum(self, history: History, document: CaseDocument) -> None:
        total = summed(event for event in history.events if event.n <= document.n)
        state = opened(document.value)
        if total.seq == 0:
            if state is not None:
                self._found.found(Defect.WRONG_FIELD, history.case_key, "a state without events")
            return
        if state is None:
            self._found.found(Defect.UNREADABLE, history.case_key, "the document's state")
            return
        wrong = total.differing(state)
        wrong += [
            f"{name} beside it"
            for name in COUNTED
            if document.fields.get(name) != _kept(state, name)
        ]
        if wrong:
            self._found.found(Defect.WRONG_FIELD, history.case_key, ", ".join(wrong))

    def _published(self, case_key: str, document: CaseDocument) -> None:
        if document.value is None or self._states.get(case_key) == hash(document.value):
            return
        if self._places.may_be_under_way(document.tip):
            self._found.waiting += 1
        elif case_key in self._states:
            self._found.found(Defect.DIFFERENT_BYTES, case_key, "cases.state and document")
        else:
            self._found.found(Defect.NOT_PRODUCED, case_key, "no cases.state")


def _kept(state: Mapping[str, Any], name: str) -> Any:
    """Return what stands beside a state for those who list cases: its own fields, but of a head the
    highest level of its whole matter."""
    if name != "level":
        return state.get(name)
    return max([state.get("level", 0), *(one.get("level", 0) for one in state.get("merged") or ())])
