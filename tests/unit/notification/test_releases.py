"""What was held over night is let go in the morning, unless it is no news any more."""

import pytest

from schemas.cases import CaseChanged
from schemas.codec import decode
from schemas.notices import NoticeReceipt
from schemas.vocabulary import ChangeKind
from services.adapters.memory_sends import MemorySendStore
from services.runtime.records import Spot
from tests.support.builders import at
from tests.unit.notification.test_handler import Desk
from tests.unit.notification.test_logic import a_change

EVENING, MORNING = at(hours=2), at(hours=12)
RESOLVED = a_change(ChangeKind.RESOLVED, 3, note="已找到")


def said_of(*later: CaseChanged) -> list[tuple[str, str | None]]:
    """Hold progress of a case in the evening, let ``later`` follow in the night; return what is
    said in the morning."""
    desk = Desk()
    desk.handler.assigned(frozenset({Spot("changed", 0)}))
    desk.clock.advance((EVENING - desk.clock.now()).total_seconds())
    contact = desk.contact("a")
    desk.take(
        a_change(ChangeKind.OPENED, 1, contact=contact), a_change(ChangeKind.TRANSFERRED, 2), *later
    )
    assert desk.handler.tick(desk.clock.now(), {}).outbound == []
    desk.clock.advance((MORNING - desk.clock.now()).total_seconds() + 1)
    said = [
        decode(NoticeReceipt, out.value) for out in desk.handler.tick(desk.clock.now(), {}).outbound
    ]
    rows = MemorySendStore(desk.store).requested(one.notice_id for one in said)
    return [(rows[one.notice_id].reason, one.reason) for one in said]


def test_progress_of_the_evening_is_sent_in_the_morning() -> None:
    assert said_of() == [("transferred", None)]


@pytest.mark.parametrize("kind", [ChangeKind.RESOLVED, ChangeKind.REJECTED])
def test_progress_is_overtaken_by_a_result_of_the_night(kind: ChangeKind) -> None:
    assert said_of(a_change(kind, 3, note="已找到")) == [("transferred", "overtaken")]


def test_progress_after_the_result_is_sent() -> None:
    said = said_of(RESOLVED, a_change(ChangeKind.TRANSFERRED, 4))
    assert sorted(reason or "" for _, reason in said) == ["", "overtaken"]


def test_the_result_of_another_case_overtakes_nothing() -> None:
    other = RESOLVED.model_copy(update={"case_id": "case-2"})
    assert said_of(other) == [("transferred", None)]
