"""Programs of the system that only tests need: found, or brought from Debian's archive.

``python -m infra.system promtool`` prints the path. A package that brings one program and needs
nothing else is unpacked into ``.engine/system``: no root, and no service is started, as an
installation would. The others are installed, which takes root. Where neither is possible the error
names the package.
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
_SECONDS: Final = 600


class ProgramMissingError(Exception):
    """The program is not there and could not be brought; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """``commands`` are its names, best first; ``is_alone`` when its package can be unpacked."""

    commands: tuple[str, ...]
    package: str
    is_alone: bool = False


PROGRAMS: Final[Mapping[str, Program]] = {
    "promtool": Program(("promtool",), "prometheus", is_alone=True),
    "chromium": Program(("chromium", "chromium-browser", "google-chrome"), "chromium"),
}


def find(program: Program, folder: Path = FOLDER) -> Path | None:
    """Return where the program is: on the search path, or unpacked before."""
    for command in program.commands:
        if path := shutil.which(command) or shutil.which(command, path=str(folder / "usr/bin")):
            return Path(path)
    return None


def require(name: str, folder: Path = FOLDER) -> Path:
    """Return the path of the program ``name``; bring it if it is missing.

    Raises:
        ProgramMissingError: naming the package.
    """
    program = PROGRAMS[name]
    if path := find(program, folder):
        return path
    trouble = "no apt-get here"
    if shutil.which("apt-get"):
        try:
            _bring(program, folder)
        except subprocess.SubprocessError as error:
            trouble = _story(error)
    if path := find(program, folder):
        return path
    raise ProgramMissingError(
        f"{name} is missing ({trouble}); on Debian and Ubuntu: apt-get install {program.package}"
    )


def _bring(program: Program, folder: Path) -> None:
    if not program.is_alone:
        if os.geteuid() == 0:
            _run(["apt-get", "update", "-qq"])
            _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", program.package])
        return
    with tempfile.TemporaryDirectory(prefix="complaints-system-") as scratch:
        try:
            _run(["apt-get", "download", "-qq", program.package], Path(scratch))
        except subprocess.CalledProcessError:
            if os.geteuid() != 0:
                raise
            _run(["apt-get", "update", "-qq"])
            _run(["apt-get", "download", "-qq", program.package], Path(scratch))
        folder.mkdir(parents=True, exist_ok=True)
        for archive in Path(scratch).glob("*.deb"):
            _run(["dpkg-deb", "-x", str(archive), str(folder)])


def _run(command: Sequence[str], folder: Path | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        command,
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )


def _story(error: subprocess.SubprocessError) -> str:
    said = getattr(error, "stderr", None) or str(error)
    lines = [line for line in str(said).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__


def main(arguments: Sequence[str]) -> int:
    """Bring each program that is named and print where it is."""
    try:
        for name in arguments:
            print(require(name))
    except KeyError as unknown:
        print(f"unknown program {unknown}; known are {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    except ProgramMissingError as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
