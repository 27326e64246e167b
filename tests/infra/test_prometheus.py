"""Rules, alerts and dashboard: they work, they ask for metrics that exist, and each alert has a
page that says what to do."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import system
from infra.grafana import build
from services.runtime.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "infra" / "prometheus"
BY_PROMETHEUS = {"up", "ALERTS"}
TESTS_OF_ALERTS = ("alerts_test.yml", "alerts_hours_test.yml")


def yaml_of(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text())


def rules(name: str) -> list[dict[str, Any]]:
    return [rule for group in yaml_of(name)["groups"] for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules("alerts.yml")}
RECORDED = {rule["record"]: rule for rule in rules("rules.yml")}


def promtool(*arguments: str, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [system.require("promtool"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def said(answer: subprocess.CompletedProcess[str]) -> str:
    return f"{answer.stdout}\n{answer.stderr}"


def test_prometheus_reads_the_rules_and_the_configuration() -> None:
    answer = promtool("check", "rules", "--lint=all", "rules.yml", "alerts.yml")
    assert answer.returncode == 0, said(answer)
    answer = promtool("check", "config", "--syntax-only", "prometheus.yml")
    assert answer.returncode == 0, said(answer)


@pytest.mark.parametrize("file", TESTS_OF_ALERTS)
def test_every_alert_is_quiet_when_it_should_be_and_speaks_when_it_must(file: str) -> None:
    answer = promtool("test", "rules", file)
    assert answer.returncode == 0, said(answer)


@pytest.mark.parametrize(
    ("alert", "file", "right", "wrong"),
    [
        (
            "BreakerOpen",
            "alerts.yml",
            "complaints_breaker_open == 1",
            "complaints_breaker_open == 2",
        ),
        (
            "UnsafeOffsets",
            "alerts.yml",
            "complaints_alarms_total > 0",
            "increase(complaints_alarms_total[10m]) > 0",
        ),
        (
            "NoPartitionsServed",
            "rules.yml",
            "sum by (worker) (complaints_part",
            "max by (instance) (complaints_part",
        ),
        (
            "DeadLettersGrow",
            "rules.yml",
            "or (complaints_dead_letters_total unless",
            "or (vector(0) unless",
        ),
    ],
)
def test_the_tests_of_an_alert_notice_a_wrong_rule(
    tmp_path: Path, alert: str, file: str, right: str, wrong: str
) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / "prometheus")
    tests = yaml_of("alerts_test.yml")
    tests["tests"] = [one for one in tests["tests"] if one["name"] == alert]
    (copy / "one_alert_test.yml").write_text(yaml.safe_dump(tests))
    assert promtool("test", "rules", "one_alert_test.yml", folder=copy).returncode == 0
    text = (copy / file).read_text()
    assert right in text
    (copy / file).write_text(text.replace(right, wrong))
    assert promtool("test", "rules", "one_alert_test.yml", folder=copy).returncode == 1


def test_every_alert_is_tested_both_ways() -> None:
    quiet: set[str] = set()
    loud: set[str] = set()
    for test in (test for file in TESTS_OF_ALERTS for test in yaml_of(file)["tests"]):
        for case in test["alert_rule_test"]:
            (loud if case["exp_alerts"] else quiet).add(case["alertname"])
    assert quiet == loud == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_what_it_is_and_what_to_do(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["runbook"] == f"docs/runbooks/{name}.md"
    page = (ROOT / alert["annotations"]["runbook"]).read_text()
    assert page.startswith(f"# {name}\n")
    for part in ("**Seen as.**", "**Means.**", "**Look.**", "**Mend.**"):
        assert part in page


def known_metrics() -> set[str]:
    kinds = {metric.name: metric.kind for metric in CATALOGUE}
    plain = {name for name, kind in kinds.items() if kind != "histogram"}
    histograms = {name for name, kind in kinds.items() if kind == "histogram"}
    return plain | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}


def metrics_in(expression: str) -> set[str]:
    """Names of metrics and of recorded series in a PromQL expression."""
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]', "", expression)
    return {
        name
        for name in re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", bare)
        if name.startswith("complaints_") or ":" in name or name in BY_PROMETHEUS
    }


def panels() -> Iterator[dict[str, Any]]:
    for panel in json.loads(build.FILE.read_text())["panels"]:
        if panel["type"] != "row":
            yield panel


def expressions() -> list[Any]:
    shown = [
        pytest.param(target["expr"], id=f"dashboard/{panel['title']}/{target['refId']}")
        for panel in panels()
        for target in panel["targets"]
    ]
    written = [
        pytest.param(rule["expr"], id=name) for name, rule in (*ALERTS.items(), *RECORDED.items())
    ]
    return written + shown


@pytest.mark.parametrize("expression", expressions())
def test_what_is_asked_for_exists(expression: str) -> None:
    asked = metrics_in(expression)
    assert asked, "nothing of ours is asked for"
    assert asked - known_metrics() - RECORDED.keys() - BY_PROMETHEUS == set()


def test_every_metric_of_the_catalogues_is_looked_at_somewhere() -> None:
    looked_at = {name for param in expressions() for name in metrics_in(param.values[0])}
    stems = {re.sub(r"_(bucket|sum|count)$", "", name) for name in looked_at}
    catalogue = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known_metrics()}
    assert catalogue - stems == set()


def test_every_recorded_series_is_used() -> None:
    used = {name for param in expressions() for name in metrics_in(param.values[0])}
    assert RECORDED.keys() - used == set()


def test_the_dashboard_is_the_one_that_is_built() -> None:
    assert build.main(["--check"]) == 0


def test_the_panels_do_not_overlap_and_have_ids_of_their_own() -> None:
    everything = json.loads(build.FILE.read_text())["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    taken: set[tuple[int, int]] = set()
    for panel in everything:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_the_alertmanager_sends_every_severity_somewhere() -> None:
    config = yaml_of("alertmanager.yml")
    receivers = {receiver["name"] for receiver in config["receivers"]}
    routes = [config["route"], *config["route"]["routes"]]
    assert {route["receiver"] for route in routes} == receivers
    for rule in config["inhibit_rules"]:
        named = re.findall(r"[A-Z]\w+", str(rule["source_matchers"] + rule["target_matchers"]))
        assert set(named) <= set(ALERTS)
