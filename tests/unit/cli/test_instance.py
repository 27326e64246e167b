"""The instance on a data folder: its keys, its addresses, its absence."""

import os
from pathlib import Path

import pytest

from infra.embedded import write_instance
from services.cli.environment import environment_of
from services.cli.instance import NotRunningError, api_port, connect, keys_of
from services.cli.running import Instance, InstanceFailedError
from services.cli.supervisor import Worker
from services.runtime.settings import Settings
from tests.support.waiting import eventually

ADDRESSES = {"kafka": "127.0.0.1:1", "mongo": "mongodb://127.0.0.1:2", "api_port": 3}


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COMPLAINTS_")]:
        monkeypatch.delenv(name)


def test_the_keys_are_made_once_and_kept_to_the_owner(tmp_path: Path) -> None:
    first = keys_of(tmp_path)
    assert keys_of(tmp_path) == first
    assert Settings(hmac_keys=first).key_ring().active == "k1"
    assert (tmp_path / "secrets" / "hmac.keys").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert [file.name for file in (tmp_path / "secrets").iterdir()] == ["hmac.keys"]


def test_another_instance_has_other_keys(tmp_path: Path) -> None:
    assert keys_of(tmp_path / "a") != keys_of(tmp_path / "b")


def test_a_running_instance_is_found_by_its_folder(tmp_path: Path) -> None:
    write_instance(tmp_path, ADDRESSES)
    settings = connect(tmp_path)
    assert (settings.kafka, settings.mongo) == (ADDRESSES["kafka"], ADDRESSES["mongo"])
    assert settings.key_ring().active == "k1"
    assert api_port(tmp_path) == 3


def test_the_policy_files_of_an_instance_are_found_with_it_and_not_those_of_who_asks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They are announced as whole paths: who asks stands somewhere else."""
    monkeypatch.chdir(tmp_path)
    running = Instance(tmp_path / "data", lambda line: None)
    running.settings = Settings(teams_policy=Path("own.yaml"))
    running.announce()
    monkeypatch.chdir("/")
    monkeypatch.setenv("COMPLAINTS_LEVELS_POLICY", "elsewhere.yaml")
    assert connect(tmp_path / "data").policy_files == {"teams_policy": tmp_path / "own.yaml"}


def test_where_nothing_runs_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match=r"no instance is running in .*complaints up"):
        connect(tmp_path)


def test_services_named_by_the_environment_count_without_a_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMPLAINTS_KAFKA", "kafka.example:9092")
    assert connect().kafka == "kafka.example:9092"


def test_settings_survive_the_way_through_an_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(
        kafka="k:1", slot=3, hmac_keys=keys_of(tmp_path), breaker_share=0.25, dedup_policy=tmp_path
    )
    monkeypatch.setenv("COMPLAINTS_LEFTOVER", "x")
    environment = environment_of(settings, health_port=7)
    assert "COMPLAINTS_LEFTOVER" not in environment
    assert environment["PATH"] == os.environ["PATH"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings.model_copy(update={"health_port": 7})


def test_an_instance_whose_worker_refuses_fails_at_once_and_says_why(tmp_path: Path) -> None:
    said: list[str] = []
    instance = Instance(tmp_path, said.append)
    (tmp_path / "refusing.py").write_text("print('correct the setting'); raise SystemExit(70)")
    log = tmp_path / "logs" / "refusing.log"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    instance.ports = {"refusing": 1}
    instance._supervisor.start([Worker("refusing", "refusing", environment, log)])
    with pytest.raises(InstanceFailedError, match="refusing did not get ready"):
        instance._wait_until_ready(["refusing"])
    (line,) = said
    assert line.endswith(f"last lines of {log}:\n    correct the setting")


def test_the_last_lines_of_a_worker_that_never_gets_ready_are_shown(tmp_path: Path) -> None:
    instance = Instance(tmp_path, lambda line: None)
    (tmp_path / "waiting.py").write_text(
        "import threading; print('MongoDB is away', flush=True); threading.Event().wait()"
    )
    log = tmp_path / "logs" / "waiting.log"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    instance._supervisor.start([Worker("waiting", "waiting", environment, log)])
    eventually(lambda: log.exists() and log.read_text())
    assert instance._not_ready(["waiting"], set()).endswith(f"{log}:\n    MongoDB is away")
    instance._supervisor.stop(seconds=0.1)
