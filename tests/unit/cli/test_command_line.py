"""The table of commands, help that teaches, and exit codes."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from services.cli.__main__ import COMMANDS, cli, main
from services.cli.case import _harmless
from services.cli.lazy import Entry, LazyGroup

ROOT = Path(__file__).resolve().parents[3]


def test_the_overview_loads_no_client_of_anything() -> None:
    heavy = "'confluent_kafka', 'kafka', 'pymongo', 'httpx', 'fastapi', 'rich', 'pydantic'"
    script = (
        "import sys; from click.testing import CliRunner; from services.cli.__main__ import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0\n"
        f"print([name for name in ({heavy}) if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


def test_the_overview_names_every_command() -> None:
    output = CliRunner().invoke(cli, ["--help"]).output
    assert all(f"  {name} " in output for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["nonsense"], 2), (["case", "act", "C1", "destroy"], 2), (["--help"], 0)],
)
def test_exit_codes_follow_the_shells_customs(arguments: list[str], code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == code


def test_a_failing_command_says_why_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["case", "show", "C1", "--data", str(tmp_path)])
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("Error: no instance is running in ")


def test_a_command_whose_module_is_missing_is_said_to_be_so() -> None:
    group = LazyGroup(entries={"x": Entry("services.cli.nowhere:command", "", "")}, name="c")
    result = CliRunner().invoke(group, ["x"])
    assert result.exit_code == 1
    assert "not part of this installation" in result.output


def test_a_strangers_text_does_not_steer_the_terminal() -> None:
    assert _harmless("到了\x1b[2J\x07") == "到了·[2J·"
    assert isinstance(cli, click.Group)
