"""The decision: which case, which relation, why. Pure: what the stores know comes in.

Order and races: a contact first names the one statement that would choose its case
(:func:`claim_of`), the handler finds out who won it, and only from winners a relation is
derived (:func:`relation_of`), so a decision never has to be revised (ADR 0001).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schemas.contacts import ContactReceived
from schemas.personal import KeyRing
from schemas.record import Reason
from schemas.vocabulary import Relation
from services.dedup.policy import DedupPolicy
from services.dedup.texts import defects_in, fingerprint, pieces, shared_share
from services.domain.dedup_store import Claim, PersonSight
from services.domain.identity import case_id_of, waybill_index
from services.domain.waybill import normalise_waybill, waybills_in

MAX_GENERATIONS: Final = 16
SKEW: Final = timedelta(minutes=5)
"""By how much the channels' clocks may differ."""
_NOT_CONTENT: Final = frozenset({"accepted_at", "received_at", "tracking", "personal"})
"""What may differ between two sendings of one contact."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A contact with everything about it that a decision needs.

    ``claim_keys`` are the keys under which its choosing claim may stand, without their
    generation: one per HMAC key, the active one first; empty when nothing identifies
    the matter.
    """

    contact: ContactReceived
    key: str
    own_case: str
    digest: str
    waybill_index: str | None
    claim_keys: tuple[str, ...]
    pieces: tuple[int, ...]
    defects: frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """The case a contact goes to, unless the ``claim`` it makes turns out to be lost."""

    case_id: str
    claim: Claim | None
    rule: str
    confidence: float
    knows_person: bool
    """True when the same person is already known in the case."""


def examine(contact: ContactReceived, keys: KeyRing, policy: DedupPolicy) -> Examined:
    """Work out all that depends on the contact alone."""
    tenant = contact.tenant
    waybill = normalise_waybill(contact.facts.waybill)
    if waybill is None:
        waybill = next(iter(waybills_in(contact.text)), None)
    if waybill is not None:
        blinds = keys.blinds("waybill", tenant, waybill)
        claim_keys = tuple(f"w|{tenant}|{blind}" for blind in blinds)
    elif contact.person is not None:
        same = f"{contact.person}|{fingerprint(contact.text)}"
        claim_keys = tuple(f"t|{tenant}|{blind}" for blind in keys.blinds("text", tenant, same))
    else:
        claim_keys = ()
    content = contact.model_dump_json(exclude=set(_NOT_CONTENT), exclude_none=True)
    return Examined(
        contact=contact,
        key=f"{tenant}|{contact.contact_id}",
        own_case=case_id_of(tenant, contact.contact_id),
        digest=keys.permanent("digest", tenant, content),
        waybill_index=waybill_index(keys, tenant, waybill) if waybill else None,
        claim_keys=claim_keys,
        pieces=pieces(contact.text, policy),
        defects=defects_in(contact.text, policy),
    )


def claim_of(
    examined: Examined, claims: Mapping[str, Claim], policy: DedupPolicy
) -> tuple[Claim | None, str | None]:
    """Return the valid claim on this contact's matter, or the key under which to make one.

    ``claims`` holds what stands in the store (and what this batch has made). A claim older
    than its window is followed by the next generation, ``<key>#1`` after ``<key>#0``.
    Both are None when nothing identifies the matter.
    """
    if not examined.claim_keys:
        return None, None
    windows = {"w": policy.waybill_window_days, "t": policy.person_window_days}
    window = timedelta(days=windows[examined.claim_keys[0][0]])
    generation = 0
    for generation in range(MAX_GENERATIONS):
        standing = [claims.get(f"{key}#{generation}") for key in examined.claim_keys]
        found = next((claim for claim in standing if claim is not None), None)
        if found is None:
            break
        is_last = generation == MAX_GENERATIONS - 1
        if examined.contact.received_at - found.at <= window or is_last:
            return found, None
    return None, f"{examined.claim_keys[0]}#{generation}"


def choose(
    examined: Examined,
    claims: Mapping[str, Claim],
    sights: Sequence[PersonSight],
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
        same_person = contact.person is None or found.person == contact.person
        return Choice(found.case_id, None, rule, 1.0, same_person)
    best = None
    if examined.waybill_index is None:
        # What was received later cannot be what this contact refers to.
        earlier = [sight for sight in sights if sight.received_at <= contact.received_at + SKEW]
        best = _same_item(examined.pieces, earlier, policy)
    case_id, confidence = best or (examined.own_case, 1.0)
    if found is not None:
        # Claimed by this very contact before its worker died: the case stays chosen.
        case_id = found.case_id
    rule = "nothing_known" if case_id == examined.own_case else "same_person_same_item"
    claim = None
    if free_key is not None:
        claim = Claim(free_key, case_id, contact.contact_id, contact.person, contact.received_at)
    return Choice(case_id, claim, rule, confidence, rule == "same_person_same_item")


def _same_item(
    own: tuple[int, ...], sights: Sequence[PersonSight], policy: DedupPolicy
) -> tuple[str, float] | None:
    """Return the person's case that shares most with this text, if it shares enough."""
    best: tuple[float, int, str] | None = None
    for sight in sights:
        shared, share = shared_share(own, sight.grams)
        if shared < policy.same_item.least_shared or share < policy.same_item.least_share:
            continue
        if best is None or (share, shared) > best[:2]:
            best = (share, shared, sight.case_id)
    return None if best is None else (best[2], round(min(0.95, 0.6 + best[0]), 3))


def person_key(case_id: str, person: str) -> str:
    """Key of the claim *this person is known in this case*."""
    return f"p|{case_id}|{person}"


def defect_key(case_id: str, kind: str) -> str:
    """Key of the claim *this case has this kind of defect*."""
    return f"d|{case_id}|{kind}"


def side_claims(examined: Examined, choice: Choice) -> list[Claim]:
    """Return what the contact says about its case besides choosing it."""
    contact = examined.contact

    def claim(key: str) -> Claim:
        return Claim(key, choice.case_id, contact.contact_id, contact.person, contact.received_at)

    made = [claim(defect_key(choice.case_id, kind)) for kind in sorted(examined.defects)]
    is_opener = choice.case_id == examined.own_case
    if contact.person is not None and not choice.knows_person and not is_opener:
        made.append(claim(person_key(choice.case_id, contact.person)))
    return made


def relation_of(
    examined: Examined, choice: Choice, winners: Mapping[str, Claim], policy: DedupPolicy
) -> tuple[Relation, tuple[Reason, ...]]:
    """Return how the contact relates to its case, from claims already won or lost.

    A second complainant who also brings a new fact is a second complainant (labelling
    guide, "Same matter or not").
    """
    contact = examined.contact
    reasons = [Reason(rule=choice.rule)]
    if choice.case_id == examined.own_case:
        return Relation.NEW, tuple(reasons)

    def won(key: str) -> bool:
        winner = winners.get(key)
        return winner is not None and winner.contact_id == contact.contact_id

    if (
        contact.person is not None
        and not choice.knows_person
        and won(person_key(choice.case_id, contact.person))
    ):
        return Relation.SECOND_COMPLAINANT, (*reasons, Reason(rule="person_new_in_case"))
    news = [
        kind
        for kind in sorted(examined.defects)
        if policy.defects[kind].news and won(defect_key(choice.case_id, kind))
    ]
    if news:
        return Relation.NEW_FACT, (*reasons, Reason(rule="new_defect", detail=",".join(news)))
    return Relation.REPEAT, tuple(reasons)
