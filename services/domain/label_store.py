"""What people said of the machine's judgements, kept to learn from: insert-only (ADR 0033).

A label is one ``corrected`` or ``confirmed`` change of a case. It follows from the case's log
alone, so it is written again without harm, and could be rebuilt. It names the contact; the
contact's text stays where it is, and goes there when its time has come.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from schemas.cases import CaseChanged
from schemas.codec import decode
from schemas.judgements import Review
from schemas.vocabulary import ChangeKind
from services.domain.case_store import LogEntry

_REVIEW: Final = b'"review":{'
"""Stands in every change that has one; in hardly any other."""
REVIEWS = frozenset({ChangeKind.CORRECTED, ChangeKind.CONFIRMED})


@dataclass(frozen=True, slots=True)
class Label:
    """What one person said of one case; ``value`` is the change as produced."""

    change: CaseChanged
    value: bytes

    @property
    def label_id(self) -> str:
        """``<tenant>|<case id>|<command id>``: a command is one label, however often it comes; in
        another case the same id is another command."""
        return f"{self.change.tenant}|{self.change.case_id}|{self.change.command_id}"

    @property
    def review(self) -> Review:
        """What stood, what stands now, and what the machine had said."""
        assert self.change.review is not None
        return self.change.review

    @property
    def contact_id(self) -> str | None:
        """The contact whose text the machine had judged; None where it had judged none."""
        return self.review.machine.contact_id if self.review.machine else None


class LabelStore(Protocol):
    """Every method raises OutageError when the database cannot do its part."""

    def keep(self, labels: Sequence[Label]) -> None:
        """Write those that are not there; return when a majority has them."""
        ...

    def newest(self, tenant: str, limit: int) -> list[Label]:
        """Return the labels of a tenant, newest first."""
        ...


def labels_of(entries: Iterable[LogEntry]) -> list[Label]:
    """Return the labels that follow from log entries, in order."""
    found = []
    for entry in entries:
        for event in entry.events:
            if _REVIEW in event.value:
                change = decode(CaseChanged, event.value)
                if change.kind in REVIEWS and change.review is not None:
                    found.append(Label(change, event.value))
    return found
