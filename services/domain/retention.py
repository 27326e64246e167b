"""What is left of a contact once nobody may know any more whose it was. Pure.

Statistics survive: channel, times, product, hub, operator, what it was worth. What a person
wrote, said of himself or asked for does not, nor what would find him.
"""

from typing import Final

from schemas.contacts import ContactDeduplicated

REMOVED: Final = "[removed]"
_STATED: Final = ("waybill", "goods", "remedy_sought", "earlier_result", "origin", "destination")


def without_person(decision: ContactDeduplicated) -> ContactDeduplicated:
    """Return ``decision`` without personal parts; the same for one that has none."""
    contact = decision.contact
    facts = contact.facts.model_copy(update=dict.fromkeys(_STATED))
    return decision.model_copy(
        update={
            "waybill_index": None,
            "reasons": (),
            "perhaps": (),
            "contact": contact.model_copy(
                update={
                    "text": REMOVED,
                    "facts": facts,
                    "person": None,
                    "aliases": (),
                    "personal": None,
                }
            ),
        }
    )
