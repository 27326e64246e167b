"""Programs of the system: found, unpacked, or the package is named."""

import os
from pathlib import Path

import pytest

from infra import system
from infra.system import MissingProgramError, find, main, require


def a_command(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An otherwise empty search path."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in system.PROGRAMS:
        monkeypatch.delenv(f"COMPLAINTS_{name.upper()}", raising=False)
    return folder


def test_what_is_on_the_search_path_is_taken(path: Path, tmp_path: Path) -> None:
    a_command(path, "promtool", "true")
    assert require("promtool", tmp_path / "unpacked") == path / "promtool"


def test_another_one_may_be_named(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_command(tmp_path, "newer", "true")
    monkeypatch.setenv("COMPLAINTS_CHROMIUM", str(tmp_path / "newer"))
    assert system.chromium() == tmp_path / "newer"


def test_what_was_unpacked_before_is_found_again(path: Path, tmp_path: Path) -> None:
    a_command(tmp_path / "usr" / "bin", "promtool", "true")
    assert find(system.PROGRAMS["promtool"], tmp_path) == tmp_path / "usr" / "bin" / "promtool"


def test_a_package_with_one_program_is_unpacked_without_being_installed(
    path: Path, tmp_path: Path
) -> None:
    a_command(path, "apt-get", '[ "$2" = download ] && : > prometheus_2_amd64.deb')
    a_command(
        path,
        "dpkg-deb",
        '/bin/mkdir -p "$3/usr/bin"; /bin/cp /bin/true "$3/usr/bin/promtool"',
    )
    folder = tmp_path / "unpacked"
    assert require("promtool", folder) == folder / "usr" / "bin" / "promtool"


def test_a_package_with_much_around_it_is_installed_by_root_only(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_command(path, "apt-get", f'[ "$2" = update ] || /bin/ln -s /bin/true "{path}/chromium"')
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(MissingProgramError, match="apt-get install chromium"):
        require("chromium", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert require("chromium", tmp_path) == path / "chromium"


@pytest.mark.parametrize("name", system.PROGRAMS)
def test_without_an_archive_the_package_is_named(path: Path, tmp_path: Path, name: str) -> None:
    packages = " ".join(system.PROGRAMS[name].packages)
    with pytest.raises(MissingProgramError, match=f"no apt-get.*apt-get install {packages}$"):
        require(name, tmp_path)


def test_what_the_archive_answers_is_said(path: Path, tmp_path: Path) -> None:
    a_command(path, "apt-get", "echo 'W: x' >&2; echo 'E: no network' >&2; exit 100")
    with pytest.raises(MissingProgramError, match=r"promtool on this machine \(E: no network\)"):
        require("promtool", tmp_path)


def test_the_command_prints_paths_and_refuses_names_it_does_not_know(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_command(path, "promtool", "true")
    assert main(["promtool"]) == 0
    assert capsys.readouterr().out == f"{path / 'promtool'}\n"
    assert main(["netscape"]) == 2
    assert "unknown netscape; known are promtool, chromium" in capsys.readouterr().err
