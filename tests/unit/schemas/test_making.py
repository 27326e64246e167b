"""Records are made the short way; it makes the same and refuses the same as the long one."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.added import ContactAdded
from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.record import made
from schemas.shortening import ordinary_instant

AT = datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
CONTACT: dict[str, Any] = {
    "contact_id": "m1", "relation": "new", "channel": "email", "received_at": AT,
}  # fmt: skip
CHANGED: dict[str, Any] = {
    "tenant": "t1", "case_id": "C1", "seq": 1, "at": AT, "kind": "opened",
    "actor": "customer", "status": "received",
}  # fmt: skip


def the_long_way(fields: dict[str, Any]) -> CaseChanged:
    return CaseChanged.model_validate(fields)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"contact": CONTACT},
        {"contact": ContactAdded(**CONTACT)},
        {"level": 3, "inform": ("claims",), "note": None},
        {"at": AT.astimezone(timezone(timedelta(hours=8)))},
        {"at": "2026-03-01T17:00:00+08:00"},
        {"at": "2026-03-01T09:00:00.123456789Z"},
    ],
    ids=str,
)
def test_what_is_made_is_the_same_either_way(more: dict[str, Any]) -> None:
    longly = the_long_way(CHANGED | more)
    for shortly in (CaseChanged(**CHANGED | more), made(CaseChanged, CHANGED | more)):
        assert shortly == longly
        assert encode(shortly) == encode(longly)
        assert shortly.model_fields_set == longly.model_fields_set
        assert shortly.at.tzinfo is UTC


@pytest.mark.parametrize(
    "more",
    [
        {"sequence": 1},
        {"contact": CONTACT | {"phone": "1"}},
        {"entry": {"cost": {"money": {"minor": 1, "currency": "CNY", "coins": 1}}}},
        {"kind": "flew_away"},
        {"seq": "1"},
        {"at": datetime(2026, 3, 1)},  # noqa: DTZ001 - naive on purpose
        {"at": 1_700_000_000},
        {"at": "2026-W01-1T00:00:00Z"},
        {"at": "2026-02-30T00:00:00Z"},
    ],
    ids=str,
)
def test_what_is_refused_is_refused_with_the_same_words(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as longly:
        the_long_way(CHANGED | more)
    with pytest.raises(ValidationError) as shortly:
        CaseChanged(**CHANGED | more)
    assert shortly.value.errors() == longly.value.errors()
    with pytest.raises(ValidationError) as by_fields:
        made(CaseChanged, CHANGED | more)
    assert by_fields.value.errors() == longly.value.errors()


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01",
        "2026-03-01T09:00Z",
        "2026-03-01 09:00:00Z",
        "2026-03-01T09:00:00",
        "20260301T090000Z",
        "1700000000",
        "2026-03-01T24:00:00Z",
        "0000-03-01T00:00:00Z",
        "2026-03-01T09:00:00Z\n",
        1,
        datetime(2026, 3, 1),  # noqa: DTZ001 - naive on purpose
    ],
)
def test_the_short_way_reads_instants_only_as_we_write_them(written: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever: the long way has the last word
        ordinary_instant(written)
