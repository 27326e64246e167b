"""One catalogue of metrics: nothing is exported that is not in it, and the page says the same."""

import ast
import re

import pytest
from prometheus_client import CollectorRegistry

from infra import metrics_page
from services.aftercare.metrics import AftercareMetrics
from services.api.metrics import ApiMetrics
from services.audit.follow_metrics import FollowMetrics
from services.console.metrics import ConsoleMetrics
from services.runtime.catalogue import CATALOGUE
from services.runtime.catalogue.metric import MEASURES, Metric
from services.runtime.catalogue.watchers import AUDIT
from services.runtime.metrics import PrometheusMetrics
from tests.architecture.test_rules import name_of, tracked

MANY_VALUES = 30
MAKER = "services/runtime/catalogue/metric.py"
IDS = re.compile(r"(^|_)(id|key|text|person|name|address|contact|case)(_|$)")


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_a_metric_is_named_by_its_unit_and_explained(metric: Metric) -> None:
    assert re.fullmatch(r"complaints_[a-z_]+", metric.name)
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    words = metric.name.split("_")
    assert {*words} & MEASURES == {metric.unit} & MEASURES
    if metric.unit == "seconds":
        assert metric.name.removesuffix("_total").endswith("_seconds")
    assert not {*words} & {"ms", "millis", "milliseconds", "minutes", "kb", "percent"}
    assert metric.help.endswith(".")
    assert re.fullmatch(r"[a-z]+", metric.unit)
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert list(metric.buckets) == sorted(metric.buckets)


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_labels_have_few_values_and_say_who_makes_them(metric: Metric) -> None:
    for label, values in metric.labels.items():
        assert not IDS.search(label)
        assert values
        if not isinstance(values, str):
            assert len({*values}) == len(values) <= MANY_VALUES


def test_names_are_unique() -> None:
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE)


def test_what_the_processes_register_is_the_catalogue() -> None:
    """But for what ``complaints audit --metrics`` writes, which has a test of its own."""
    workers = CollectorRegistry()
    PrometheusMetrics(workers)
    fronts = (ApiMetrics(), ConsoleMetrics(), FollowMetrics(), AftercareMetrics())
    made = [family for one in (workers, *(f.registry for f in fronts)) for family in one.collect()]
    registered = [
        (one.name + ("_total" if one.type == "counter" else ""), one.type) for one in made
    ]
    assert registered == [(one.name, one.kind) for one in CATALOGUE if one not in AUDIT]


def test_nobody_makes_a_metric_beside_the_catalogue() -> None:
    makers = set()
    for path in tracked("services/*.py", "schemas/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "prometheus_client":
                kinds = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"}
                if kinds & {alias.name for alias in node.names}:
                    makers.add(name_of(path))
            if isinstance(node, ast.Import):
                assert all(not one.name.startswith("prometheus_client") for one in node.names)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"# (TYPE|HELP) ", node.value), name_of(path)
    assert makers == {MAKER}


def test_every_metric_is_documented_and_nothing_else_is() -> None:
    row = re.compile(r"^\| `([a-z_]+)` \| (\w+) \| (\w+) \| ([\w, ]*?) ?\| \S", re.M)
    documented = row.findall(metrics_page.FILE.read_text())
    declared = [(one.name, one.kind, one.unit, ", ".join(one.labels)) for one in CATALOGUE]
    assert documented == declared


def test_the_table_of_labels_is_the_one_that_is_made() -> None:
    assert metrics_page.main(["--check"]) == 0
