"""Who a contact is by, for those who have the key."""

from schemas.contacts import ContactDeduplicated
from schemas.errors import MalformedRecordError
from schemas.personal import Personal
from services.domain.vault import Vault


def opened_personal(record: ContactDeduplicated, vault: Vault) -> Personal:
    """Return who the complainant is; nobody when the sealed part is absent or broken (a broken
    one can be shown to no one, so nobody can be reached by it).

    Raises:
        OutageError: the key is not here.
    """
    if record.contact.personal is None:
        return Personal()
    try:
        return vault.open(record.tenant, record.contact.personal)
    except MalformedRecordError:
        return Personal()
