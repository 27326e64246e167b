"""The launcher's decisions; its real run is the first line of every CI run."""

import importlib.util
import subprocess
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The launcher as a module, with a venv folder and locks of its own."""
    loader = SourceFileLoader("launcher", str(REPOSITORY / "complaints"))
    module = ModuleType("launcher")
    module.__file__ = loader.path
    loader.exec_module(module)
    locks = tmp_path / "locks"
    locks.mkdir()
    for name in ("uv", "base", "dev"):
        (locks / f"{name}.txt").write_text(f"{name}==1.0\n")
    monkeypatch.setattr(module, "VENV", tmp_path / "venv")
    monkeypatch.setattr(module, "LOCKS", locks)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "venv").mkdir()
    return module


@pytest.mark.parametrize(
    ("system", "machine", "libc"),
    [("Darwin", "arm64", ""), ("Linux", "aarch64", "glibc"), ("Linux", "x86_64", "")],
)
def test_other_platforms_are_pointed_to_compose(
    launcher: ModuleType, system: str, machine: str, libc: str
) -> None:
    assert "docker compose up" in launcher.unsupported_platform(system, machine, libc)


def test_linux_on_x86_64_is_supported(launcher: ModuleType) -> None:
    assert launcher.unsupported_platform("Linux", "x86_64", "glibc") is None


def test_a_python_without_venv_is_told_the_package(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_ensurepip(name: str) -> ModuleSpec | None:
        return None if name == "ensurepip" else ModuleSpec(name, None)

    monkeypatch.setattr(importlib.util, "find_spec", without_ensurepip)
    monkeypatch.setattr(launcher.os, "geteuid", lambda: 1000)
    version = f"python3.{sys.version_info.minor}-venv"
    with pytest.raises(launcher.SetUpError, match=f"apt-get install {version}"):
        launcher.provide_system_package()


def test_only_tests_and_checks_need_the_developers_tools(launcher: ModuleType) -> None:
    assert [lock.name for lock in launcher.lock_files("up")] == ["base.txt"]
    assert [lock.name for lock in launcher.lock_files("test")] == ["base.txt", "dev.txt"]
    assert [lock.name for lock in launcher.lock_files("train")] == ["base.txt", "training.txt"]


def test_an_install_counts_only_with_the_stamp_of_these_very_locks(launcher: ModuleType) -> None:
    locks = launcher.lock_files("up")
    assert not launcher.is_installed(locks)
    launcher.stamp_of(locks).write_text(launcher.digest(locks))
    assert launcher.is_installed(locks)
    locks[0].write_text("base==2.0\n")
    assert not launcher.is_installed(locks)


def test_a_venv_moved_to_another_folder_is_made_anew(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    locks = launcher.lock_files("up")
    launcher.stamp_of(locks).write_text(launcher.digest(locks))
    monkeypatch.setattr(launcher, "ROOT", tmp_path / "elsewhere")
    assert not launcher.is_installed(locks)


def test_uv_uses_the_index_and_certificates_that_pip_is_set_up_for(launcher: ModuleType) -> None:
    settings = launcher.index_settings({"PIP_CERT": "/ca.pem", "HOME": "/nowhere"}, "a-mirror")
    assert settings["UV_DEFAULT_INDEX"] == "a-mirror"
    assert settings["SSL_CERT_FILE"] == "/ca.pem"
    assert settings["UV_NO_CACHE"] == "1"


def test_what_uv_is_told_itself_wins(launcher: ModuleType) -> None:
    settings = launcher.index_settings({"UV_DEFAULT_INDEX": "mine", "PIP_INDEX_URL": "other"}, "")
    assert settings["UV_DEFAULT_INDEX"] == "mine"


def test_workers_need_not_compile_their_modules_at_every_start(
    launcher: ModuleType, tmp_path: Path
) -> None:
    forbidden = {"PYTHONDONTWRITEBYTECODE": "1", "HOME": "/home"}
    bytecode = str(tmp_path / "venv" / "bytecode")
    kept = launcher.keeping_bytecode(forbidden)
    assert kept == {"HOME": "/home", "PYTHONPYCACHEPREFIX": bytecode}
    mine = launcher.keeping_bytecode({"PYTHONPYCACHEPREFIX": "/mine"})
    assert mine == {"PYTHONPYCACHEPREFIX": "/mine"}


def a_python(folder: Path, says: str, modules: str = "*") -> None:
    """Put a python3.11 there that says who it is, and can import what fits ``modules``."""
    folder.mkdir(exist_ok=True)
    python = folder / "python3.11"
    python.write_text(
        f'#!/bin/sh\n[ "$1" = -c ] || {{ echo "{says} got $*"; exit; }}\n'
        f'case "$2" in *sys*|{modules}) exit 0 ;; esac\nexit 1\n'
    )
    python.chmod(0o755)


def started(launcher: Path, path: str, **environment: str) -> str:
    """Return what the Python says that the launcher found."""
    command = [str(launcher), "up", "two words"]
    result = subprocess.run(
        command, env={"PATH": path, **environment}, capture_output=True, text=True, check=True
    )
    assert result.stderr == ""
    who, _, given = result.stdout.partition(" got ")
    assert given == f"{launcher} up two words\n"
    return who


def a_launcher(folder: Path) -> Path:
    """Return the launcher, for a machine whose distribution keeps its programs in ``own``."""
    text = (REPOSITORY / "complaints").read_text(encoding="utf-8")
    launcher = folder / "complaints"
    launcher.write_text(text.replace("/usr/bin", str(folder / "own")), encoding="utf-8")
    launcher.chmod(0o755)
    return launcher


def test_the_shell_finds_a_python_and_hands_the_launcher_to_it(tmp_path: Path) -> None:
    """The first lines are shell; a formatter that touches their quotes breaks every start."""
    a_python(tmp_path / "path", "a python")
    assert started(REPOSITORY / "complaints", f"{tmp_path}/path:/bin") == "a python"


def test_the_distributions_own_python_comes_before_others_on_the_path(tmp_path: Path) -> None:
    a_python(tmp_path / "path", "another")
    a_python(tmp_path / "own", "its own")
    path = f"{tmp_path}/path:{tmp_path}/own:/bin"
    assert started(a_launcher(tmp_path), path) == "its own"
    assert started(a_launcher(tmp_path), f"{tmp_path}/path:/bin") == "another"


def test_an_own_python_that_can_make_no_environment_is_passed_over(tmp_path: Path) -> None:
    a_python(tmp_path / "path", "another")
    a_python(tmp_path / "own", "its own", modules="nothing")
    path = f"{tmp_path}/path:{tmp_path}/own:/bin"
    assert started(a_launcher(tmp_path), path) == "another"


def test_the_python_that_was_named_wins(tmp_path: Path) -> None:
    for name in ("path", "own", "chosen"):
        a_python(tmp_path / name, name)
    path = f"{tmp_path}/path:{tmp_path}/own:/bin"
    chosen = f"{tmp_path}/chosen/python3.11"
    assert started(a_launcher(tmp_path), path, COMPLAINTS_PYTHON=chosen) == "chosen"


def test_a_machine_without_a_new_enough_python_is_told_so(tmp_path: Path) -> None:
    result = subprocess.run(
        ["/bin/sh", str(REPOSITORY / "complaints"), "up"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "needs Python 3.11" in result.stderr
