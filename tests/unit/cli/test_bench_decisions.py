"""``complaints bench decisions``: three rates of one run, of this code and of another in turn."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bench.decisions import HERE, Figure, as_json, table
from bench.trees import ROOT, Measured, Tree, code_of
from services.domain.errors import SettingsError


def test_a_quick_look_against_a_commit_shows_both_and_their_ratio(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    words = ["routing", "dedup", "--fingerprints", "500", "--rounds", "1", "--against", "HEAD"]
    done = _bench(*words, "--json", str(result))
    assert done.returncode in (0, 1), done.stderr  # 1: this machine is too busy for what is asked
    routing, dedup = json.loads(result.read_text())["measures"]
    (here, other) = routing["rates"]
    assert here == HERE.name
    assert (routing["measure"], routing["asked"]) == ("routing", 50_000)
    assert (dedup["measure"], dedup["asked"]) == ("dedup", 5_000)
    assert routing["ratio"] == routing["medians"][here] / routing["medians"][other]
    assert all(len(rates) == 1 for one in (routing, dedup) for rates in one["rates"].values())
    assert other in done.stdout.splitlines()[0]
    assert "dedup: round 1 of 1" in done.stderr


def test_a_commit_that_is_not_there_is_named() -> None:
    done = _bench("routing", "--against", "no-such-commit")
    assert done.returncode == 1
    assert "no-such-commit" in done.stderr
    assert "git log" in done.stderr


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    words = ["dedup", "--fingerprints", "1000000", "--against", "HEAD"]
    child = subprocess.Popen(
        [sys.executable, "-m", "services.cli", "bench", "decisions", *words],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    assert child.stderr.readline().startswith("dedup: getting ready with 1,000,000")
    assert list(tmp_path.iterdir())
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert (child.returncode, said.strip()) == (130, "interrupted")
    assert list(tmp_path.iterdir()) == []


def test_code_that_cannot_be_measured_is_said_to_be_so(tmp_path: Path) -> None:
    with Measured(Tree("empty", tmp_path), "routing", 1) as measured:
        assert not measured.ready()  # what lies there is not `services`, but that of here
        assert measured.round() is None


def test_the_code_of_a_commit_goes_with_its_folder() -> None:
    with code_of("HEAD") as tree:
        assert (tree.folder / "services" / "cli" / "bench.py").is_file()
        assert tree.folder.is_relative_to(Path(tempfile.gettempdir()).resolve())
        assert not (tree.folder / "bench").exists()
    assert not tree.folder.exists()
    with pytest.raises(SettingsError, match="git log"), code_of("--all"):
        pass


def test_a_table_names_what_is_too_slow_and_what_was_not_measured() -> None:
    figures = [
        Figure("scoring", 5_000, {HERE.name: [5_100.0, 4_800.0, 5_200.0], "abc": [2_550.0]}),
        Figure("dedup", 5_000, {HERE.name: [4_000.0], "abc": []}),
    ]
    _, scoring, dedup = (" ".join(line.split()) for line in table(figures))
    assert scoring == "scoring 5,000 5,100 (4,800..5,200) 2,550 (2,550..2,550) 2.00"
    assert dedup == "dedup 5,000 4,000 (4,000..4,000) not measured BELOW"
    assert [one["is_reached"] for one in as_json(figures)] == [True, False]
    assert [one["ratio"] for one in as_json(figures)] == [2.0, None]


def _bench(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "services.cli", "bench", "decisions", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
