"""No double is hidden: whatever dies when. And with a rule broken, this very check fails."""

from collections.abc import Callable, Iterable, Sequence

import pytest

from schemas.notices import NoticeSettled
from services.domain.errors import OutageError
from services.domain.send_store import Claim, Outcome
from services.sender import journal as journals
from services.sender.journal import Journal, Known
from tests.unit.sender.desk import Died, SenderDesk, dying, notices, settlements

POINTS = [f"{point}:{nth}" for point in ("after_claims", "after_send") for nth in (1, 2, 3)]


def hidden_doubles(point: str) -> list[str]:
    """Send ten notices through a death, a replay and another one; return who was told more
    often than the settlement admits, and who was not told at all."""
    desk = SenderDesk()
    name, _, nth = point.partition(":")
    desk.restart(dying(name, int(nth)))
    with pytest.raises(Died):
        desk.take(*notices(10))
    ends: list[NoticeSettled] = []
    for _ in range(2):  # settled, then the transaction was lost: settled again
        desk.restart()
        try:
            ends = settlements(desk.take(*notices(10)))
        except OutageError:
            return ["no end in sight"]
    told = {end.notice_id: desk.mail.sent.count(end.notice_id) for end in ends}
    return [
        end.notice_id
        for end in ends
        if told[end.notice_id] > end.attempts or not told[end.notice_id]
    ]


def test_no_double_is_hidden_and_nobody_forgotten() -> None:
    assert [point for point in POINTS if hidden_doubles(point)] == []


def _claims_are_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def claim(self: Journal, wanted: Sequence[Claim]) -> frozenset[str]:
        return frozenset(one.key for one in wanted)

    monkeypatch.setattr(Journal, "claim", claim)


def _attempts_are_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(self: Journal, notice_ids: Iterable[str]) -> Known:
        return Known({})

    monkeypatch.setattr(Journal, "look_up", look_up)


def _an_interrupted_attempt_counts_as_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    class Careless:
        UNKNOWN = AWAY = Outcome.AWAY

    monkeypatch.setattr(journals, "Outcome", Careless)


def _an_interrupted_attempt_counts_as_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hopeful:
        UNKNOWN = AWAY = Outcome.SENT

    monkeypatch.setattr(journals, "Outcome", Hopeful)


@pytest.mark.parametrize(
    "mutation",
    [
        _claims_are_not_written,
        _attempts_are_not_looked_up,
        _an_interrupted_attempt_counts_as_not_made,
        _an_interrupted_attempt_counts_as_sent,
    ],
)
def test_a_broken_rule_is_noticed(
    monkeypatch: pytest.MonkeyPatch, mutation: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutation(monkeypatch)
    assert [point for point in POINTS if hidden_doubles(point)] != []
