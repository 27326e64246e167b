"""From a decided contact to how its complainant may be reached."""

import re

from schemas.contacts import ContactDeduplicated
from schemas.errors import MalformedRecordError
from schemas.personal import Personal, unseal
from services.domain.languages import language_of
from services.domain.notice_store import Reach


def opened_personal(record: ContactDeduplicated) -> Personal:
    """Return who the complainant is; nobody when the sealed part is absent or broken (a broken
    one can be shown to no one, so nobody can be reached by it)."""
    if record.contact.personal is None:
        return Personal()
    try:
        return unseal(record.contact.personal)
    except MalformedRecordError:
        return Personal()


def reach_of(record: ContactDeduplicated) -> Reach:
    """Return whether there is an e-mail, a phone, an account, and the language to write in."""
    contact = record.contact
    personal = opened_personal(record)
    return Reach(
        contact_id=contact.contact_id,
        person=contact.person,
        language=language_of(contact.facts.language, contact.text),
        channel=contact.channel,
        has_email=_is_filled(personal.email),
        has_phone=_is_filled(personal.phone),
        has_account=_is_filled(personal.customer),
        calling_code=_calling_code(personal.phone),
    )


def _calling_code(phone: str | None) -> str | None:
    """Return the digits that an international number begins with, four at most: enough to find
    its country by the longest prefix, too few to find its owner."""
    written = re.sub(r"[\s().-]", "", phone or "")
    found = re.match(r"(?:\+|00)([1-9]\d{0,3})", written)
    return found[1] if found else None


def _is_filled(value: str | None) -> bool:
    return bool(value and value.strip())
