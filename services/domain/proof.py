"""Who among the contacts of a case is by whom it says it is. Pure.

A name is typed by anybody: on the label of a parcel stand the waybill and the phone for all to
read. So what comes later under a name that is known in the case is that person's only where the
way it came proves it; what began the case, or was a complainant's first word in it, is somebody's
own matter, whoever he is (ADR 0084).
"""

from collections.abc import Collection
from typing import NamedTuple

from services.domain.notice_store import Reach
from services.domain.said import Said


class Proof(NamedTuple):
    """What the contacts of a case prove."""

    names: frozenset[str]
    """What those are known by who complain here in their own right."""
    unproved: frozenset[str]
    """The ids of contacts that only say that they are by one of them."""


NOTHING_SAID = Proof(frozenset(), frozenset())


def proof_of(contacts: Collection[Reach | Said]) -> Proof:
    """Return what contacts of one case, in any order, prove."""
    unproved = [one for one in contacts if one.claims and one.person is not None]
    if not unproved:
        return NOTHING_SAID
    doubted = {one.contact_id for one in unproved}
    names = {n for one in contacts if one.contact_id not in doubted for n in names_in(one)}
    # Who is proved by one name is known by all that he gave with it.
    while found := [one for one in unproved if not names.isdisjoint(one.proved)]:
        names.update(name for one in found for name in names_in(one))
        proved = {one.contact_id for one in found}
        unproved = [one for one in unproved if one.contact_id not in proved]
    return Proof(frozenset(names), frozenset(one.contact_id for one in unproved))


def names_in(contact: Reach | Said) -> tuple[str, ...]:
    """Return all that whoever sent a contact is known by; nothing of somebody anonymous."""
    return () if contact.person is None else (contact.person, *contact.aliases)
