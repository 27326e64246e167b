"""Bring Kafka's jars onto this machine, exactly those the lock names.

The folder of jars is made aside, every jar's SHA-256 compared with the lock, and renamed into
place at the end: where it exists it is complete and checked. Its name holds the lock's hash, so
another lock makes another folder.
"""

import fcntl
import hashlib
import os
import shutil
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.errors import MachineUnfitError

LOCK = Path(__file__).with_name("jgo.lock.toml")
ATTEMPTS = 3
CONNECTIONS = 8
MIRROR_SETTING = "COMPLAINTS_MAVEN_REPOSITORY"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Jar:
    """One locked artifact."""

    group: str
    artifact: str
    version: str
    packaging: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.{self.packaging}"


def locked_jars(lock: Path = LOCK) -> list[Jar]:
    """Read the lock; an entry without a checksum is an error, not a jar to be trusted."""
    entries = tomllib.loads(lock.read_text(encoding="utf-8"))["dependencies"]
    return [
        Jar(e["groupId"], e["artifactId"], e["version"], e["packaging"], e["sha256"])
        for e in entries
    ]


def install_jars(engine_dir: Path, progress: Progress, lock: Path = LOCK) -> list[Path]:
    """Return the class path, downloading what is not there yet."""
    jars = locked_jars(lock)
    home = engine_dir / f"kafka-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not home.exists():
        engine_dir.mkdir(parents=True, exist_ok=True)
        with (engine_dir / "install.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not home.exists():
                _install(jars, engine_dir, home, progress)
    return [home / jar.file_name for jar in jars]


def _install(jars: list[Jar], engine_dir: Path, home: Path, progress: Progress) -> None:
    downloads = engine_dir / "downloads"
    draft = home.with_suffix(".partial")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        fetched = pool.map(lambda jar: fetch(jar, downloads), jars)
        for number, (jar, path) in enumerate(zip(jars, fetched, strict=True), start=1):
            shutil.move(path, draft / jar.file_name)
            if number % 10 == 0 or number == len(jars):
                progress(f"Kafka: {number} of {len(jars)} jars downloaded and verified")
    draft.rename(home)
    shutil.rmtree(downloads, ignore_errors=True)


def fetch(jar: Jar, downloads: Path) -> Path:
    """Download one jar and verify it; a broken or forged file is thrown away, never kept."""
    # Imported here: only a first start needs it, and it costs a third of a second.
    from jgo.maven import MavenContext

    mirror = os.environ.get(MIRROR_SETTING)
    context = MavenContext(
        repo_cache=downloads,
        remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
        timeout=30,
    )
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    problem = "not tried"
    for _ in range(ATTEMPTS):
        try:
            path = artifact.resolve()
        except (RuntimeError, OSError) as error:  # jgo's refusals, and requests' errors
            problem = str(error)
            path = artifact.cached_path or downloads
        else:
            if verified(path, jar):
                return path
            problem = "the file does not have the SHA-256 that the lock names"
        path.unlink(missing_ok=True)
    raise MachineUnfitError(f"cannot download {jar.file_name}: {problem}")


def verified(path: Path, jar: Jar) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
