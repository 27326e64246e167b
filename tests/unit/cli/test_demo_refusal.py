"""``complaints up``: what is refused, and that a refusal comes before anything is changed."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from services.cli import held, running, up
from services.cli.interrupts import Interrupts
from services.runtime.settings import Settings


class Recorded:
    """An instance of which only is noted what is asked of it."""

    done: list[str]

    def __init__(self, data: Path, say: object) -> None:
        self.settings = Settings()
        self.has_begun = False
        Recorded.done = []

    def start_engines(self) -> None:
        self.has_begun = True
        self.done.append("start engines")

    def prepare(self) -> None:
        self.done.append("prepare")
        raise KeyboardInterrupt

    def stop(self) -> None:
        self.done.append("stop")


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "Instance", Recorded)
    monkeypatch.setattr(Interrupts, "__init__", lambda self: setattr(self, "is_asked", True))


def test_the_demo_refuses_data_before_topics_indexes_and_transactions_are_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [f"records on topic-{number}" for number in range(9)]
    monkeypatch.setattr(held, "held_by", lambda settings: found)
    result = CliRunner().invoke(up.command, ["--demo", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert Recorded.done == ["start engines", "stop"]
    assert "already holds data (records on topic-0, " in result.output
    assert "topic-3, …)" in result.output
    assert "choose another folder with --data" in result.output
    assert "nothing was changed" in result.output


def test_a_fresh_instance_is_taken_and_ctrl_c_in_the_middle_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "held_by", lambda settings: [])
    result = CliRunner().invoke(
        up.command, ["--demo", "--data", str(tmp_path)], standalone_mode=False
    )
    assert result.return_value == 0
    assert Recorded.done == ["start engines", "prepare", "stop"]


def test_without_the_demo_data_are_welcome(tmp_path: Path) -> None:
    CliRunner().invoke(up.command, ["--data", str(tmp_path)], standalone_mode=False)
    assert Recorded.done == ["start engines", "prepare", "stop"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--demo-minutes", "5"], "add --demo"),
        (["--demo", "--engines-only"], "needs the workers"),
        (["--demo", "--demo-minutes", "0"], "demo-minutes"),
    ],
)
def test_options_that_make_no_sense_together_are_refused(arguments: list[str], reason: str) -> None:
    result = CliRunner().invoke(up.command, arguments)
    assert result.exit_code == 2
    assert reason in result.output
