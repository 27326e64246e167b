"""Programs of the system that only tests need: found, or brought from Debian's archive.

``python -m infra.system promtool chromium`` prints their paths. A package that brings one program
and needs nothing else is unpacked into ``.engine/system``: no root, and no service is started, as
an installation would. The others are installed, which takes root. Where neither is possible the
error names the packages.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[1] / ".engine" / "system"
_MINUTES: Final = 10


class MissingProgramError(Exception):
    """The machine lacks something that is not ours to install; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """``commands`` are its names, best first; ``is_alone`` when its package can be unpacked.

    The environment variable ``COMPLAINTS_<NAME>`` names another one.
    """

    name: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]
    is_alone: bool = False


PROGRAMS: Final[Mapping[str, Program]] = {
    one.name: one
    for one in (
        Program("promtool", ("promtool",), ("prometheus",), is_alone=True),
        Program(
            "chromium",
            ("chromium", "chromium-browser", "google-chrome"),
            ("chromium", "fonts-wqy-microhei"),
        ),
    )
}


def chromium() -> Path:
    """Return where Chromium is, installing it (and a Chinese font) where that is ours to do.

    Raises:
        MissingProgramError: it is not there and cannot be installed from here.
    """
    return require("chromium")


def find(program: Program, folder: Path = FOLDER) -> Path | None:
    """Return where the program is: named, on the search path, or unpacked before."""
    if named := os.environ.get(f"COMPLAINTS_{program.name.upper()}"):
        return Path(named) if Path(named).exists() else None
    for command in program.commands:
        if path := shutil.which(command) or shutil.which(command, path=str(folder / "usr/bin")):
            return Path(path)
    return None


def require(name: str, folder: Path = FOLDER) -> Path:
    """Return the path of the program ``name``; bring it if it is missing.

    Raises:
        MissingProgramError: naming the packages.
    """
    program = PROGRAMS[name]
    if path := find(program, folder):
        return path
    trouble = "there is no apt-get"
    if shutil.which("apt-get"):
        trouble = "only root may install it"
        try:
            _bring(program, folder)
        except subprocess.SubprocessError as error:
            trouble = _story(error)
    if path := find(program, folder):
        return path
    raise MissingProgramError(
        f"no {name} on this machine ({trouble}); on Debian, as root: "
        f"apt-get install {' '.join(program.packages)}"
    )


def _bring(program: Program, folder: Path) -> None:
    is_root = os.geteuid() == 0
    if program.is_alone:
        try:
            _unpack(program, folder)
        except subprocess.CalledProcessError:
            if not is_root:
                raise
            _run("apt-get", "-qq", "update")
            _unpack(program, folder)
    elif is_root:
        _run("apt-get", "-qq", "update")
        _run("apt-get", "-qq", "install", "-y", "--no-install-recommends", *program.packages)


def _unpack(program: Program, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="complaints-system-") as scratch:
        _run("apt-get", "-qq", "download", *program.packages, folder=scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for archive in Path(scratch).glob("*.deb"):
            _run("dpkg-deb", "-x", str(archive), str(folder))


def _run(*command: str, folder: str | None = None) -> None:
    subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60 * _MINUTES,
    )


def _story(error: subprocess.SubprocessError) -> str:
    said = getattr(error, "stderr", None) or str(error)
    lines = [line for line in str(said).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__


def main(arguments: Sequence[str]) -> int:
    """Bring each program that is named, all of them when none is, and print where it is."""
    unknown = [name for name in arguments if name not in PROGRAMS]
    if unknown:
        known = ", ".join(PROGRAMS)
        print(f"infra.system: unknown {', '.join(unknown)}; known are {known}", file=sys.stderr)
        return 2
    try:
        for name in arguments or PROGRAMS:
            print(require(name))
    except MissingProgramError as missing:
        print(f"infra.system: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
