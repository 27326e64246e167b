"""The decision: which case, which relation, why. Pure: what the stores know comes in.

Order and races: a contact first names the one statement that would choose its case
(:func:`claim_of`), the handler finds out who won it, and only from winners a relation is
derived (:func:`relation_of`), so a decision never has to be revised (ADR 0001).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from schemas.contacts import LikeCase
from schemas.record import Reason
from schemas.vocabulary import Relation
from services.dedup.examining import Examined
from services.dedup.matching import matches
from services.dedup.policy import DedupPolicy
from services.domain.dedup_store import Claim, Sight

MAX_GENERATIONS: Final = 16


_NOBODY: Final = frozenset[str]()


class Choice(NamedTuple):
    """The case a contact goes to, unless the ``claim`` it makes turns out to be lost."""

    case_id: str
    claim: Claim | None
    rule: str
    confidence: float
    knows_person: bool
    """True when the same person is already known in the case."""
    known: frozenset[str] = _NOBODY
    """Others who are known in the case only by having been looked up."""
    perhaps: tuple[LikeCase, ...] = ()


def claim_of(
    examined: Examined, claims: Mapping[str, Claim], policy: DedupPolicy
) -> tuple[Claim | None, str | None]:
    """Return the valid claim on this contact's matter, or the key under which to make one.

    ``claims`` holds what stands in the store (and what this batch has made). Beyond its window,
    before it as well as after it, a claim is followed by the next generation, ``<key>#1`` after
    ``<key>#0``: a letter about last year's parcel may come after this year's.
    Both are None when nothing identifies the matter.
    """
    if not examined.claim_keys:
        return None, None
    window = policy.windows[examined.claim_keys[0][0]]
    generation = 0
    for generation in range(MAX_GENERATIONS):
        found = None
        for key in examined.claim_keys:
            if (found := claims.get(f"{key}#{generation}")) is not None:
                break
        if found is None:
            break
        is_last = generation == MAX_GENERATIONS - 1
        if abs(examined.contact.received_at - found.at) <= window or is_last:
            return found, None
    return None, f"{examined.claim_keys[0]}#{generation}"


def settling(examined: Examined, claims: Mapping[str, Claim], policy: DedupPolicy) -> Claim | None:
    """Return another contact's claim that chooses the case, if there is one."""
    found, _ = claim_of(examined, claims, policy)
    is_own = found is not None and found.contact_id == examined.contact.contact_id
    return None if is_own else found


def choose(
    examined: Examined,
    claims: Mapping[str, Claim],
    sights: Sequence[Sight],
    policy: DedupPolicy,
) -> Choice:
    """Return where the contact goes, going by what is known now."""
    contact = examined.contact
    if contact.reply_to is not None:
        # An answer to one of our own notices: whose case that is, nobody needs to find out.
        return Choice(contact.reply_to, None, "reply_to_notice", 1.0, knows_person=True)
    found, free_key = claim_of(examined, claims, policy)
    is_own = found is not None and found.contact_id == contact.contact_id
    if found is not None and not is_own:
        rule = "same_waybill" if examined.waybill_index else "same_person_same_text"
        knows = not examined.persons or not examined.persons.isdisjoint(found.persons)
        perhaps = matches(examined, sights, policy).all() if sights else ()
        others = tuple(one for one in perhaps if one.case_id != found.case_id)
        return Choice(found.case_id, None, rule, 1.0, knows, perhaps=others)
    like = matches(examined, sights, policy)
    case_id, rule, confidence = examined.own_case, "nothing_known", 1.0
    if like.best is not None:
        case_id, rule, confidence = like.best.case_id, like.best.rule, like.best.confidence
    if found is not None and found.case_id != case_id:
        # Claimed by this very contact before its worker died: the case stays chosen.
        case_id, rule, confidence = found.case_id, "claimed_before", 1.0
    known = frozenset(
        person for sight in sights if sight.case_id == case_id for person in sight.persons
    )
    claim = None
    if free_key is not None:
        claim = Claim(
            free_key,
            case_id,
            contact.contact_id,
            contact.person,
            contact.received_at,
            contact.aliases,
        )
    return Choice(
        case_id=case_id,
        claim=claim,
        rule=rule,
        confidence=confidence,
        knows_person=not examined.persons or not examined.persons.isdisjoint(known),
        known=known - examined.persons,
        perhaps=tuple(one for one in like.perhaps if one.case_id != case_id),
    )


def person_key(case_id: str, person: str) -> str:
    """Key of the claim *this person is known in this case*."""
    return f"p|{case_id}|{person}"


def defect_key(case_id: str, kind: str) -> str:
    """Key of the claim *this case has this kind of defect*."""
    return f"d|{case_id}|{kind}"


def side_claims(examined: Examined, choice: Choice) -> list[Claim]:
    """Return what the contact says about its case besides choosing it.

    Who was looked up is made known too: the next contact may come by the waybill, whose claim
    names one person only.
    """
    contact = examined.contact

    def claim(key: str) -> Claim:
        return Claim(key, choice.case_id, contact.contact_id, contact.person, contact.received_at)

    made = [claim(defect_key(choice.case_id, kind)) for kind in sorted(examined.defects)]
    is_opener = choice.case_id == examined.own_case
    if not is_opener and not examined.is_forward:
        persons = choice.known if choice.knows_person else choice.known | examined.persons
        made += [claim(person_key(choice.case_id, person)) for person in sorted(persons)]
    return made


def relation_of(
    examined: Examined, choice: Choice, winners: Mapping[str, Claim], policy: DedupPolicy
) -> tuple[Relation, tuple[Reason, ...]]:
    """Return how the contact relates to its case, from claims already won or lost.

    A second complainant who also brings a new fact is a second complainant; a regulator's
    forward is a repeat (labelling guide, "Same matter or not").
    """
    contact = examined.contact
    first = _reason(choice.rule)
    if choice.case_id == examined.own_case:
        return Relation.NEW, (first,)
    if examined.is_forward:
        return Relation.REPEAT, (first, _reason("forwarded"))

    def won(key: str) -> bool:
        winner = winners.get(key)
        return winner is not None and winner.contact_id == contact.contact_id

    if (
        examined.persons
        and not choice.knows_person
        and all(won(person_key(choice.case_id, person)) for person in examined.persons)
    ):
        return Relation.SECOND_COMPLAINANT, (first, _reason("person_new_in_case"))
    news = [
        kind
        for kind in sorted(examined.defects)
        if policy.defects[kind].news and won(defect_key(choice.case_id, kind))
    ]
    if news:
        return Relation.NEW_FACT, (first, _reason("new_defect", ",".join(news)))
    return Relation.REPEAT, (first,)


@lru_cache(maxsize=1024)
def _reason(rule: str, detail: str | None = None) -> Reason:
    """Return a reason; there are few, and none is ever changed."""
    return Reason(rule=rule, detail=detail)
