"""From a form to the record that goes to Kafka, and its key. Pure: no clock, no chance, no IO."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from schemas.contacts import ContactReceived, Facts
from schemas.keys import locality_key
from schemas.personal import KeyRing, Personal
from services.api.errors import invalid
from services.api.forms import ContactForm
from services.domain import identity
from services.domain.known_by import persons_of
from services.domain.vault import Vault
from services.domain.waybill import stated_waybill

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Intake(NamedTuple):
    """What goes to Kafka."""

    record: ContactReceived
    key: bytes


def take(
    form: ContactForm,
    keys: KeyRing,
    vault: Vault,
    tenant: str,
    idempotency_key: str,
    now: datetime,
    is_bulk: bool = False,
) -> Intake:
    """Return the record of ``form``.

    The contact's id follows from ``idempotency_key``; for a contact without one the caller
    draws one, so that ids look alike and none can be guessed. A bulk sender's contacts are keyed
    by waybill or each by itself, never by the sender: they would all stand in one partition.

    Raises:
        Problem: ``at`` cannot be when the contact reached us.
    """
    received_at = form.at or now
    if received_at > now + CLOCK_TOLERANCE:
        raise invalid("at", "in_future", "more than five minutes in the future")
    if received_at < EARLIEST:
        raise invalid("at", "too_early", f"before {EARLIEST:%Y-%m-%d}")
    contact_id = identity.contact_id_of(keys, tenant, idempotency_key)
    personal = Personal(**{name: getattr(form, name) for name in Personal.model_fields})
    persons = persons_of(keys, tenant, form.customer, form.phone, form.email)
    person = persons[0] if persons else None
    record = ContactReceived(
        tenant=tenant,
        contact_id=contact_id,
        received_at=received_at,
        accepted_at=now,
        channel=form.channel,
        text=form.text,
        facts=Facts(**{name: getattr(form, name) for name in Facts.model_fields}),
        person=person,
        aliases=persons[1:],
        personal=vault.seal(tenant, personal) if personal != Personal() else None,
        tracking=identity.tracking_code(keys, tenant, contact_id),
    )
    hint = _waybill_hint(form, keys, tenant) or (None if is_bulk else person) or contact_id
    return Intake(record, locality_key(tenant, hint))


def _waybill_hint(form: ContactForm, keys: KeyRing, tenant: str) -> str | None:
    waybill = stated_waybill(form.waybill, form.text)
    return identity.waybill_index(keys, tenant, waybill) if waybill else None
