"""That a case joined a grave incident is told to its team: once, and of many cases in digests."""

from pathlib import Path
from typing import Any

import pytest

from schemas.cases import CaseChanged
from schemas.vocabulary import ChangeKind
from services.domain.errors import SettingsError
from services.domain.notice_store import NOWHERE, Standing
from services.notification.policy import SHIPPED, load_policy
from tests.support.storm import play
from tests.unit.notification.test_logic import POLICY, a_change, decided, told

MOST = POLICY.storm.rates["team"].most


def joined(level: int, **fields: Any) -> CaseChanged:
    link = {"hub": "东莞分拨", "category": "loss", "level": level}
    about: dict[str, Any] = {"incident_id": "I1", "incident": link}
    return CaseChanged.model_validate(
        a_change(ChangeKind.INCIDENT_JOINED).model_dump() | about | fields
    )


@pytest.mark.parametrize("standing", [NOWHERE, Standing(3, "claims"), Standing(4, "claims")])
@pytest.mark.parametrize(("level", "count"), [(2, 0), (3, 1), (4, 1)])
def test_the_team_hears_of_a_grave_incident_whether_its_case_was_raised_yet_or_not(
    standing: Standing, level: int, count: int
) -> None:
    team = f"team:{standing.team or 'front-desk'}"
    found = told(decided(joined(level), standing=standing))
    assert found == [("assigned", team, None)] * count


def test_beyond_the_rate_a_case_of_the_highest_level_is_bundled_with_the_others() -> None:
    standing, sent = Standing(4, "claims"), {"team:claims": MOST}
    (one,) = decided(joined(4), standing=standing, sent=sent)
    assert one.suppressed == "bundled:incident_team"
    assert one.digest is not None
    assert not one.passes
    raised = a_change(ChangeKind.LEVEL_RAISED, level=4, team="claims")
    assert told(decided(raised, sent=sent)) == [("escalation", "team:claims", None)]


def test_a_thousand_cases_of_an_incident_are_some_messages() -> None:
    steps = ((ChangeKind.INCIDENT_JOINED, dict(joined(4).model_dump(include={"incident"}))),)
    stormy = play(1000, load_policy(), steps=steps)
    quarters = 4 + 1
    assert stormy.by["team:claims"] <= quarters * (MOST + 1)
    assert stormy.reasons["bundled:incident_team"] >= 1000 - quarters * MOST


def test_customers_have_no_line_that_is_one_of_many(tmp_path: Path) -> None:
    line = "{rule: taken_up, tell: progress, whom: complainants, every_hours: 24}"
    text = SHIPPED.read_text(encoding="utf-8")
    assert line in text
    file = tmp_path / "notices.yaml"
    file.write_text(text.replace(line, line[:-1] + ", one_of_many: true}"), encoding="utf-8")
    with pytest.raises(SettingsError, match="taken_up: one_of_many is about staff"):
        load_policy(file)
