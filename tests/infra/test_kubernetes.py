"""The manifests: every process from one template, with slots, settings and probes that exist."""

import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.topics import PARTITIONS, TOPICS
from services.runtime.settings import OPENERS, Settings
from services.trends.pulse import STOP_SECONDS
from tests.infra.test_compose import BACK, FRONT, POLICIES, PROCESSES, settings_of

FOLDER = Path(__file__).resolve().parents[2] / "infra" / "kubernetes"


def documents(path: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all((FOLDER / path).read_text()) if one]


def patched(document: dict[str, Any], patch: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply operations that replace, or add to the end of a list, as kustomize would."""
    result = deepcopy(document)
    for step in patch:
        *way, last = step["path"].strip("/").split("/")
        part: Any = result
        for name in way:
            part = part[int(name)] if name.isdigit() else part[name]
        if step["op"] == "add":
            assert last == "-", step["path"]
            part.append(step["value"])
        else:
            assert (step["op"], last in part) == ("replace", True), step["path"]
            part[last] = step["value"]
    return result


def worker(name: str) -> dict[str, dict[str, Any]]:
    """The manifests of the worker ``name`` by kind."""
    [wish] = documents(f"workers/{name}/kustomization.yaml")
    assert wish["resources"] == ["../../worker"]
    assert wish["labels"] == [{"pairs": {"worker": name}, "includeSelectors": True}]
    found = {}
    for document in documents("worker/worker.yaml"):
        for one in wish["patches"]:
            if one["target"]["kind"] == document["kind"]:
                document = patched(document, yaml.safe_load(one["patch"]))
        found[document["kind"]] = document
    return found


def pods() -> dict[str, dict[str, Any]]:
    specs = {name: worker(name)["StatefulSet"]["spec"]["template"]["spec"] for name in BACK}
    for name in FRONT:
        specs[name] = documents(f"front/{name}.yaml")[0]["spec"]["template"]["spec"]
    return specs


def test_those_alone_who_write_to_people_get_the_keys_of_personal_data() -> None:
    wanted = {"secretRef": {"name": "complaints-personal"}}
    have = {name for name, pod in pods().items() if wanted in pod["containers"][0]["envFrom"]}
    assert have == OPENERS


def settings() -> Settings:
    lines = (FOLDER / "settings.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines)
    values = {name.removeprefix("COMPLAINTS_").lower(): value for name, value in pairs}
    assert values.keys() <= Settings.model_fields.keys()
    return Settings.model_validate(values)


def test_every_process_of_compose_is_applied() -> None:
    applied = documents("kustomization.yaml")[0]["resources"]
    wanted = {f"workers/{name}" for name in BACK} | {f"front/{name}.yaml" for name in FRONT}
    assert set(applied) == wanted | {"prepare.yaml"}
    assert {path.name for path in (FOLDER / "workers").iterdir()} == BACK


@pytest.mark.parametrize("name", sorted(BACK))
def test_a_worker_is_the_template_under_its_own_name(name: str) -> None:
    made = worker(name)
    assert {one["metadata"]["name"] for one in made.values()} == {name}
    assert made["StatefulSet"]["spec"]["serviceName"] == name


def test_every_copy_of_a_worker_has_a_slot_of_its_own() -> None:
    assert documents("worker/worker.yaml")[0]["kind"] == "StatefulSet"
    [variable] = pods()["cases"]["containers"][0]["env"]
    assert variable["name"] == "COMPLAINTS_SLOT"
    assert "pod-index" in variable["valueFrom"]["fieldRef"]["fieldPath"]


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_pod_runs_its_service_with_few_rights_and_is_asked_how_it_is(name: str) -> None:
    pod = pods()[name]
    [container] = pod["containers"]
    assert container["args"] == [f"services.{name}"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert pod["terminationGracePeriodSeconds"] > STOP_SECONDS
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_pod_sees_policies_of_ones_own_where_its_container_of_compose_does(name: str) -> None:
    pod = pods()[name]
    [volume] = [one for one in pod["volumes"] if one["name"] == "policies"]
    assert volume["configMap"] == {"name": "policies", "optional": True}
    [mount] = [one for one in pod["containers"][0]["volumeMounts"] if one["name"] == "policies"]
    assert mount["mountPath"] == POLICIES.split(":")[1]
    assert mount["readOnly"] is True


def test_ports_and_addresses_are_those_of_the_settings() -> None:
    own, compose = settings(), settings_of(PROCESSES["console"])
    ports = {
        name: pod["containers"][0]["ports"][0]["containerPort"] for name, pod in pods().items()
    }
    assert {ports[name] for name in BACK} == {own.health_port}
    assert (ports["api"], ports["console"]) == (own.api_port, own.console_port)
    assert own.api_url == compose.api_url
    assert own.workers == compose.workers.replace(" ", "")


def test_the_example_scales_by_a_topic_the_worker_reads_up_to_the_partitions() -> None:
    [example] = documents("autoscaling.yaml")
    name = example["spec"]["scaleTargetRef"]["name"]
    read = {topic.name for topic in TOPICS if name in topic.consumers}
    assert example["spec"]["triggers"][0]["metadata"]["topic"] in read
    assert example["spec"]["maxReplicaCount"] == PARTITIONS


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")
def test_kustomize_accepts_the_folder() -> None:
    answer = subprocess.run(
        ["kubectl", "kustomize", str(FOLDER)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
