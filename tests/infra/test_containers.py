"""``pytest --stack containers``: Compose's engines, or a clear refusal, never a skip."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.containers import COMPOSE, kafka_wishes, mongo_wishes

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]


@pytest.mark.timeout(120)
def test_containers_without_an_engine_are_refused_before_any_test_runs() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "--stack", "containers", "tests/unit/domain", "-q"],
        cwd=ROOT,
        env=os.environ | {"DOCKER_HOST": "tcp://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--stack containers: no container engine answers" in answer.stderr
    assert "passed" not in answer.stdout
    assert "skipped" not in answer.stdout


def test_the_broker_is_that_of_compose_reached_from_here() -> None:
    wishes = kafka_wishes(SERVICES["kafka"], 12345)
    given = SERVICES["kafka"]["environment"]
    changed = {name for name in given if wishes["environment"][name] != given[name]}
    assert wishes["image"] == SERVICES["kafka"]["image"]
    assert wishes["environment"]["KAFKA_ADVERTISED_LISTENERS"] == "BROKER://127.0.0.1:12345"
    assert changed == {
        "KAFKA_CONTROLLER_QUORUM_VOTERS",
        "KAFKA_LISTENERS",
        "KAFKA_ADVERTISED_LISTENERS",
    }


def test_the_database_is_that_of_compose_at_the_same_port_on_both_sides() -> None:
    wishes = mongo_wishes(SERVICES["mongo"], 12345)
    assert wishes["image"] == SERVICES["mongo"]["image"]
    assert wishes["command"] == "mongod --replSet complaints --bind_ip_all --port 12345"
