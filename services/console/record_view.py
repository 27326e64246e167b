"""The record of a case as its page shows it: findings, money, guidance, and what forms offer.
Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.cases import CaseChanged, CaseState
from schemas.contacts import ContactDeduplicated
from schemas.handling import Money, RecordEntry
from schemas.handling_words import (
    CompensationBranch,
    CompensationStep,
    FindingOutcome,
    LiableParty,
    RiskGrade,
)
from schemas.merging import StandingPayment
from schemas.vocabulary import Category, Cause, Channel
from services.console.actions import REASONS
from services.console.command_form import PARTS
from services.console.language import Texts
from services.console.unit_names import unit_name
from services.console.viewing import Viewing
from services.console.words import Moment, actor_name
from services.domain.compensation import words
from services.domain.compensation.deciding import Deciding
from services.domain.compensation.facts import facts_of
from services.domain.compensation.guidance import guide
from services.domain.compensation.payments import (
    elsewhere,
    left_unpaid,
    open_payments,
    standing,
    standing_sum,
    unanswered,
)
from services.domain.compensation.rules import Rules
from services.domain.teams import Teams

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One addition to the record."""

    title: str
    words: tuple[str, ...]
    text: str
    actor: str
    at: Moment
    seq: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a compensation may come to, for a page."""

    span: str
    steps: tuple[str, ...]
    asks: tuple[str, ...]
    policy: str


def record_of(state: CaseState, history: Iterable[CaseChanged], view: Viewing) -> list[Entry]:
    """Return the additions to the record, in order."""
    found = []
    for change in history:
        if change.entry is None:
            continue
        for name in PARTS:
            part = getattr(change.entry, name)
            if part is not None:
                said = tuple(_words(name, change.entry, view))
                found.append(
                    Entry(
                        view.texts(f"record.{name}"),
                        said,
                        part.text or "",
                        actor_name(change.actor, view.texts),
                        view.moment(change.at),
                        change.seq,
                    )
                )
    return found


def _words(name: str, entry: RecordEntry, view: Viewing) -> Iterable[str]:
    texts = view.texts
    if name == "risk" and entry.risk is not None:
        yield texts.word("grade", entry.risk.grade)
        yield from (texts.word("concern", one) for one in entry.risk.concerns)
    if name == "finding" and entry.finding is not None:
        yield texts.word("outcome", entry.finding.outcome)
        yield texts.word("party", entry.finding.party)
        if entry.finding.unit:
            yield unit_name(entry.finding.unit, view)
    if name == "apology" and entry.apology is not None:
        yield texts.word("channel", entry.apology.channel)
    if name == "coordination" and entry.coordination is not None:
        yield unit_name(entry.coordination.unit, view)
    if name == "cost" and entry.cost is not None:
        if entry.cost.minutes is not None:
            yield texts("record.minutes", n=entry.cost.minutes)
        if entry.cost.money is not None:
            yield _amount(entry.cost.money, texts)


def money_of(state: CaseState, view: Viewing, who: Deciding | None = None) -> Pairs:
    """Return what is decided about money and what the case took, in pairs of name and value;
    ``who`` may decide about what waits."""
    texts, money, pairs = view.texts, state.compensation, []
    if money is not None:
        step = texts.word("money_step", money.step)
        pairs.append((texts("record.compensation"), f"{_amount(money.amount, texts)} · {step}"))
        pairs.append((texts("record.branch"), texts.word("branch", money.branch)))
        approval = money.approval if who is None else who.team
        if approval is not None:
            pairs.append((texts("record.approval"), unit_name(approval, view)))
        if money.payment_id is not None:
            pairs.append((texts("record.payment"), money.payment_id))
        if elsewhere(state) or standing(state) not in ((), (money,)):
            total = money.amount.model_copy(update={"minor": standing_sum(state)})
            pairs.append((texts("record.total"), _amount(total, texts)))
    pairs += _paid_otherwise(state, texts)
    if state.record is not None and state.record.minutes:
        pairs.append((texts("record.cost"), texts("record.minutes", n=state.record.minutes)))
    if state.record is not None and state.record.cost is not None:
        pairs.append((texts("record.cost"), _amount(state.record.cost, texts)))
    if state.rating is not None:
        pairs.append((texts("record.rating"), f"{state.rating}/5"))
    return pairs


def _paid_otherwise(state: CaseState, texts: Texts) -> Iterable[tuple[str, str]]:
    """Yield what failed of earlier decisions, and what an appeal knows of the first case."""
    failed = CompensationStep.PAYMENT_FAILED
    for own in state.payments or ():
        if own.step is failed and own != state.compensation:
            yield texts("record.failed"), f"{_amount(own.amount, texts)} · {own.payment_id}"
    for one in state.paid_before or ():
        step = [texts.word("money_step", failed)] if one.has_failed else []
        told = (_in_words(one, texts), *step, one.payment_id)
        yield texts("record.paid_before"), " · ".join(told)


def unpaid_words(state: CaseState, view: Viewing) -> list[str]:
    """Return the payments that failed and were not decided about since, for the head of a page."""
    return [f"{_in_words(one, view.texts)} · {one.payment_id}" for one in left_unpaid(state)]


def unanswered_words(state: CaseState, view: Viewing) -> list[str]:
    """Return the payments of the case itself that the payer should have answered, and since when
    where that is known."""
    found = []
    for one in unanswered(state):
        told = [_amount(one.amount, view.texts), str(one.payment_id)]
        if one.answer_by is not None:
            told.append(view.texts("record.answer_by", time=view.moment(one.answer_by).text))
        found.append(" · ".join(told))
    return found


def _in_words(one: StandingPayment, texts: Texts) -> str:
    return words.money(one.minor, one.currency or "", texts.language).strip()


def payments_of(state: CaseState, texts: Texts) -> Pairs:
    """Return the payments that somebody may say something of, as pairs of id and words: those that
    the payer has not answered first; of the others his newest word, which may change."""
    pairs = []
    waiting = open_payments(state)
    for one in (*waiting, *(one for one in state.payments or () if one not in waiting)):
        said = [] if one in waiting else [texts.word("money_step", one.step)]
        told = (_amount(one.amount, texts), *said, str(one.payment_id))
        pairs.append((str(one.payment_id), " · ".join(told)))
    return pairs


def adds_to(state: CaseState) -> str | None:
    """Return the payment that another one adds to; None where the matter was not paid."""
    own = [one.payment_id for one in standing(state)]
    return next(reversed([*(one.payment_id for one in elsewhere(state)), *own]), None)


def guidance_of(
    state: CaseState, contacts: Iterable[ContactDeduplicated], view: Viewing, rules: Rules
) -> Shown | None:
    """Return the guidance on what the contacts state; None where there is no harm to a parcel."""
    facts = facts_of(
        state.category,
        (one.contact for one in contacts),
        state.clocks.place if state.clocks else None,
    )
    if facts is None:
        return None
    found = guide(facts, rules)
    language = view.texts.language
    ends = [
        "?" if end is None else words.money(end, found.currency, language)
        for end in (found.least, found.most)
    ]
    return Shown(
        span=ends[0] if ends[0] == ends[1] else " – ".join(ends),
        steps=tuple(words.sentence(step, found.currency, language) for step in found.steps),
        asks=tuple(view.texts(f"record.ask_{name}") for name in found.asks),
        policy=found.policy,
    )


def choices(
    view: Viewing, teams: Teams, contacts: Sequence[ContactDeduplicated]
) -> dict[str, Pairs]:
    """Return what the forms of the page let choose, by field, as pairs of value and name."""
    texts = view.texts

    def named(section: str, those: Iterable[Any]) -> Pairs:
        return [(str(one), texts.word(section, one)) for one in those if one != "unknown"]

    return {
        "reason": [(one, texts(f"reject_reason.{one}")) for one in REASONS],
        "waiting_for": [
            (one, texts(f"waiting.{one}")) for one in ("customer", "partner", "authority")
        ],
        "part": [(one, texts(f"record.{one}")) for one in PARTS],
        "outcome": named("outcome", FindingOutcome),
        "party": named("party", LiableParty),
        "grade": named("grade", RiskGrade),
        "channel": named("channel", Channel),
        "branch": named("branch", CompensationBranch),
        "paid": [(one, texts(f"money_step.{one}")) for one in ("paid", "payment_failed")],
        "category": named("category", Category),
        "cause": [(str(one), texts.word("cause", one)) for one in Cause],
        "level": [(str(n), f"{n} {texts(f'level.{n}')}") for n in range(4, 0, -1)],
        "rating": [(str(n), str(n)) for n in range(5, 0, -1)],
        "unit": [
            (f"team:{name}", team.zh if texts.language == "zh" else team.en)
            for name, team in teams.teams.items()
        ],
        "contact_id": [
            (one.contact.contact_id, view.moment(one.contact.received_at).text) for one in contacts
        ],
    }


def _amount(paid: Money, texts: Texts) -> str:
    return words.money(paid.minor, paid.currency, texts.language)
