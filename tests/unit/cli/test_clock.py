"""The clock on the command line: what can be said wrong, and what is answered."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.embedded.instance import remove_instance, write_instance
from services.cli.__main__ import cli
from services.cli.instance import connect


@pytest.mark.parametrize("span", ["tomorrow", "-1d", "0h", "1.5h"])
def test_a_span_written_wrong_is_a_mistake_of_the_command_line(span: str) -> None:
    result = CliRunner().invoke(cli, ["clock", "advance", "--", span])
    assert result.exit_code == 2
    assert "write it like 7d, 3d12h or 30m" in result.output


def test_without_an_instance_there_is_no_clock(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["clock", "show", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "no instance is running" in result.output


@pytest.mark.parametrize("facts", [{}, {"movable_clock": False}])
def test_an_instance_that_does_not_say_so_has_a_fixed_clock(
    tmp_path: Path, facts: dict[str, object]
) -> None:
    # Its MongoDB is not even asked.
    write_instance(tmp_path, {"kafka": "127.0.0.1:9", "mongo": "mongodb://127.0.0.1:9", **facts})
    try:
        assert connect(tmp_path).movable_clock is False
        result = CliRunner().invoke(cli, ["clock", "advance", "1h", "--data", str(tmp_path)])
        assert result.exit_code == 1
        assert "cannot be moved" in result.output
        assert (
            "(fixed)" in CliRunner().invoke(cli, ["clock", "show", "--data", str(tmp_path)]).output
        )
    finally:
        remove_instance(tmp_path)
