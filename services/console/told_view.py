"""What was said in a case, contact by contact, and what was decided about it, for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.cases import CaseChanged, CaseState
from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import Channel, Relation
from services.console.grounds import Ground, grounds
from services.console.language import Texts
from services.console.list_view import cases_of, team_name
from services.console.viewing import Viewing
from services.console.words import Moment
from services.domain.compensation.words import money as in_words
from services.domain.proof import proof_of
from services.domain.said import said_of
from services.domain.sms_parts import missing_in


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of a worker with its grounds."""

    title: str
    result: str
    grounds: tuple[Ground, ...]
    policy: str


@dataclass(frozen=True, slots=True)
class Perhaps:
    """Another case that may be the same matter."""

    case_id: str
    why: str
    rule: str
    standing: str = ""
    """What became of the suggestion: ``merged``, ``dismissed``, ``elsewhere`` where another case
    has it; empty: nobody has decided yet."""


@dataclass(frozen=True, slots=True)
class Told:
    """One contact of the case."""

    contact_id: str
    text: str
    channel: str
    relation: str
    is_repeat: bool
    at: Moment
    facts: tuple[tuple[str, str], ...]
    tracking: str
    decisions: tuple[Decision, ...]
    case_id: str = ""
    """The case it came to, where that is another one."""
    perhaps: tuple[Perhaps, ...] = ()
    person: str = ""
    """The address of all cases of who sent it; empty where that is not known."""
    is_unproved: bool = False
    """It only says that it is by who complained before."""


def told(
    contacts: Sequence[ContactDeduplicated],
    changes: Mapping[str, CaseChanged],
    view: Viewing,
    state: CaseState | None = None,
) -> list[Told]:
    """Return the contacts as they came; ``changes`` of the case by the contact that made them.
    Those that came to another case than that of ``state``, or of its appeal, say to which."""
    texts, unproved = view.texts, _unproved(contacts)
    case_id = None if state is None else state.appeal_of or state.case_id
    return [
        Told(
            contact_id=one.contact.contact_id,
            text=one.contact.text,
            channel=texts.word("channel", one.contact.channel),
            relation=texts.word("relation", one.relation),
            is_repeat=one.relation == "repeat",
            at=view.moment(one.contact.received_at),
            facts=tuple(_facts(one, texts)),
            tracking=one.contact.tracking,
            decisions=tuple(_decisions(one, changes.get(one.contact.contact_id), view)),
            case_id="" if case_id in (None, one.case_id) else one.case_id,
            perhaps=tuple(
                Perhaps(
                    like.case_id,
                    texts(
                        "case.perhaps_why",
                        rule=texts.word("rule", like.rule),
                        confidence=f"{like.confidence:.0%}",
                    ),
                    like.rule,
                    _standing(like.case_id, one, state),
                )
                for like in one.perhaps
            ),
            person=_cases_of_sender(one),
            is_unproved=one.contact.contact_id in unproved,
        )
        for one in contacts
    ]


def _unproved(contacts: Sequence[ContactDeduplicated]) -> frozenset[str]:
    """Return which contacts prove nothing of whose they are. What the way they came proves counts
    where what it would have to agree with is not shown."""
    of_case: dict[str, list[ContactDeduplicated]] = {}
    for one in contacts:
        of_case.setdefault(one.case_id, []).append(one)
    found: set[str] = set()
    for several in of_case.values():
        known = [said_of(one) for one in several]
        is_whole = any(one.relation is Relation.NEW for one in several)
        unproved = proof_of(known).unproved
        found |= {
            one.contact_id
            for one in known
            if one.contact_id in unproved and (is_whole or not one.proved)
        }
    return frozenset(found)


def _cases_of_sender(one: ContactDeduplicated) -> str:
    contact = one.contact
    return "" if contact.person is None else cases_of((contact.person, *contact.aliases))


def _standing(other: str, one: ContactDeduplicated, state: CaseState | None) -> str:
    if state is None or one.case_id != state.case_id:
        return "elsewhere"
    if other in state.dismissed:
        return "dismissed"
    linked = {state.merged_into, *(child.case_id for child in state.merged)}
    if other in linked:
        return "merged"
    return "elsewhere" if state.merged_into else ""


_STATED: Final = (
    "waybill", "goods", "product", "remedy_sought", "earlier_result", "origin", "destination",
    "hub", "operator",
)  # fmt: skip


def _facts(one: ContactDeduplicated, texts: Texts) -> Iterable[tuple[str, str]]:
    facts = one.contact.facts
    if facts.role is not None:
        yield texts("fact.role"), texts.word("role", facts.role)
    for name in _STATED:
        if value := getattr(facts, name):
            yield texts(f"fact.{name}"), value
    for name in ("declared_value", "insured", "postage"):
        if (money := getattr(facts, f"{name}_cny")) is not None:
            yield texts(f"fact.{name}"), in_words(round(100 * money), "CNY", texts.language)
    if facts.prior_contacts:
        yield texts("fact.prior_contacts"), str(facts.prior_contacts)
    if (unkept := one.contact.unkept) is not None:
        names = texts("change_detail.comma").join(unkept.names)
        told = texts("case.unkept", n=unkept.count, size=f"{unkept.size:,}")
        yield texts("fact.unkept"), told + (texts("why.colon") + names if names else "")
    if one.contact.channel is Channel.SMS and (parts := missing_in(one.contact.text)):
        yield texts("fact.parts_missing"), texts("case.parts_missing", n=parts)


def _decisions(
    one: ContactDeduplicated, change: CaseChanged | None, view: Viewing
) -> Iterable[Decision]:
    texts = view.texts
    yield Decision(
        texts("why.dedup"),
        texts.word("relation", one.relation),
        grounds(one.reasons, texts),
        one.policy,
    )
    if change is not None and change.score is not None:
        score = change.score
        yield Decision(
            texts("why.severity"),
            texts(
                "why.score",
                level=score.level,
                name=texts(f"level.{score.level}"),
                category=texts.word("category", score.category),
                confidence=f"{score.confidence:.0%}",
            ),
            grounds(score.reasons, texts),
            score.policy,
        )
    if change is not None and change.path:
        # What opens a case gives it its team; a later contact only says where it would belong.
        walk = texts("why.walk").join(change.path)
        team = team_name(change.team, view.teams, texts) if change.team else change.path[-1]
        nodes = (Ground(walk, change.path[-1], "", ""),)
        yield Decision(texts("why.routing"), team, nodes, change.routing or "")


def by_contact(history: Iterable[CaseChanged]) -> dict[str, CaseChanged]:
    """Return the changes that contacts made: what severity and routing decided stands there."""
    return {change.contact.contact_id: change for change in history if change.contact is not None}
