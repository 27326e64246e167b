"""Whose a contact is, as far as letters go by that: to other addresses of its person, and with
which code. Pure, but for what it is given to ask."""

from collections.abc import Callable, Iterable

from schemas.contacts import ContactDeduplicated
from services.domain.proof import proof_of
from services.domain.said import said_of

Asked = Callable[[], Iterable[ContactDeduplicated]]
"""The contacts of a case, the newest first."""


def proved_among(
    own: ContactDeduplicated, others: Iterable[ContactDeduplicated]
) -> list[ContactDeduplicated]:
    """Return the contacts of a case, in their order and without a person's ``own``, that are by
    whom they say they are."""
    known = list(others)
    unproved = proof_of([said_of(one) for one in (own, *known)]).unproved
    named = own.contact.contact_id
    return [one for one in known if one.contact.contact_id not in {named, *unproved}]


def opening_code(
    own: ContactDeduplicated, others: Asked, is_same_address: Callable[[ContactDeduplicated], bool]
) -> str:
    """Return the code that a letter to the complainant of a contact carries. That of the contact
    may open a part only (ADR 0084); to an address that the person gave himself goes the code of
    the oldest contact with which he did."""
    said = said_of(own)
    if not said.claims or said.person is None:
        return own.contact.tracking
    known = list(others())
    if said.contact_id not in proof_of([said_of(one) for one in (own, *known)]).unproved:
        return own.contact.tracking
    same = [one for one in proved_among(own, known) if is_same_address(one)]
    return same[-1].contact.tracking if same else own.contact.tracking
