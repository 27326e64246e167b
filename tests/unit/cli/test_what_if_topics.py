"""Of a running instance each case counts as it stands: the answers and handovers that were."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from schemas import topics
from schemas.cases import CaseState
from schemas.codec import encode
from schemas.keys import case_key
from schemas.ledger import CaseClocks, ClockRun
from schemas.vocabulary import ClockName
from services.cli import what_if
from services.cli.__main__ import cli
from services.cli.policies import sources
from services.domain.clocks.compact import FIRST_RUNS
from services.routing import policy as routing
from tests.support.builders import TENANT, a_contact, a_deduplicated, a_routed, at
from tests.unit.sla.states import a_state


class Read(NamedTuple):
    key: bytes
    value: bytes
    timestamp: float = 0.0
    partition: int = 0
    offset: int = 0


def a_case(team: str, answered_at: datetime | None) -> CaseState:
    runs = (*FIRST_RUNS, ClockRun(clock=ClockName.TEAM, holder=team, since=at()))
    clocks = CaseClocks(
        runs=tuple(run.model_copy(update={"stopped_at": answered_at}) for run in runs)
    )
    return a_state(case_id="case-1", team=team, clocks=clocks)


@pytest.mark.parametrize(
    ("team", "days", "is_late"),
    [("claims", 2, True), ("claims", 1, False), ("senior-desk", 2, False)],
)
def test_a_case_is_late_in_another_team_by_the_answer_that_it_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, team: str, days: int, is_late: bool
) -> None:
    """One that was handed to the senior desk since is not the route's any more."""
    scored = a_routed(a_deduplicated(a_contact("c1")), category="damage").scored
    key = case_key(TENANT, scored.case_id)
    state = a_case(team, at(days=days)).model_copy(update={"case_id": scored.case_id})
    held = {topics.SCORED.name: encode(scored), topics.STATE.name: encode(state)}

    def records(_: object, topic: str, __: object) -> Iterator[Read]:
        yield Read(key, held[topic])

    monkeypatch.setattr(sources, "_records", records)
    monkeypatch.setattr(what_if, "connect", lambda _: None)
    text = routing.SHIPPED.read_text(encoding="utf-8")
    candidate = tmp_path / "new.yaml"
    candidate.write_text(text.replace("team: claims", "team: task-force", 1), encoding="utf-8")
    arguments = ["what-if", "--policy", str(candidate), "--from", "complaints.scored"]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert result.return_value == 0, result.exception or result.output
    assert ": team claims → task-force" in result.stdout
    assert ("team kept → team missed" in result.stdout) is is_late
    assert ("team of its case claims → task-force" in result.stdout) is (team == "claims")
    assert "each case as it stands" in result.stdout
