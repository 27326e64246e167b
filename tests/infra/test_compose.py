"""docker-compose.yml: every process of ours, with settings that exist, watched and shut in."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.embedded.kafka import KafkaCluster, broker_properties
from schemas.topics import DEAD_MAX_BYTES
from services.cli.supervisor import STOP_SECONDS
from services.cli.worker import WORKERS
from services.runtime.settings import OPENERS, Settings

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "COMPLAINTS_HMAC_KEYS": f"k1:{'ab' * 32}",
    "COMPLAINTS_PERSONAL_KEYS": f"k1:{'cd' * 32}",
    "COMPLAINTS_API_KEY": "0123456789abcdef",
}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "complaints"}
PROCESSES = {name: one for name, one in OURS.items() if "command" in one}
FRONT = {"api", "console"}
BACK = set(PROCESSES) - FRONT


def settings_of(service: dict[str, Any]) -> Settings:
    """The settings as the process reads them, after Compose has put the variables in."""

    def filled(value: str) -> str:
        return re.sub(
            r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda m: SECRETS.get(m[1], m[2] or ""), value
        )

    return Settings.model_validate(
        {
            name.removeprefix("COMPLAINTS_").lower(): filled(value)
            for name, value in service["environment"].items()
            if value is not None
        }
    )


def scraped() -> dict[str, set[str]]:
    config = yaml.safe_load((ROOT / "infra/prometheus/prometheus.yml").read_text())
    return {
        job["job_name"]: {t for group in job["static_configs"] for t in group["targets"]}
        for job in config["scrape_configs"]
    }


def test_every_worker_of_the_command_line_has_a_container() -> None:
    assert set(WORKERS) <= set(PROCESSES)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_container_runs_a_module_that_exists_or_is_still_being_written(name: str) -> None:
    assert PROCESSES[name]["command"] == [f"services.{name}"]
    if name in WORKERS:
        assert (ROOT / "services" / name / "__main__.py").is_file()


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_with_a_value_it_takes(name: str) -> None:
    for variable in OURS[name]["environment"]:
        assert variable.removeprefix("COMPLAINTS_").lower() in Settings.model_fields, variable
    assert settings_of(OURS[name]).key_ring().active == "k1"


def test_those_alone_who_write_to_people_get_the_keys_of_personal_data() -> None:
    have = {name for name in OURS if settings_of(OURS[name]).personal_keys.get_secret_value()}
    assert have == OPENERS


POLICIES = "./infra/policies:/etc/complaints:ro"
HANDED_ON = {name for name in Settings.model_fields if name.endswith("_policy")} | {
    "staff",
    "texts",
    "sms_parts_minutes",
    "sms_replies",
}


@pytest.mark.parametrize("name", OURS)
def test_operators_set_policies_of_their_own_and_an_unset_one_is_the_shipped(name: str) -> None:
    one = OURS[name]
    assert POLICIES in one["volumes"]
    # No value at all: an empty one would be the name of a file.
    unset = {key for key, value in one["environment"].items() if value is None}
    assert unset == {f"COMPLAINTS_{setting.upper()}" for setting in HANDED_ON}


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_may_do_little_and_has_time_to_stop(name: str) -> None:
    one = OURS[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert int(one["stop_grace_period"].removesuffix("s")) > STOP_SECONDS


def test_the_image_is_built_once_and_everyone_else_waits_for_it() -> None:
    """Compose builds in parallel, and two builds of one name collide."""
    assert {name for name, one in SERVICES.items() if "build" in one} == {"prepare"}
    assert {name for name, one in OURS.items() if one["pull_policy"] != "never"} == {"prepare"}
    assert all("prepare" in one["depends_on"] for one in PROCESSES.values())


def test_the_image_holds_what_it_runs_and_nothing_else_of_this_folder() -> None:
    built = SERVICES["prepare"]["build"]
    recipe = (ROOT / built["dockerfile"]).read_text()
    copied = {
        line.split()[1].partition("/")[0] for line in recipe.splitlines() if line[:4] == "COPY"
    }
    ignored = (ROOT / f"{built['dockerfile']}.dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied - {"--from=packages"}


@pytest.mark.parametrize("name", set(SERVICES) - {"prepare"})
def test_a_health_check_is_quick_at_the_start_and_rare_afterwards(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert (check["interval"], check["start_interval"]) == ("30s", "2s")
    assert "start_period" in check  # without it Compose refuses start_interval


def test_who_ends_again_and_again_is_left_for_a_person_and_engines_always_come_back() -> None:
    assert {one["restart"] for one in PROCESSES.values()} == {"on-failure:5"}
    for name in ("kafka", "mongo"):
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert SERVICES[name]["stop_grace_period"] == "60s"


def test_the_catcher_keeps_every_mail() -> None:
    assert SERVICES["mail"]["environment"]["MP_MAX_MESSAGES"] == "0"


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_published_beyond_this_machine(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_from_here_exists_and_stays_as_it_is(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source, _, target = volume.partition(":")
        if source.startswith("."):
            assert (ROOT / source).is_dir(), source
            assert target.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]


def test_prometheus_watches_every_process_at_the_port_where_it_answers() -> None:
    jobs = scraped()
    assert jobs["workers"] == {
        f"{name}:{settings_of(PROCESSES[name]).health_port}" for name in BACK
    }
    assert jobs["api"] == {f"api:{settings_of(SERVICES['api']).api_port}"}
    assert jobs["console"] == {f"console:{settings_of(SERVICES['console']).console_port}"}


def test_the_console_watches_every_worker() -> None:
    watched = dict(
        item.strip().split("=") for item in settings_of(SERVICES["console"]).workers.split(",")
    )
    jobs = scraped()
    assert {url.removeprefix("http://") for url in watched.values()} == jobs["workers"] | jobs[
        "api"
    ]
    assert set(watched) == BACK | {"api"}


def test_all_that_a_newcomer_is_promised_is_there_and_says_whether_it_is_well() -> None:
    beside = {"kafka", "mongo", "mail", "prometheus", "alertmanager", "grafana"}
    assert set(SERVICES) == set(PROCESSES) | {"prepare"} | beside
    assert {name for name, one in SERVICES.items() if "healthcheck" not in one} == {"prepare"}


def test_the_sender_hands_its_mail_to_the_catcher_and_nowhere_else() -> None:
    sender = settings_of(SERVICES["sender"])
    assert (sender.smtp_host, sender.smtp_port, sender.webhook_url) == ("mail", 1025, "")


@pytest.mark.parametrize("name", BACK)
def test_links_in_notices_lead_to_pages_that_are_published(name: str) -> None:
    links = settings_of(PROCESSES[name])
    published = {port.rpartition(":")[0] for one in FRONT for port in SERVICES[one]["ports"]}
    told = {url.removeprefix("http://") for url in (links.public_url, links.console_url)}
    assert told == published


@pytest.mark.parametrize("name", FRONT | {"kafka", "mongo"})
def test_a_health_check_asks_at_the_port_where_it_is_answered(name: str) -> None:
    said = " ".join(SERVICES[name]["healthcheck"]["test"])
    port = {"api": "8080/readyz", "console": "8090/readyz", "kafka": "9092", "mongo": "hello()"}
    assert port[name] in said


def test_a_copy_of_a_worker_names_its_slot() -> None:
    assert all("COMPLAINTS_SLOT" in PROCESSES[name]["environment"] for name in BACK)


def test_the_broker_takes_the_largest_dead_letter() -> None:
    assert int(SERVICES["kafka"]["environment"]["KAFKA_MESSAGE_MAX_BYTES"]) == DEAD_MAX_BYTES


def test_every_broker_is_set_as_the_guarantees_ask() -> None:
    """ADR 0003: whoever died in a transaction is given up after a second and not ten, whoever died
    at all after six; what belongs together meets in one worker, and no offset expires."""
    asked = {
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "group.consumer.session.timeout.ms": "6000",
        "group.consumer.heartbeat.interval.ms": "1000",
        "group.consumer.assignors": "range,uniform",
        "offsets.retention.minutes": str(30 * 24 * 60),
        "auto.create.topics.enable": "false",
    }
    cluster = KafkaCluster("id", (1,), (2,), 512, {})
    embedded = broker_properties(cluster, 0, Path("data"))
    composed = SERVICES["kafka"]["environment"]
    for name, value in asked.items():
        assert embedded[name] == value, name
        assert composed[f"KAFKA_{name.upper().replace('.', '_')}"] == value, name


def test_secrets_stand_nowhere_in_the_files() -> None:
    for path in (ROOT / "docker-compose.yml", *(ROOT / "infra/prometheus").glob("*.yml")):
        for line in path.read_text().splitlines():
            found = re.search(r"(HMAC_KEYS|PERSONAL_KEYS|API_KEY|PASSWORD|SECRET): *(.*)", line)
            assert not found or found[2].startswith("${"), line


def has_compose() -> bool:
    docker = shutil.which("docker")
    return docker is not None and (
        subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
        == 0
    )


@pytest.mark.skipif(not has_compose(), reason="no `docker compose` here")
def test_compose_accepts_the_file() -> None:
    command = ["docker", "compose", "config", "--quiet"]
    for environment, accepted in ((SECRETS, True), ({}, False)):
        answer = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (answer.returncode == 0) is accepted, answer.stderr
