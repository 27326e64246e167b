"""All that one contact says by itself and a decision needs. Pure."""

from collections.abc import Sequence, Set
from typing import Final, NamedTuple

from schemas.codec import encode
from schemas.contacts import ContactReceived, Role
from schemas.personal import KeyRing
from services.dedup.content import content_of
from services.dedup.particulars import Grouped, grouped
from services.dedup.pieces import GOODS, plain
from services.dedup.policy import ANOTHER, REFERS, TAIL, WAITS, DedupPolicy
from services.dedup.slips import OWN_LOOKUPS, lookups_of, marks_of
from services.dedup.texts import defects_of, fingerprint, pieces_of, shingles_of
from services.domain.dedup_store import Lookup
from services.domain.identity import case_id_of
from services.domain.telling import fold, pieces_in, runs_in
from services.domain.waybill import stated_waybill

_SENDER: Final = Role.SENDER
_NONE: Final = frozenset[int]()
_NO_PARTICULARS: Final[Grouped] = {}


class Examined(NamedTuple):
    """A contact with everything about it that a decision needs.

    ``claim_keys`` are the keys under which its choosing claim may stand, without their
    generation: one per HMAC key, the active one first; empty when nothing identifies
    the matter.
    """

    contact: ContactReceived
    wire: bytes
    """The contact, encoded."""
    key: str
    own_case: str
    digest: str
    waybill: str | None
    waybill_index: str | None
    claim_keys: tuple[str, ...]
    persons: frozenset[str]
    marks: tuple[int, ...]
    """Of the waybill, see :mod:`services.dedup.slips`."""
    mark_set: frozenset[int]
    pieces: frozenset[int]
    goods: frozenset[int]
    """Those of the pieces that name goods."""
    print: int
    """Equal for texts that are equal but for spaces and punctuation."""
    tails: frozenset[int]
    """Hashes of the digits that the text calls the last ones of its waybill, unless they are those
    of the waybill that the contact gives."""
    runs: Sequence[str]
    told: Set[str]
    """The telling pieces of the text."""
    defects: frozenset[str]
    recalls: bool
    refers: bool
    waits: bool
    names_another: bool
    is_sender: bool
    is_forward: bool
    particulars: tuple[int, ...]
    """What only one of can be true of its item, see :mod:`services.dedup.particulars`."""
    apart: Grouped
    """The same by kind."""
    told_to: tuple[Lookup, ...]
    """The persons, and what strangers who name the same rare particular find."""
    grams: tuple[int, ...]
    """What later contacts are compared with: pieces, print and the waybill's last digits."""


def pieces_among(grams: tuple[int, ...], marks: tuple[int, ...]) -> int:
    """Return how many of the ``grams`` are pieces of the text."""
    return max(0, len(grams) - (2 if marks else 1))


def examine(contact: ContactReceived, keys: KeyRing, policy: DedupPolicy) -> Examined:
    """Work out all that depends on the contact alone."""
    tenant = contact.tenant
    waybill = stated_waybill(contact.facts.waybill, contact.text)
    folded = fold(contact.text)
    alone = fingerprint(folded)
    runs = runs_in(folded)
    waybill_index, claim_keys = _identity(contact, waybill, alone, keys)
    wire = encode(contact)
    content = content_of(contact, wire.decode())
    persons = (contact.person, *contact.aliases) if contact.person is not None else ()
    marks = marks_of(keys, waybill) if waybill else ()
    told = pieces_in(runs)
    pieces = pieces_of(told, policy)
    printed = plain(f"={alone}")
    grams = (*pieces, printed, _tail(waybill[-4:])) if waybill else (*pieces, printed)
    places = policy.spotter.places(folded)
    tails = policy.tail_digits.findall(folded) if TAIL in places else ()
    if waybill is not None and tails:
        tails = [one for one in tails if not waybill.endswith(one)]
    finder = policy.particulars
    particulars = finder.found(folded, keys, tenant, (waybill,) if waybill else ())
    found_by = finder.lookups(particulars) if particulars else ()
    recalls = policy.is_recalled(folded, places)
    refers = recalls or REFERS in places
    return Examined(
        contact=contact,
        wire=wire,
        key=f"{tenant}|{contact.contact_id}",
        own_case=case_id_of(tenant, contact.contact_id),
        digest=keys.permanent("digest", tenant, content),
        waybill=waybill,
        waybill_index=waybill_index,
        claim_keys=claim_keys,
        persons=frozenset(persons),
        marks=marks,
        mark_set=frozenset(marks),
        pieces=frozenset(pieces),
        goods=frozenset([one for one in pieces if one & GOODS]),
        print=printed,
        tails=frozenset(map(_tail, tails)) if tails else _NONE,
        runs=runs,
        told=told,
        defects=defects_of(folded, places, policy),
        recalls=recalls,
        refers=refers,
        waits=refers or WAITS in places,
        names_another=ANOTHER in places,
        is_sender=contact.facts.role is _SENDER,
        is_forward=contact.channel in policy.forwards,
        particulars=particulars,
        apart=grouped(particulars) if particulars else _NO_PARTICULARS,
        told_to=(*sorted(persons), *found_by),
        grams=grams,
    )


def _identity(
    contact: ContactReceived, waybill: str | None, alone: str, keys: KeyRing
) -> tuple[str | None, tuple[str, ...]]:
    """Return the waybill's index, and the keys of the claim that chooses the case."""
    tenant = contact.tenant
    if waybill is not None:
        blinds = keys.blinds("waybill", tenant, waybill)
        return blinds[0], tuple([f"w|{tenant}|{blind}" for blind in blinds])
    if contact.person is None or not alone:
        return None, ()  # nothing but signs, as of a mail that is only a picture: of any matter
    blinds = keys.blinds("text", tenant, f"{contact.person}|{alone}")
    return None, tuple([f"t|{tenant}|{blind}" for blind in blinds])


def _tail(digits: str) -> int:
    return plain(f"~{digits}")


class Lookups(NamedTuple):
    """By what a contact finds others, and is found by them."""

    wanted: tuple[tuple[str, Lookup], ...]
    """With the tenant, as the store is asked."""
    left: tuple[Lookup, ...]
    stretches: frozenset[tuple[str, Lookup]] = frozenset()
    """Those of the wanted that are stretches of the text: worth asking for while they are rare."""


def lookups(own: Examined, keys: KeyRing, policy: DedupPolicy) -> Lookups:
    """Return the lookups of a contact that no claim settles.

    One without waybill asks for every rare stretch of its text: a forward tells in other words
    what it forwards. Whoever has a waybill is looked for by it, and by the person; a sender and a
    forward also by some stretches, as the receiver often has no number to give.
    """
    shingles: tuple[Lookup, ...] = shingles_of(own.runs, own.told) if policy.text_lookups else ()
    telling = shingles[: policy.text_lookups]
    tenant = own.contact.tenant
    retells = own.is_forward or own.is_sender
    if own.waybill is None:
        wanted, left = (*own.told_to, *shingles), (*own.told_to, *telling)
    else:
        slips = lookups_of(keys, own.waybill)
        known = (*own.told_to, *slips)
        wanted = (*known, *telling) if retells else known
        left = (*own.told_to, *slips[:OWN_LOOKUPS], *telling)
    asked = shingles if own.waybill is None else telling if retells else ()
    return Lookups(
        tuple([(tenant, one) for one in wanted]), left, frozenset([(tenant, one) for one in asked])
    )
