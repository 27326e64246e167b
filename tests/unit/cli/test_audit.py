"""``complaints audit``: its exit code says what it found, whatever becomes of what it writes."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.overdue import Lag
from services.audit.run import Outcome
from services.cli import audit
from services.cli.__main__ import cli


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Findings:
    """An audit of an instance that is not there, which finds this."""
    findings = Findings("A", "each received contact is accounted for once", examined=1)
    outcome = Outcome([findings], True, 1, 1.0, Lag(0, 0.0))
    monkeypatch.setattr(audit, "connect", lambda data: None)
    monkeypatch.setattr(audit, "run_audit", lambda *arguments: outcome)
    return findings


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["audit", *map(str, arguments)], standalone_mode=False)


def test_a_folder_that_is_not_there_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    for option in ("--json", "--metrics"):
        place = tmp_path / "nowhere" / "audit"
        result = CliRunner().invoke(cli, ["audit", option, str(place)])
        assert (result.exit_code, "nowhere is not there" in result.output) == (2, True)


@pytest.mark.parametrize("is_violated", [False, True])
def test_a_disk_that_is_full_is_no_violation_and_hides_none(
    found: Findings, is_violated: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_violated:
        found.found(Defect.LOST, "t|c")

    def full(self: Path, *arguments: Any, **named: Any) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", full)
    result = run("--json", tmp_path / "audit.json")
    assert (result.return_value, result.exception) == (1 if is_violated else 3, None)
    assert "No space left on device" in result.output


def test_the_figures_are_replaced_in_one_step(
    found: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, told = tmp_path / "complaints.prom", tmp_path / "audit.json"
    page.write_text("old")
    seen: list[str] = []
    write = Path.write_text

    def watched(self: Path, text: str, **named: Any) -> int:
        written = write(self, text[: len(text) // 2], **named)
        seen.append(page.read_text())
        return written and write(self, text, **named)

    monkeypatch.setattr(Path, "write_text", watched)
    assert run("--metrics", page, "--json", told).return_value == 0
    assert set(seen) == {"old"}
    assert "complaints_audit_violations" in page.read_text()
    assert json.loads(told.read_text())["verdict"] == "proved"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["audit.json", "complaints.prom"]
