"""How often people leave the machine's judgements as they are: counted, not decided. Pure.

A judgement is counted once: when a person first corrects or confirms it, or, where nobody did,
when a clerk first answers the case (``unchallenged``: he worked by it and did not object, which is
less than saying that it is right).
"""

from typing import Final, NamedTuple

from schemas.cases import CaseChanged, CaseState
from schemas.vocabulary import ChangeKind
from services.cases.story import Story

CORRECTED, CONFIRMED, UNCHALLENGED = "corrected", "confirmed", "unchallenged"
_ANSWERS: Final = frozenset({ChangeKind.RESOLVED, ChangeKind.REJECTED})
_BUCKETS: Final = (0.0, 0.4, 0.6, 0.8, 0.9)
_ENDS: Final = (*_BUCKETS[1:], 1.0)


class Verdict(NamedTuple):
    """What became of one judgement of the machine, by how sure it said it was."""

    verdict: str
    confidence: str


class Change(NamedTuple):
    """One field that a person said otherwise; a level is ``raised`` or ``lowered``."""

    field: str
    direction: str


class Counts(NamedTuple):
    """What the events of one input add to the metrics."""

    verdicts: tuple[Verdict, ...] = ()
    changes: tuple[Change, ...] = ()


def bucket(confidence: float) -> str:
    """Return the span that a stated confidence lies in.

    >>> bucket(0.42), bucket(0.9), bucket(1.0)
    ('0.4-0.6', '0.9-1.0', '0.9-1.0')
    """
    place = max(n for n, begin in enumerate(_BUCKETS) if confidence >= begin)
    return f"{_BUCKETS[place]}-{_ENDS[place]}"


def counts_of(story: Story) -> Counts:
    """Return what to count of a story."""
    before = story.before
    if before is None:
        return Counts()
    for event in story.events:
        if event.review is not None:
            words = _changed(event)
            return Counts(_judged(before, CORRECTED if words else CONFIRMED), words)
        if event.kind in _ANSWERS and event.actor.startswith("clerk:") and not before.reopened:
            return Counts(_judged(before, UNCHALLENGED))
    return Counts()


def _judged(before: CaseState, verdict: str) -> tuple[Verdict, ...]:
    """Only the first word about a judgement counts, and only where there was one."""
    if before.scored is None or before.reviewed is not None:
        return ()
    return (Verdict(verdict, bucket(before.scored.confidence)),)


def _changed(event: CaseChanged) -> tuple[Change, ...]:
    review = event.review
    assert review is not None
    was, now = review.before, review.after
    words = tuple(
        Change(field, "changed")
        for field in ("category", "nature", "cause")
        if getattr(was, field) != getattr(now, field)
    )
    if was.level != now.level:
        words += (Change("level", "raised" if now.level > was.level else "lowered"),)
    return words
