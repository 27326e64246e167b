"""What has no place was not acknowledged, whatever the client reports (ADR 0075)."""

from typing import Any

import pytest
from confluent_kafka import KafkaError

from services.adapters.kafka_reports import noting, trouble_with
from tests.support.traffic import History, Kind, Sending

SENT = Sending(Kind.COMMAND, "case.commands.v1", b"key", b"{}", "cmd:one")


class Report:
    """As much of a delivered message as is looked at."""

    def __init__(self, offset: int | None) -> None:
        self._offset = offset

    def offset(self) -> int | None:
        return self._offset

    def partition(self) -> int:
        return 0


@pytest.mark.parametrize("offset", [None, -1001])
def test_a_success_without_an_offset_is_none(offset: int | None) -> None:
    report: Any = Report(offset)
    trouble = trouble_with(None, report)
    assert trouble is not None
    assert trouble.name() == "_INCONSISTENT"


def test_what_has_a_place_is_acknowledged_and_an_error_stays_what_it_is() -> None:
    report: Any = Report(0)
    error = KafkaError(KafkaError._MSG_TIMED_OUT)
    assert trouble_with(None, report) is None
    assert trouble_with(error, report) is error


def test_troubles_are_noted_by_name_and_nothing_else_is() -> None:
    troubles: list[str] = []
    on_delivery = noting(troubles)
    placed: Any = Report(7)
    placeless: Any = Report(None)
    on_delivery(None, placed)
    on_delivery(None, placeless)
    on_delivery(KafkaError(KafkaError._MSG_TIMED_OUT), placeless)
    assert troubles == ["_INCONSISTENT", "_MSG_TIMED_OUT"]


def test_a_history_does_not_take_what_has_no_place_for_what_stands_at_the_beginning() -> None:
    history = History()
    placeless: Any = Report(None)
    history.note(SENT, None, placeless)
    assert history.acknowledged == []
    assert history.refused == [(SENT, "_INCONSISTENT")]
