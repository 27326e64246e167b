"""Rules of what a typed name opens, broken."""

import base64
from typing import Any

from schemas.personal import Sealed, packed
from services.api import choosing, proving
from services.domain.preferences import names_of
from services.domain.vault import Vault
from services.notification import recipients
from services.sender import customer_fields, whose
from tests.faults.planting import planted

OPENED = "unit/api/test_unproved.py::"
TOLD = "unit/notification/test_unproved.py::"
WRITTEN = "unit/sender/test_unproved.py::"
CHOSEN = "unit/api/test_preferences.py::"
SEALED = "unit/domain/test_vault.py::"


@planted(
    proving,
    "is_in_part",
    f"{OPENED}test_he_sees_no_earlier_words_no_answer_and_no_money",
    f"{OPENED}test_he_does_nothing_about_the_answer",
)
def a_typed_name_opens_the_whole_matter(good: Any) -> Any:
    """Who read phone and waybill on the parcel reads the answer and appeals."""
    return lambda queries, found, state: False


@planted(
    recipients,
    "_of_somebody_else",
    f"{TOLD}test_nor_where_the_person_is_known_by_his_customer_number",
)
def an_answer_goes_where_only_a_claim_gave_the_address(good: Any) -> Any:
    """A stranger's mailbox beside the person's phone gets the answer instead of the person."""
    return lambda around: frozenset()


@planted(
    whose,
    "opening_code",
    f"{WRITTEN}test_a_letter_to_the_persons_own_address_carries_the_code_that_opens_all",
)
def a_letter_to_the_person_opens_a_part(good: Any) -> Any:
    """Who filed twice by the form is shut out of his own matter."""
    return lambda own, others, is_same_address: own.contact.tracking


@planted(
    choosing,
    "chooses_for",
    f"{CHOSEN}test_a_form_with_somebodys_phone_chooses_nothing_for_his_other_complaints",
)
def a_choice_is_for_every_name_that_was_typed(good: Any) -> Any:
    """Anybody opts out whose phone he knows."""
    return lambda context, found, letter=None: names_of(found.contact)


@planted(
    customer_fields,
    "_waybill_in",
    "unit/sender/test_planted_words.py::test_what_is_no_number_of_a_parcel_stands_in_no_letter",
)
def any_words_are_a_waybill(good: Any) -> Any:
    """A form has us write a link of its sender to anybody's phone."""
    return lambda written: written.strip()


@planted(
    Vault,
    "seal",
    f"{SEALED}test_nothing_of_the_person_stands_in_the_sealed_part",
)
def who_it_is_is_only_encoded(good: Any) -> Any:
    """Whoever reads a topic, a disk or a backup reads names and addresses."""
    return lambda self, tenant, personal: Sealed(data=base64.b64encode(packed(personal)).decode())


@planted(
    Vault,
    "open",
    f"{SEALED}test_who_needs_a_key_that_is_missing_waits_and_says_which_it_is",
)
def a_missing_key_is_a_broken_part(good: Any) -> Any:
    """After a restore without the keys nobody is written to, and nobody hears of it."""

    def opened(self: Vault, tenant: str, sealed: Sealed) -> Any:
        self._ciphers.setdefault(sealed.key_id, next(iter(self._ciphers.values())))
        return good(self, tenant, sealed)

    return opened
