"""Whatever a producer makes, newer ones included, survives every hop byte for byte."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas import cases, contacts, export, personal, scores, vocabulary
from schemas.added import ContactAdded
from schemas.codec import decode, encode
from schemas.contacts import Role
from schemas.record import Reason, Record
from tests.support.builders import sealed

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
ids = st.text("abcXYZ019._:-", min_size=1, max_size=80)
tenants = st.text("abc019", min_size=1, max_size=40)
numbers = st.integers(1, 2**60)
shares = st.floats(0, 1)
instants = st.builds(
    lambda seconds, micros, offset: (
        datetime(1970, 1, 1, tzinfo=timezone(timedelta(minutes=offset)))
        + timedelta(seconds=seconds, microseconds=micros)
    ),
    st.integers(-60_000_000_000, 250_000_000_000),
    st.integers(0, 999_999),
    st.integers(-1439, 1439),
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def words(vocabulary_: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(vocabulary_))


channels = words(vocabulary.Channel)
statuses = words(vocabulary.CaseStatus)
relations = words(vocabulary.Relation)
commands = words(vocabulary.CommandKind)
facts = st.builds(
    contacts.Facts,
    waybill=maybe(texts.map(lambda text: text[:64])),
    role=maybe(words(Role)),
    declared_value_cny=maybe(st.floats(0, 1e9)),
    prior_contacts=maybe(st.integers(0, 10_000)),
    goods=maybe(texts),
)
people = st.builds(personal.Personal, customer=maybe(texts), name=maybe(texts))
received = st.builds(
    contacts.ContactReceived,
    tenant=tenants,
    contact_id=ids,
    received_at=instants,
    accepted_at=instants,
    channel=channels,
    text=texts,
    facts=facts,
    person=maybe(ids),
    personal=maybe(st.builds(sealed, people)),
    tracking=ids,
)
reasons = st.builds(
    Reason,
    rule=texts,
    detail=maybe(texts),
    weight=maybe(st.floats(allow_nan=False, allow_infinity=False)),
)
deduplicated = st.builds(
    contacts.ContactDeduplicated,
    tenant=tenants,
    case_id=ids,
    contact=received,
    relation=relations,
    waybill_index=maybe(ids),
    confidence=shares,
    reasons=st.lists(reasons, max_size=3).map(tuple),
    policy=texts.map(lambda text: text[:40]),
    decided_at=instants,
)
added = st.builds(
    ContactAdded,
    contact_id=ids,
    relation=relations,
    channel=channels,
    received_at=instants,
    person=maybe(ids),
)
changed = st.builds(
    cases.CaseChanged,
    tenant=tenants,
    case_id=ids,
    seq=numbers,
    at=instants,
    kind=words(vocabulary.ChangeKind),
    actor=texts,
    status=statuses,
    contact=maybe(added),
    note=maybe(texts),
    reason=maybe(texts),
    path=maybe(st.lists(texts, max_size=4).map(tuple)),
    routing=maybe(texts.map(lambda text: text[:40])),
)
state = st.builds(
    cases.CaseState,
    tenant=tenants,
    case_id=ids,
    seq=numbers,
    status=statuses,
    opened_at=instants,
    updated_at=instants,
    first_contact_id=ids,
    last_contact_at=instants,
    channel=channels,
    contacts=numbers,
    complainants=numbers,
    closed_at=maybe(instants),
    reopened=st.integers(0, 50),
)
command = st.builds(
    cases.CaseCommand,
    tenant=tenants,
    case_id=ids,
    command_id=ids,
    kind=commands,
    actor=texts,
    issued_at=instants,
    expected_seq=maybe(st.integers(0, 2**60)),
    note=maybe(texts),
)
settled = st.builds(
    cases.CommandSettled,
    tenant=tenants,
    case_id=ids,
    command_id=ids,
    kind=commands,
    settlement=words(vocabulary.Settlement),
    refusal=maybe(words(vocabulary.Refusal)),
    explanation=maybe(texts),
    seq=st.integers(0, 2**60),
    status=maybe(statuses),
    at=instants,
)
score = st.builds(
    scores.Score,
    category=words(vocabulary.Category),
    nature=words(vocabulary.Nature),
    cause=words(vocabulary.Cause),
    level=st.integers(1, 4),
    confidence=shares,
    unsure=st.booleans(),
    reasons=st.lists(reasons, max_size=3).map(tuple),
    policy=texts.map(lambda text: text[:40]),
)
scored = st.builds(
    scores.ContactScored,
    tenant=tenants,
    case_id=ids,
    deduplicated=deduplicated,
    score=score,
    scored_at=instants,
)
made = received | scored | deduplicated | changed | state | command | settled
unknown_values = st.recursive(
    st.booleans() | st.integers(-(2**200), 2**200) | texts | st.floats(-1e300, 1e300),
    lambda inner: (
        st.lists(inner | st.none(), max_size=3)
        | st.dictionaries(texts, inner | st.none(), max_size=3)
    ),
    max_leaves=5,
)
unknown_fields = st.dictionaries(
    st.sampled_from(["future_one", "future_two", "新字段"]), st.none() | unknown_values, max_size=2
)


@given(made)
def test_what_is_written_is_read_back_equal_and_written_the_same(record: Record) -> None:
    written = encode(record)
    again = decode(type(record), written)
    assert again == record
    assert encode(again) == written


@given(made, unknown_fields)
def test_fields_of_a_newer_producer_survive_every_hop(
    record: Record, fields: dict[str, Any]
) -> None:
    newer = json.dumps(json.loads(encode(record)) | fields).encode()
    first = decode(type(record), newer)
    assert json.loads(encode(first)) == json.loads(encode(record)) | {
        name: value for name, value in fields.items() if value is not None
    }
    assert decode(type(record), encode(first)) == first


@given(made)
def test_the_order_of_fields_is_that_of_the_declaration(record: Record) -> None:
    order = [name for name in type(record).model_fields if getattr(record, name) is not None]
    assert list(json.loads(encode(record))) == order


@given(instants)
def test_every_time_that_is_written_has_the_offset_the_json_schema_asks_for(
    at: datetime,
) -> None:
    record = contacts.ContactReceived(
        tenant="t", contact_id="c", received_at=at, accepted_at=at,
        channel=vocabulary.Channel.APP, text="x", tracking="t",
    )  # fmt: skip
    assert re.search(export.INSTANT_PATTERN, json.loads(encode(record))["received_at"])
    assert record.received_at.tzinfo is UTC
