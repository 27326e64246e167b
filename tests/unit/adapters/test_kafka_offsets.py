"""Where a group begins in a partition: what cannot be explained is refused, never skipped."""

import pytest

from services.adapters.kafka_offsets import Start, start_offset
from services.domain.errors import UnsafeStart
from services.runtime.ports import Checkpoint
from services.runtime.records import Spot

SPOT = Spot("contacts", 3)
KNOWN = Checkpoint("id-1", 40)


def test_a_group_goes_on_where_it_stands() -> None:
    assert start_offset(SPOT, "id-1", 40, KNOWN, 0, 90) == Start(40)


def test_a_lost_offset_is_replaced_with_an_alarm() -> None:
    start = start_offset(SPOT, "id-1", None, KNOWN, 0, 90)
    assert start == Start(40, "committed_offset_missing")


def test_a_topic_made_anew_is_refused_also_where_it_is_long_enough_by_now() -> None:
    with pytest.raises(UnsafeStart, match="this group read id-1"):
        start_offset(SPOT, "id-2", 40, KNOWN, 0, 90)


def test_what_retention_deleted_unread_is_refused_with_its_number() -> None:
    with pytest.raises(UnsafeStart, match="10 offsets were never processed"):
        start_offset(SPOT, "id-1", 40, KNOWN, 50, 90)
