"""Check D: a case's log is whole: entries and events numbered from 1 without a gap, each
input accounted for once, every value a record of this case."""

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import History


class CaseLogCheck:
    """Feed each case once."""

    def __init__(self) -> None:
        self._found = Findings("D", "each case's log is whole")

    def case(self, history: History) -> None:
        """The log of one case."""
        self._found.examined += len(history.entries)
        self._numbers(history)
        self._marks(history)
        self._values(history)

    def findings(self) -> Findings:
        """Say what is wrong."""
        return self._found

    def _numbers(self, history: History) -> None:
        for expected, entry in enumerate(history.entries, 1):
            if entry.n != expected:
                offender = f"{history.case_key} entry {entry.n}"
                self._found.found(Defect.GAP, offender, f"entry {expected} was due")
                break
        for expected, event in enumerate(history.events, 1):
            if event.seq != expected:
                offender = f"{history.case_key}#{event.seq}"
                self._found.found(Defect.GAP, offender, f"event {expected} was due")
                break

    def _marks(self, history: History) -> None:
        seen: set[str] = set()
        for entry in history.entries:
            for mark in entry.marks:
                if mark in seen:
                    offender = f"{history.case_key} entry {entry.n}"
                    self._found.found(Defect.DOUBLED, offender, f"{mark} for the second time")
                seen.add(mark)
            causes = {event.source for event in entry.events}
            causes.update(settled.source for settled in entry.settlements)
            for source in sorted(causes.difference(entry.marks)):
                offender = f"{history.case_key} entry {entry.n}"
                self._found.found(Defect.PHANTOM, offender, f"{source} is no mark")

    def _values(self, history: History) -> None:
        for event in history.events:
            body = event.body
            offender = f"{history.case_key}#{event.seq}"
            if not body:
                self._found.found(Defect.UNREADABLE, offender)
            elif f"{body.get('tenant')}|{body.get('case_id')}" != history.case_key:
                self._found.found(Defect.WRONG_KEY, offender, "the event is of another case")
            elif body.get("seq") != event.seq:
                self._found.found(Defect.WRONG_FIELD, offender, "seq inside the event")
