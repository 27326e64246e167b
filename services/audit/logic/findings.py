"""What a check says: how much it saw, what is still under way, what is wrong and where."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

KEPT: Final = 1000
"""Violations kept with their ids; beyond, only counted: one broken worker can make millions."""


class Defect(StrEnum):
    """What can be wrong; also the word in the report."""

    LOST = "lost"
    DOUBLED = "doubled"
    PHANTOM = "phantom"
    UNDECIDED = "undecided"
    WRONG_CASE = "wrong_case"
    UNCLAIMED = "unclaimed"
    DIFFERENT_BYTES = "different_bytes"
    UNREADABLE = "unreadable"
    GAP = "gap"
    WRONG_KEY = "wrong_key"
    MOVED_PARTITION = "moved_partition"
    NOT_IN_LOG = "not_in_log"
    NOT_PRODUCED = "not_produced"
    STALE_DOCUMENT = "stale_document"
    NO_LOG = "no_log"
    WRONG_FIELD = "wrong_field"
    UNSETTLED = "unsettled"
    UNTOLD = "untold"
    ILLEGAL_MOVE = "illegal_move"
    UNARMED = "unarmed"
    EARLY = "early"
    RAN_BACK = "ran_back"
    UNESCALATED = "unescalated"
    ANSWERED_LATE = "answered_late"
    NO_POLICY = "no_policy"
    ONE_SIDED = "one_sided"
    CHAINED = "chained"
    LOWERED = "lowered"
    NO_INCIDENT = "no_incident"
    NOT_A_MEMBER = "not_a_member"
    AFTER_THE_END = "after_the_end"
    MISCOUNTED = "miscounted"
    TWO_INCIDENTS = "two_incidents"
    LEVEL_BELOW = "level_below"
    NEWS_MISSED = "news_missed"


MEANINGS: Final = {
    Defect.LOST: "read by its worker, but nowhere to be found",
    Defect.DOUBLED: "took effect, or was accounted for, more than once",
    Defect.PHANTOM: "names a source that is not on the topic",
    Defect.UNDECIDED: "took effect without a decision in the ledger",
    Defect.WRONG_CASE: "took effect in another case than the one decided",
    Defect.UNCLAIMED: "a case whose waybill no claim leads to: the next contact opens another",
    Defect.DIFFERENT_BYTES: "the same thing exists with different bytes",
    Defect.UNREADABLE: "not a record of its contract",
    Defect.GAP: "a number is missing or out of order",
    Defect.WRONG_KEY: "the record key is not the case's",
    Defect.MOVED_PARTITION: "one case on two partitions: its order is not defined",
    Defect.NOT_IN_LOG: "on the topic but not in the case's log",
    Defect.NOT_PRODUCED: "in the database but never produced",
    Defect.STALE_DOCUMENT: "the document is behind its log and nothing is under way",
    Defect.NO_LOG: "a document without any log",
    Defect.WRONG_FIELD: "a field is not what the log adds up to",
    Defect.UNSETTLED: "a command that was read but not settled",
    Defect.UNTOLD: "an answer that no complainant was told of, nor noted as out of reach",
    Defect.ILLEGAL_MOVE: "a change that the life cycle does not allow",
    Defect.UNARMED: "an open case without a timer that comes in time, or a settled one with one",
    Defect.EARLY: "a clock took effect before it was due",
    Defect.RAN_BACK: "a change of a case is dated before the one it follows",
    Defect.UNESCALATED: "a limit or a rung of its ladder passed, and nothing happened",
    Defect.ANSWERED_LATE: "answered after a limit, and no breach says so",
    Defect.NO_POLICY: "an open case goes by policies that the archive has not: nobody can time it",
    Defect.ONE_SIDED: "a merge that only one of its two cases knows of",
    Defect.CHAINED: "a case is merged into one that is merged itself",
    Defect.LOWERED: "a level fell without a person's correction",
    Defect.NO_INCIDENT: "a case is part of an incident that does not exist",
    Defect.NOT_A_MEMBER: "a case and its incident do not agree whether it is part of it",
    Defect.AFTER_THE_END: "a case joined an incident after its end",
    Defect.MISCOUNTED: "an incident counts other cases than it has, or more customers",
    Defect.TWO_INCIDENTS: "a case is part of two incidents at a time",
    Defect.LEVEL_BELOW: "an open case below the level of its incident, or not told of it",
    Defect.NEWS_MISSED: "customers were not told what the incident of their case had for them",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong. ``id`` finds it again; neither part quotes content."""

    defect: Defect
    id: str
    detail: str = ""


@dataclass(slots=True)
class Findings:
    """The result of one check."""

    check: str
    title: str
    examined: int = 0
    waiting: int = 0
    violations: int = 0
    listed: list[Violation] = field(default_factory=list)

    def found(self, defect: Defect, offender: str, detail: str = "") -> None:
        """Count a violation, and keep it while there is room."""
        self.violations += 1
        if len(self.listed) < KEPT:
            self.listed.append(Violation(defect, offender, detail))
