"""States of cases with sensible contents, of which a test names only what it is about."""

from typing import Any

from schemas.cases import CaseState
from schemas.vocabulary import CaseStatus, Channel
from tests.support.builders import NOON, TENANT


def a_state(number: int = 1, /, **changes: Any) -> CaseState:
    """Return a case that was just opened, at noon, unless told."""
    fields: dict[str, Any] = {
        "tenant": TENANT,
        "case_id": f"C{number:06d}",
        "seq": 1,
        "status": CaseStatus.RECEIVED,
        "opened_at": NOON,
        "updated_at": changes.get("opened_at", NOON),
        "first_contact_id": "contact-1",
        "last_contact_at": NOON,
        "channel": Channel.PHONE,
        "contacts": 1,
        "complainants": 1,
    }
    return CaseState(**(fields | changes))
