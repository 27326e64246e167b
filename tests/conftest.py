"""Fixtures: one real Kafka and MongoDB per test run, one namespace in them per test."""

import gc
import os
import signal
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.findings import Findings
from tests.faults.shown import Keeper
from tests.support.read_once import read_policies_once
from tests.support.second_chance import LateTests
from tests.support.waiting import PATIENCE

if TYPE_CHECKING:
    from infra.embedded import StackAddresses
    from tests.support.namespaces import Namespace
    from tests.support.processes import WorkerProcess

ROOT = Path(__file__).resolve().parents[1]

# Brokers of tests live for minutes: with the quick compiler alone they start with half of the
# processor time, and need half of it for their first 20,000 records (with 100,000 it turns).
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
read_policies_once()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the run choose its engines."""
    parser.addoption(
        "--stack",
        choices=("embedded", "containers"),
        default="embedded",
        help="where Kafka and MongoDB come from: child processes, or docker-compose.yml's images",
    )
    parser.addoption(
        "--calendar-cases",
        type=int,
        default=2000,
        help="random deadlines to compare with a counter of minutes; 100000 for the whole proof",
    )
    parser.addoption(
        "--any-order",
        type=int,
        default=24,
        help="random orders in which dedup and cases take the same contacts; 2000 for the proof",
    )
    parser.addoption(
        "--faults",
        action="store_true",
        help="the long form of tests/faults: every fault, more of each, longer outages",
    )
    parser.addoption(
        "--late-to",
        type=Path,
        metavar="FILE",
        help="write there which tests failed, and which of them only because a deadline passed",
    )
    parser.addoption(
        "--shown-to",
        type=Path,
        metavar="FILE",
        help="write there what became of the tests, for a table over several runs",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse containers without an engine at once: a test that skips proves nothing."""
    if session.config.getoption("--stack") == "containers":
        from tests.support.containers import EngineMissingError, require_engine

        try:
            require_engine()
        except EngineMissingError as missing:
            raise pytest.UsageError(str(missing)) from None


def pytest_configure(config: pytest.Config) -> None:
    """Let two packages be: kafka-python 3.0 reads its own schemas the deprecated way, and
    Starlette's test client would rather have another HTTP client. Ours stay errors."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background, where Ctrl-C is ignored, also by all children. Tests press it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--faults"):
        os.environ["COMPLAINTS_FAULTS"] = "full"  # before tests/faults/forms.py is imported
    if (late := config.getoption("--late-to")) is not None:
        config.pluginmanager.register(LateTests(late))
    config.pluginmanager.register(Keeper(config.getoption("--shown-to")))
    config.addinivalue_line("filterwarnings", "ignore:(open|read)_text is:DeprecationWarning")
    config.addinivalue_line("filterwarnings", "ignore:Using `httpx` with `starlette.testclient`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs the engines, so that ``-m "not stack"`` leaves it out; and let a test's
    own limit have the patience that waiting has, or the test is cut before it says for what."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker("stack")
        if (limit := item.get_closest_marker("timeout")) is not None:
            item.add_marker(pytest.mark.timeout(limit.args[0] * PATIENCE), append=False)
    _refuse_to_hide(items)
    if os.environ.get("COMPLAINTS_FAULTS") != "full":
        _leave_out_long_forms(config, items)


def _leave_out_long_forms(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Wherever they are: a run of some folders must not take them for its own."""
    long = [item for item in items if item.get_closest_marker("long_fault")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long_fault")]


def _refuse_to_hide(items: list[pytest.Item]) -> None:
    """A test on engines outside of these folders would never run in CI."""
    from services.cli.test import ON_ENGINES

    folders = {ROOT / folder for half in ON_ENGINES.values() for folder in half}
    for item in items:
        if item.get_closest_marker("stack") and not folders & set(item.path.parents):
            raise pytest.UsageError(f"{item.nodeid} uses engines: move it to one of {folders}")


def pytest_collection_finish() -> None:
    """Look for cycles seldom, and never in what was imported: what only computes (simulation,
    models) spent a fifth of its time on looking."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture
def findings(request: pytest.FixtureRequest) -> Iterator[Findings]:
    """Collects what this test injected and measured, for the table of faults."""
    collected = Findings(request.node.nodeid)
    yield collected
    collected.close()


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> "Iterator[StackAddresses]":
    """The addresses of engines that this test run started itself, at the first need."""
    if pytestconfig.getoption("--stack") == "containers":
        from tests.support.containers import container_stack

        with container_stack() as addresses:
            yield addresses
        return
    from infra.embedded import EmbeddedStack
    from tests.support.namespaces import close_forgotten_clients

    folder = tmp_path_factory.mktemp("stack")
    with EmbeddedStack(folder, progress=lambda line: None, usual_ports=False) as engines:
        yield engines.addresses
        close_forgotten_clients()


@pytest.fixture
def make_namespace(stack: "StackAddresses") -> "Iterator[Callable[..., Namespace]]":
    """Makes namespaces: ``make_namespace(partitions=12)``; gone after the test."""
    from tests.support.namespaces import a_namespace

    with ExitStack() as made:
        yield lambda **wishes: made.enter_context(a_namespace(stack, **wishes))


@pytest.fixture
def namespace(make_namespace: "Callable[..., Namespace]") -> "Namespace":
    """Topics, database and settings that belong to this test alone."""
    return make_namespace()


@pytest.fixture
def start_worker(
    namespace: "Namespace", tmp_path: Path
) -> "Iterator[Callable[..., WorkerProcess]]":
    """Starts worker processes on the namespace: ``start_worker("dedup", slot=1)``.

    ``ready_within=None`` does not wait for readiness. With the first ``cases`` start those who
    stand between it and dedup. Whatever still runs at the end of the test is killed.
    """
    from tests.support.processes import Between, WorkerProcess

    with ExitStack() as running:
        between = Between(running, tmp_path)

        def start(
            name: str,
            slot: int = 0,
            ready_within: float | None = 30.0,
            without: Collection[str] = (),
            **environment: str,
        ) -> WorkerProcess:
            between.start_with(name, namespace.settings, environment, without)
            worker = WorkerProcess(name, namespace.settings, tmp_path, slot, **environment)
            running.push(worker)
            return worker.start(ready_within)

        yield start
