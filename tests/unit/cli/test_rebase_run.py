"""A run of ``complaints rebase`` says its name before anything moves."""

from typing import Any

import pytest
from click.testing import CliRunner

from services.cli import rebase
from services.cli.api_client import Api, Reply
from services.cli.rebase_plan import Move
from services.domain.clocks.book import open_book
from tests.support.builders import ELAPSED

CURRENT = open_book(sla_file=ELAPSED).current
MOVES = [Move(name, 4, CURRENT, CURRENT, ()) for name in ("a", "b", "c")]


def test_the_name_is_known_before_the_first_case_moves_and_is_that_of_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies: list[dict[str, Any]] = []

    def act(_api: Api, _path: str, body: dict[str, Any], _actor: str) -> Reply:
        bodies.append(body)
        if len(bodies) == 2:
            raise KeyboardInterrupt
        return Reply(202, {})

    monkeypatch.setattr(Api, "act", act)
    api = Api("", {}, " --data there")
    with pytest.raises(KeyboardInterrupt):
        rebase._start(api, MOVES, "test", "may")
    assert "--run may" in capsys.readouterr().out
    assert rebase._start(api, MOVES[1:], "test", "may") == 0
    assert {body["run"] for body in bodies} == {"may"}
    assert [body["id"] for body in bodies] == ["may-a-4", "may-b-4", "may-b-4", "may-c-4"]
    assert "./complaints rebase undo may --data there" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["a b", "x" * 41, "", "{since}"])
def test_a_name_that_cannot_be_part_of_an_id_is_refused(name: str) -> None:
    result = CliRunner().invoke(rebase.command, ["--run", name, "--ladder", "x"])
    assert result.exit_code == 2
    assert "--run" in result.output
