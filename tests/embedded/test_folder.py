"""The small parts of an instance's folder: ports, instance file, space, permissions, causes."""

import shutil
import socket
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.embedded import (
    EmbeddedStack,
    MachineUnfitError,
    StackError,
    read_instance,
    write_instance,
)
from infra.embedded.diagnosis import Cause, cause_in, readable
from infra.embedded.files import own_folder, read_json, write_json
from infra.embedded.libraries import advice
from infra.embedded.ports import choose_ports


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_ports_of_the_earlier_start_are_kept() -> None:
    assert choose_ports({"kafka-1": 29_092}, {"kafka-1": 20_500}) == {"kafka-1": 20_500}


def test_a_taken_port_is_replaced_by_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        assert choose_ports({"kafka-1": taken}, {"kafka-1": taken})["kafka-1"] != taken


def test_no_two_roles_get_one_port() -> None:
    chosen = choose_ports({"kafka-1": 20_600, "mongo-1": 20_600}, {})
    assert len(set(chosen.values())) == 2


def test_an_instance_is_found_while_its_owner_lives(tmp_path: Path) -> None:
    write_instance(tmp_path, {"kafka": "127.0.0.1:9092"})
    assert read_instance(tmp_path)["kafka"] == "127.0.0.1:9092"


def test_an_instance_whose_process_id_went_to_another_process_is_stale(tmp_path: Path) -> None:
    write_instance(tmp_path, {"kafka": "127.0.0.1:9092"})
    path = tmp_path / "instance.json"
    write_json(path, {**read_json(path), "pid_started": 1})
    assert read_instance(tmp_path) == {}


def test_a_new_folder_is_closed_to_other_users_of_the_machine(tmp_path: Path) -> None:
    own_folder(tmp_path / "data").close()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_a_full_disk_is_named_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 5 * 1024**2))
    with pytest.raises(MachineUnfitError, match="only 5 MB are free"):
        EmbeddedStack(tmp_path).start()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MachineUnfitError, match=r"cannot write in .*Not a directory"):
        EmbeddedStack(tmp_path / "file" / "data").start()


def test_a_folder_keeps_the_number_of_engines_it_was_made_with(tmp_path: Path) -> None:
    write_json(tmp_path / "layout.json", {"brokers": 3, "mongods": 3, "ports": {}})
    with pytest.raises(StackError, match="made with 3 Kafka and 3 MongoDB"):
        EmbeddedStack(tmp_path, progress=lambda _: None).start()


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("java.net.BindException: Address already in use", Cause.PORT),
        ('{"msg":"…","attr":{"error":"No space left on device"}}', Cause.DISK),
        ("java.nio.file.AccessDeniedException: /data/meta.properties", Cause.PERMISSION),
        ("java.lang.OutOfMemoryError: Java heap space", Cause.MEMORY),
        ("mongod: error while loading shared libraries: libcurl.so.4", Cause.LIBRARY),
        ("Kafka Server started", None),
    ],
)
def test_the_cause_of_a_failure_is_read_from_the_log(line: str, cause: Cause | None) -> None:
    assert cause_in(["starting", line]) is cause


def test_log_lines_of_mongodb_are_shortened_for_people() -> None:
    line = '{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"E","msg":"Failed","attr":{"a":1}}'
    assert readable(line) == '03:04:05.678 E Failed {"a": 1}'


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("error while loading shared libraries: libssl.so.3: cannot", "apt-get install libssl3"),
        ("libc.so.6: version `GLIBC_2.34' not found", "docker compose up"),
        ("Illegal instruction", "Illegal instruction"),
    ],
)
def test_a_library_problem_comes_with_its_remedy(problem: str, answer: str) -> None:
    assert answer in advice(problem)
