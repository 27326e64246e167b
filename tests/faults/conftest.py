"""Faults on real engines: of each kind the smallest that means something, in four minutes.
``--faults`` (or ``COMPLAINTS_FAULTS=full``) runs the long form, with what is marked
``long_fault``.

Tests that kill an engine get engines of their own (``own_namespace``); the others share those
of the session. What was injected and what came of it is printed as a table at the end.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from infra.embedded import EmbeddedStack
    from tests.support.mutant_worker import MutantProcess
    from tests.support.namespaces import Namespace


@pytest.fixture(scope="session")
def own_engines(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[EmbeddedStack]":
    """Engines that may be killed."""
    from infra.embedded import EmbeddedStack
    from tests.support.namespaces import close_forgotten_clients

    folder = tmp_path_factory.mktemp("engines")
    with EmbeddedStack(folder, progress=lambda line: None, usual_ports=False) as engines:
        yield engines
        close_forgotten_clients()


@pytest.fixture
def own_namespace(own_engines: "EmbeddedStack") -> "Iterator[Namespace]":
    """A namespace on the engines that may be killed; marked by hand, as they are a stack."""
    from tests.support.namespaces import a_namespace

    with a_namespace(own_engines.addresses) as namespace:
        yield namespace


@pytest.fixture
def start_on(tmp_path: Path) -> "Iterator[Callable[..., MutantProcess]]":
    """Starts changed workers on any namespace: ``start_on(namespace, "", "dedup", 1)``."""
    from tests.support.mutant_worker import MutantProcess
    from tests.support.processes import Between

    with ExitStack() as running:
        between = Between(running, tmp_path)

        def start(
            namespace: "Namespace",
            changes: str,
            name: str,
            slot: int = 0,
            ready_within: float | None = None,
            without: Collection[str] = (),
            **environment: str,
        ) -> MutantProcess:
            between.start_with(name, namespace.settings, environment, without)
            worker = MutantProcess(changes, name, namespace.settings, tmp_path, slot, **environment)
            running.push(worker)
            return worker.start(ready_within)

        yield start


@pytest.fixture
def start_mutant(
    namespace: "Namespace", start_on: "Callable[..., MutantProcess]"
) -> "Callable[..., MutantProcess]":
    """Starts changed workers on the namespace: ``start_mutant("freeze@before_begin:3",
    "dedup", slot=1)``; without changes (``""``) good ones."""

    def start(changes: str, name: str, **wishes: object) -> "MutantProcess":
        return start_on(namespace, changes, name, **wishes)

    return start
