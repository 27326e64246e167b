"""Incidents as pages show them. Pure: records in, words out."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.incidents import IncidentChanged
from services.console.language import Texts
from services.console.viewing import Viewing
from services.console.words import Moment, actor_name, duration
from services.domain.incident_view import WholeIncident
from services.domain.incidents.memory import HUB


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident of the list, and the heading of its page."""

    incident_id: str
    place: str
    category: str
    cause: str
    level: int
    level_name: str
    cases: int
    growth: int
    """Cases that joined within the last hour."""
    since: Moment
    age: str
    quiet: Moment
    is_over: bool


@dataclass(frozen=True, slots=True)
class Course:
    """One entry of an incident's timeline."""

    seq: int
    kind: str
    title: str
    details: tuple[str, ...]
    cases: tuple[str, ...]
    note: str
    actor: str
    at: Moment


def row_of(found: WholeIncident, view: Viewing) -> IncidentRow:
    """Return how an incident stands."""
    one, texts = found.newest, view.texts
    return IncidentRow(
        incident_id=one.incident_id,
        place=one.hub,
        category=texts.word("category", one.category),
        cause=texts.word("incident_cause", one.cause) if one.cause else "",
        level=one.level,
        level_name=texts(f"level.{one.level}"),
        cases=one.cases,
        growth=found.growth(view.now),
        since=view.moment(one.opened_at),
        age=duration(view.now - one.opened_at, texts),
        quiet=view.moment(found.quiet_until),
        is_over=found.is_over(view.now),
    )


def course_of(found: WholeIncident, view: Viewing) -> list[Course]:
    """Return the timeline, the newest first; cases that joined in a row are one entry."""
    texts = view.texts
    entries: list[Course] = []
    for one in found.changes:
        entry = Course(
            seq=one.seq,
            kind=one.kind,
            title=texts.word("incident_change", one.kind),
            details=tuple(_details(one, texts)),
            cases=one.joined or one.left,
            note=one.note or "",
            actor=actor_name(one.actor, texts),
            at=view.moment(one.at),
        )
        last = entries[-1] if entries else None
        if last and one.joined and last.kind == entry.kind and not last.note and not entry.note:
            entries[-1] = _joined(last, entry)
        else:
            entries.append(entry)
    return entries


def _joined(last: Course, earlier: Course) -> Course:
    return Course(
        last.seq,
        last.kind,
        last.title,
        last.details,
        (*last.cases, *earlier.cases),
        last.note,
        last.actor,
        last.at,
    )


def _details(one: IncidentChanged, texts: Texts) -> Iterable[str]:
    if one.kind in ("level_raised", "level_set", "opened"):
        yield texts("change_detail.level", level=one.level, name=texts(f"level.{one.level}"))
    if one.kind == "opened" and one.words:
        comma = texts("change_detail.comma")
        words = comma.join(word.removeprefix(HUB) for word in one.words)
        yield texts("incidents.by_words", words=words)
    if one.reason:
        yield texts.word("incident_reason", one.reason)


def order_of(row: IncidentRow) -> tuple[int, int, str]:
    """Order the list: the gravest and largest first."""
    return -row.level, -row.cases, row.incident_id
