"""One case as a page shows it: facts, contacts with the reasons, and what happened. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.cases import CaseChanged, CaseState
from schemas.judgements import Review
from schemas.vocabulary import ChangeKind
from services.console.list_view import clerk_name, team_name
from services.console.merge_view import merge_words
from services.console.notice_view import Notice
from services.console.unit_names import unit_name, whom_name
from services.console.viewing import Viewing
from services.console.words import Moment, actor_name, duration
from services.domain.compensation.words import money


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline."""

    seq: int
    kind: str
    title: str
    details: tuple[str, ...]
    note: str
    actor: str
    at: Moment
    is_new: bool
    notices: tuple[Notice, ...] = ()


def happenings(
    history: Iterable[CaseChanged],
    seen_seq: int | None,
    view: Viewing,
    notices: Mapping[int, tuple[Notice, ...]] = MappingProxyType({}),
) -> list[Happening]:
    """Return the timeline, newest first; what came after ``seen_seq`` is marked as new.
    ``notices`` by the change that they tell of."""
    entries = [
        Happening(
            seq=change.seq,
            kind=change.kind,
            title=view.texts.word("change", change.kind),
            details=tuple(_details(change, view)),
            note=change.note or "",
            actor=actor_name(change.actor, view.texts),
            at=view.moment(change.at),
            is_new=seen_seq is not None and change.seq > seen_seq,
            notices=notices.get(change.seq, ()),
        )
        for change in history
    ]
    return entries[::-1]


def _details(change: CaseChanged, view: Viewing) -> Iterable[str]:
    texts = view.texts
    if change.contact is not None:
        yield texts.word("channel", change.contact.channel)
        if change.kind is not ChangeKind.OPENED:
            yield texts.word("relation", change.contact.relation)
    if change.level is not None:
        yield texts("change_detail.level", level=change.level, name=texts(f"level.{change.level}"))
    if change.review is not None:
        yield from _reviewed(change.review, view)
    yield from _people(change, view)
    yield from _limit(change, view)
    yield from _moves(change, view)
    yield from _money(change, view)
    if change.task is not None:
        who = unit_name(change.task.holder, view)
        yield texts("change_detail.task", n=change.task.number, who=who)
    if change.other is not None:
        yield texts("change_detail.other", id=change.other)
    if change.reason is not None:
        kind, _, name = change.reason.partition(":")
        is_of_incident = kind == "incident" and name
        yield (
            texts("change_detail.incident", id=name)
            if is_of_incident
            else texts.word("rule", change.reason)
        )


def _reviewed(review: Review, view: Viewing) -> Iterable[str]:
    """Yield what a person said otherwise, and how sure the machine had been of its words."""
    texts, was, now = view.texts, review.before, review.after
    for field in ("category", "nature", "cause"):
        before, after = getattr(was, field), getattr(now, field)
        if before != after:
            names = {"was": texts.word(field, before), "now": texts.word(field, after)}
            yield texts("change_detail.instead", name=texts(f"case.{field}"), **names)
    if was.level != now.level:
        yield texts("change_detail.level_instead", was=was.level, now=now.level)
    if review.machine is not None:
        share = f"{review.machine.confidence:.0%}"
        yield texts("change_detail.machine", share=share, policy=review.machine.policy)


def _moves(change: CaseChanged, view: Viewing) -> Iterable[str]:
    """Yield whom it waits for, where it goes, how it was rated."""
    texts = view.texts
    if change.waiting_for is not None:
        yield texts("change_detail.waiting_for", whom=whom_name(change.waiting_for, view))
    if change.unit is not None:
        yield texts("change_detail.unit", unit=unit_name(change.unit, view))
    if change.appealed_by is not None:
        yield change.appealed_by
    if change.appeal is not None:
        yield change.appeal.case_id
    if change.merge is not None:
        yield from merge_words(change, change.merge, texts)
    if change.rating is not None:
        yield f"{change.rating}/5"


def _money(change: CaseChanged, view: Viewing) -> Iterable[str]:
    """Yield what is paid, and what the payer says or should have said."""
    texts = view.texts
    if change.compensation is not None:
        paid = change.compensation.amount
        yield money(paid.minor, paid.currency, texts.language)
        if change.compensation.answer_by is not None:
            yield texts("record.answer_by", time=view.moment(change.compensation.answer_by).text)
    if change.payment is not None:
        yield texts.word("money_step", "paid" if change.payment.is_paid else "payment_failed")
        if change.payment.reference:
            yield change.payment.reference


def _people(change: CaseChanged, view: Viewing) -> Iterable[str]:
    texts = view.texts
    if change.team is not None:
        yield texts("change_detail.team", team=team_name(change.team, view.teams, texts))
    if change.assignee is not None:
        yield texts("change_detail.assignee", assignee=change.assignee)
    if change.skipped is not None:
        skipped = team_name(change.skipped, view.teams, texts)
        yield texts("change_detail.skipped", team=skipped)
    if change.stations:
        named = texts("change_detail.comma").join(one.station for one in change.stations)
        yield texts("change_detail.stations", stations=named)
    if change.inform:
        names = (team_name(team, view.teams, texts) for team in change.inform)
        yield texts("change_detail.inform", teams=texts("change_detail.comma").join(names))


def _limit(change: CaseChanged, view: Viewing) -> Iterable[str]:
    if change.clock is not None:
        yield view.texts.word("clock", change.clock)
    if change.due_at is not None:
        yield view.texts("change_detail.due", time=view.moment(change.due_at).text)
    if change.late:
        yield view.texts("change_detail.late")


def _judged_by(state: CaseState, view: Viewing) -> str:
    """Return whose word the judgement is."""
    if state.reviewed is not None:
        return view.texts("case.judged_by_person", time=view.moment(state.reviewed.at).text)
    if state.scored is not None:
        return view.texts("case.judged_by_machine", share=f"{state.scored.confidence:.0%}")
    return ""


def _stations(state: CaseState, view: Viewing) -> str:
    """Return the stations that a case names, and who must not have it alone because of them."""
    texts, stations = view.texts, state.stations or ()
    named = texts("change_detail.comma").join(one.station for one in stations)
    own = dict.fromkeys(team for one in stations if one.is_about for team in one.teams)
    if not own:
        return named
    teams = texts("change_detail.comma").join(team_name(one, view.teams, texts) for one in own)
    return texts("case.not_alone", stations=named, teams=teams)


def facts_of(state: CaseState, view: Viewing) -> list[tuple[str, str]]:
    """Return what is known of the case, in pairs of name and value."""
    texts = view.texts
    pairs = [
        (texts("case.category"), texts.word("category", state.category)),
        (texts("case.nature"), texts.word("nature", state.nature)),
        (texts("case.cause"), texts.word("cause", state.cause)),
        (texts("case.judged"), _judged_by(state, view)),
        (texts("case.team"), team_name(state.team, view.teams, texts)),
        (texts("case.assignee"), clerk_name(state.assignee, view.teams, texts)),
        (texts("case.channel"), texts.word("channel", state.channel)),
        (texts("case.contacts"), texts("case.contact_count", n=state.contacts)),
        (texts("case.complainants"), texts("case.complainant_count", n=state.complainants)),
        (texts("case.opened"), view.moment(state.opened_at).text),
        (texts("case.age"), duration(view.now - state.opened_at, texts)),
    ]
    pairs += [
        (texts(f"case.{name}"), view.moment(at).text)
        for name in ("acknowledged_at", "resolved_at", "closed_at", "reopened_at")
        if (at := getattr(state, name)) is not None
    ]
    if state.stations:
        pairs.append((texts("case.stations"), _stations(state, view)))
    if state.waiting_for is not None:
        pairs.append((texts("case.waiting_for"), whom_name(state.waiting_for, view)))
    if state.unit is not None:
        pairs.append((texts("case.unit"), unit_name(state.unit, view)))
    care = state.aftercare
    if care is not None and care.reopen_until is not None:
        pairs.append((texts("case.reopen_until"), view.moment(care.reopen_until).text))
    if care is not None and care.follow_up_at is not None:
        pairs.append((texts("case.follow_up_at"), view.moment(care.follow_up_at).text))
    if state.anonymised_at is not None:
        pairs.append((texts("case.anonymised_at"), view.moment(state.anonymised_at).text))
    unknown = texts("case.not_yet")
    return [(name, value or unknown) for name, value in pairs]
