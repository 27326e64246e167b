"""From a form to the record that goes to Kafka, and its key. Pure: no clock, no chance, no IO."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from schemas.contacts import ContactReceived, Facts
from schemas.keys import locality_key
from schemas.personal import KeyRing, Personal, Sealed, seal
from services.api.errors import invalid
from services.api.forms import ContactForm
from services.domain import identity
from services.domain.waybill import normalise_waybill, waybills_in

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Intake(NamedTuple):
    """What goes to Kafka."""

    record: ContactReceived
    key: bytes


def take(
    form: ContactForm,
    keys: KeyRing,
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
    persons = _persons(form, keys, tenant)
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
        aliases=tuple(persons[1:]),
        personal=_sealed(form),
        tracking=identity.tracking_code(keys, tenant, contact_id),
    )
    hint = _waybill_hint(form, keys, tenant) or (None if is_bulk else person) or contact_id
    return Intake(record, locality_key(tenant, hint))


def _persons(form: ContactForm, keys: KeyRing, tenant: str) -> list[str]:
    """Return the indexes of who this is, by everything that was given: the customer number, the
    phone, the e-mail. The first is the person; the others find the same person again, also in
    contacts from before a rotation of keys.

    A form field that holds only blanks names nobody; it must not make strangers one person.
    """
    known = (form.customer, identity.dialled(form.phone), form.email)
    names = [value for value in known if value and value.strip()]
    found = [identity.person_indexes(keys, tenant, name) for name in names]
    now = (indexes[0] for indexes in found)
    return list(dict.fromkeys([*now, *(old for indexes in found for old in indexes[1:])]))


def _sealed(form: ContactForm) -> Sealed | None:
    personal = Personal(**{name: getattr(form, name) for name in Personal.model_fields})
    return seal(personal) if personal != Personal() else None


def _waybill_hint(form: ContactForm, keys: KeyRing, tenant: str) -> str | None:
    waybill = normalise_waybill(form.waybill) or next(iter(waybills_in(form.text)), None)
    return identity.waybill_index(keys, tenant, waybill) if waybill else None
