"""The contacts of the demo: readable, fictional, and reachable, so that mails arrive."""

import json

from services.api.forms import ContactForm
from services.cli.sending.lines import Sendable, sendables
from services.cli.up import DEMO_CONTACTS

RESERVED = (".example", "@example.com", "@example.org", "@example.net")
"""Names that nobody can own (RFC 2606): a demo that is set to a real relay hurts no one."""


def forms() -> list[ContactForm]:
    lines = DEMO_CONTACTS.read_bytes().splitlines()
    read = list(sendables(lines))
    assert all(isinstance(line, Sendable) for line in read)
    return [
        ContactForm.model_validate_json(line.body) for line in read if isinstance(line, Sendable)
    ]


def test_every_contact_is_legal_and_has_an_id_of_its_own() -> None:
    ids = [form.id for form in forms()]
    assert None not in ids
    assert len(set(ids)) == len(ids) >= 60


def test_most_complainants_have_an_address_and_some_have_none() -> None:
    addresses = [form.email for form in forms()]
    share = sum(1 for address in addresses if address) / len(addresses)
    assert 0.75 < share < 1


def test_no_address_is_anybodys() -> None:
    addresses = [form.email for form in forms() if form.email]
    assert [one for one in addresses if not one.endswith(RESERVED)] == []
    assert not any(form.phone or form.name or form.address for form in forms())


def test_a_customer_has_one_address() -> None:
    found: dict[str, set[str]] = {}
    for line in DEMO_CONTACTS.read_text().splitlines():
        contact = json.loads(line)
        if "customer" in contact:
            found.setdefault(contact["customer"], set()).add(contact.get("email", ""))
    assert {customer for customer, addresses in found.items() if len(addresses) > 1} == set()
