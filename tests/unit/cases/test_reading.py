"""A case reads of a contact what it takes in, and no more."""

import json

import pytest

from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.routes import ContactRouted
from services.cases.logic import READ_OF_CONTACT, contact_events
from services.cases.policies import load_policies
from tests.support.builders import a_routed, at

POLICIES = load_policies()


def test_what_is_read_of_a_contact_is_all_that_it_does_to_a_case() -> None:
    routed = a_routed()
    read = decode(ContactRouted, encode(routed), READ_OF_CONTACT)
    opened = contact_events(None, routed, POLICIES, at(minutes=1))
    assert contact_events(None, read, POLICIES, at(minutes=1)).events == opened.events
    again = contact_events(opened.state, routed, POLICIES, at(minutes=2))
    assert contact_events(opened.state, read, POLICIES, at(minutes=2)).state == again.state
    assert not hasattr(read.scored.deduplicated.contact, "text")


def test_what_a_newer_severity_added_to_its_score_is_passed_on() -> None:
    value = json.loads(encode(a_routed()))
    value["scored"]["score"]["mood"] = "angry"
    read = decode(ContactRouted, json.dumps(value).encode(), READ_OF_CONTACT)
    (opened,) = contact_events(None, read, POLICIES, at(minutes=1)).events[:1]
    assert json.loads(encode(opened))["score"]["mood"] == "angry"


def test_what_is_wrong_with_what_is_read_is_named_as_ever() -> None:
    value = json.loads(encode(a_routed()))
    value["scored"]["deduplicated"]["contact"]["channel"] = "pigeon"
    with pytest.raises(MalformedRecordError) as refused:
        decode(ContactRouted, json.dumps(value).encode(), READ_OF_CONTACT)
    assert refused.value.field == "scored.deduplicated.contact.channel"
