"""What is read to decide: of a change what is looked at, and how much staff got once only."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import schemas
from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.vocabulary import ChangeKind, ClockName
from services.domain.notice_store import NOWHERE, Standing
from services.domain.teams import load_teams
from services.notification.gates import Moment
from services.notification.knowing import Arrival
from services.notification.logic import DECIDED_BY, decide
from services.notification.policy import load_policy
from services.notification.recipients import Around
from services.notification.writing import row_of
from services.runtime.records import Inbound
from tests.support.builders import at
from tests.unit.notification.test_handler import Desk, requested
from tests.unit.notification.test_logic import a_change, a_told

EXAMPLES = sorted((Path(schemas.__file__).parent / "examples/case_changed/v1/valid").glob("*.json"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_what_is_read_of_a_change_is_all_that_is_looked_at(example: Path) -> None:
    whole = decode(CaseChanged, example.read_bytes())
    policy, teams = load_policy(), load_teams()
    for kind in set(ChangeKind) - {ChangeKind.UNKNOWN}:
        for standing in (NOWHERE, Standing(3, "claims", "clerk-7", "partner:humen")):
            change = whole.model_copy(update={"kind": kind})
            read = decode(CaseChanged, encode(change), DECIDED_BY)
            assert not hasattr(read, "score")
            around = Around(earlier=[a_told("p1"), a_told("p2")], standing=standing)
            seen, decided = (
                decide(one, around, policy, teams, Moment(at(hours=100), Counter()))
                for one in (read, change)
            )
            assert seen == decided
            for one in seen:
                rows = (row_of(an_arrival(of), one, at(), "policy") for of in (read, change))
                assert next(rows) == next(rows)


def an_arrival(change: CaseChanged) -> Arrival:
    return Arrival(Inbound("changed", 0, 0, "t", b"key", b""), change, "key", None)


def test_a_team_that_got_all_it_may_is_not_counted_again_until_the_next_time_begins() -> None:
    desk, asked = Desk(), []
    most = load_policy().storm.rates["team"].most
    desk.store.before = lambda name: asked.append(name) if name == "sent_since" else None

    def warn(number: int) -> None:
        case: dict[str, Any] = {"case_id": f"case-{number}", "team": "claims"}
        handled = desk.take(a_change(ChangeKind.CLOCK_WARNED, clock=ClockName.RESOLUTION, **case))
        told.extend(one.recipient for one in requested(handled) if one.kind == "warning")

    told: list[str] = []
    for number in range(most + 3):
        warn(number)
    assert told == ["team:claims"] * most
    assert len(asked) == most + 1
    desk.clock.advance(3600.0)
    warn(most + 3)
    assert told == ["team:claims"] * (most + 1)
    assert len(asked) == most + 2
