"""Kafka's jars come from a repository that may be slow, broken or forged: here one on loopback."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.embedded import MachineUnfitError
from infra.embedded.jars import LOCK, MIRROR_SETTING, install_jars, locked_jars

CONTENT = b"a jar"
SHA1 = hashlib.sha1(CONTENT).hexdigest()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: requests are no news in a test."""


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The one jar that the repository offers."""
    folder = tmp_path / "repository"
    jar = folder / "org" / "example" / "thing" / "1.0" / "thing-1.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(CONTENT)
    jar.with_suffix(".jar.sha1").write_text(SHA1)
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv(MIRROR_SETTING, f"http://127.0.0.1:{server.server_port}/")
        yield jar
        server.shutdown()
        thread.join()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "jgo.lock.toml"
    digest = hashlib.sha256(CONTENT).hexdigest()
    path.write_text(
        '[[dependencies]]\ngroupId = "org.example"\nartifactId = "thing"\nversion = "1.0"\n'
        f'packaging = "jar"\nsha256 = "{digest}"\n'
    )
    return path


def test_jars_are_downloaded_once_and_then_taken_from_the_folder(
    published: Path, lock: Path, tmp_path: Path
) -> None:
    progress: list[str] = []
    first = install_jars(tmp_path / "engine", progress.append, lock)
    published.unlink()
    again = install_jars(tmp_path / "engine", progress.append, lock)
    assert first == again
    assert [jar.read_bytes() for jar in again] == [CONTENT]
    assert progress == ["Kafka: 1 of 1 jars downloaded and verified"]


def test_a_forged_jar_is_refused_and_not_kept(published: Path, lock: Path, tmp_path: Path) -> None:
    forged = b"not a jar"
    published.write_bytes(forged)
    published.with_suffix(".jar.sha1").write_text(hashlib.sha1(forged).hexdigest())
    with pytest.raises(MachineUnfitError, match=r"thing-1\.0\.jar.*SHA-256"):
        install_jars(tmp_path / "engine", lambda _: None, lock)
    assert list((tmp_path / "engine").rglob("*.jar")) == []


def test_a_half_download_of_an_interrupted_install_is_replaced(
    published: Path, lock: Path, tmp_path: Path
) -> None:
    half = tmp_path / "engine" / "downloads" / "org" / "example" / "thing" / "1.0" / published.name
    half.parent.mkdir(parents=True)
    half.write_bytes(CONTENT[:2])
    (jar,) = install_jars(tmp_path / "engine", lambda _: None, lock)
    assert jar.read_bytes() == CONTENT


def test_a_jar_that_cannot_be_had_is_named(published: Path, lock: Path, tmp_path: Path) -> None:
    published.unlink()
    with pytest.raises(MachineUnfitError, match=r"cannot download thing-1\.0\.jar"):
        install_jars(tmp_path / "engine", lambda _: None, lock)


def test_the_committed_lock_has_a_checksum_for_every_jar_that_is_named() -> None:
    locked = {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in locked_jars()}
    named = LOCK.with_name("jgo.toml").read_text(encoding="utf-8")
    assert all(f'"{coordinate}"' in named for coordinate in locked)
    assert all(len(jar.sha256) == 64 for jar in locked_jars())
