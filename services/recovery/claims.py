"""From a decision back to the claims it was made from. Pure.

Nothing is decided: which case a contact is of is given, and what claims it must have made or
followed to get there follows from it.
"""

from collections.abc import Mapping
from typing import Final

from schemas.contacts import ContactDeduplicated
from services.dedup.examining import Examined
from services.dedup.logic import Choice, claim_of, side_claims
from services.dedup.policy import DedupPolicy
from services.domain.dedup_store import Claim

_BY_CLAIM: Final = frozenset({"same_waybill", "same_person_same_text"})


def claims_behind(
    decision: ContactDeduplicated,
    examined: Examined,
    standing: Mapping[str, Claim],
    policy: DedupPolicy,
) -> list[Claim]:
    """Return the claims that this contact makes, after those of ``standing``."""
    contact = decision.contact
    found, free_key = claim_of(examined, standing, policy)
    made: list[Claim] = []
    if free_key is not None:
        made.append(
            Claim(
                free_key, decision.case_id, contact.contact_id, contact.person, contact.received_at
            )
        )
    rule = decision.reasons[0].rule if decision.reasons else ""
    knows_person = rule == "same_person_same_item"
    if rule in _BY_CLAIM and found is not None:
        knows_person = contact.person is None or found.person == contact.person
    return made + side_claims(examined, Choice(decision.case_id, None, rule, 1.0, knows_person))
