"""Each port in both of its forms: a test that takes ``dedup`` runs in memory and on MongoDB."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from pymongo.database import Database

from infra.embedded.mongo import MongoNode, connection_string, form_replica_set
from infra.embedded.ports import choose_ports
from infra.embedded.programs import install_programs
from services.adapters.case_queries import CaseQueries, Queries
from services.adapters.memory_aftercare import MemoryAftercare
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_checkpoints import MemoryCheckpointStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_letters import MemoryLetterStore
from services.adapters.memory_queries import MemoryQueries
from services.adapters.memory_timers import MemoryTimerStore
from services.adapters.mongo import Document, open_database
from services.adapters.mongo_aftercare import MongoAftercare
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_checkpoints import MongoCheckpointStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_indexes import ensure_indexes
from services.adapters.mongo_letters import MongoLetterStore
from services.adapters.mongo_timers import MongoTimerStore
from services.domain.aftercare_store import AftercareStore
from services.domain.case_store import CaseStore
from services.domain.dedup_store import DedupStore
from services.domain.letter_store import LetterStore
from services.domain.timer_store import TimerStore
from services.runtime.ports import CheckpointStore

if TYPE_CHECKING:
    from infra.embedded import StackAddresses


@pytest.fixture(params=["memory", pytest.param("mongo", marks=pytest.mark.stack)])
def backend(request: pytest.FixtureRequest) -> str:
    """Which form of the ports a test runs on."""
    return cast(str, request.param)


@pytest.fixture(scope="session")
def shared_database(stack: "StackAddresses") -> Iterator[Database[Document]]:
    """One database for the run: making collections takes longer than most tests."""
    database = open_database(stack.mongo, f"contract_{secrets.token_hex(4)}")
    ensure_indexes(database)
    yield database
    database.client.drop_database(database.name)
    database.client.close()


@pytest.fixture
def database(shared_database: Database[Document]) -> Database[Document]:
    """The database, empty."""
    for name in shared_database.list_collection_names():
        shared_database[name].delete_many({})
    return shared_database


@pytest.fixture
def dedup(backend: str, request: pytest.FixtureRequest) -> DedupStore:
    if backend == "memory":
        return MemoryDedupStore()
    return MongoDedupStore(request.getfixturevalue("database"))


@pytest.fixture
def absorbed_sources(
    dedup: DedupStore, request: pytest.FixtureRequest
) -> Callable[[], dict[str, str]]:
    """Reads what was recorded as absorbed: source to rule (the port itself only writes it)."""
    if isinstance(dedup, MemoryDedupStore):
        return lambda: {one.source: one.rule for one in dedup.absorbed.values()}
    database = request.getfixturevalue("database")
    return lambda: {one["_id"]: one["rule"] for one in database["absorbed"].find()}


@pytest.fixture
def cases(backend: str, request: pytest.FixtureRequest) -> CaseStore:
    if backend == "memory":
        return MemoryCaseStore()
    return MongoCaseStore(request.getfixturevalue("database"))


@pytest.fixture
def checkpoints(backend: str, request: pytest.FixtureRequest) -> CheckpointStore:
    if backend == "memory":
        return MemoryCheckpointStore()
    return MongoCheckpointStore(request.getfixturevalue("database"))


@pytest.fixture
def timers(backend: str, request: pytest.FixtureRequest) -> TimerStore:
    if backend == "memory":
        return MemoryTimerStore()
    return MongoTimerStore(request.getfixturevalue("database"))


@pytest.fixture
def queries(dedup: DedupStore, cases: CaseStore, request: pytest.FixtureRequest) -> Queries:
    """The read side over what ``dedup`` and ``cases`` hold."""
    if isinstance(dedup, MemoryDedupStore):
        assert isinstance(cases, MemoryCaseStore)
        return MemoryQueries(dedup, cases)
    return CaseQueries(request.getfixturevalue("database"))


@pytest.fixture
def letters(backend: str, request: pytest.FixtureRequest) -> LetterStore:
    """What became of dead letters."""
    if backend == "memory":
        return MemoryLetterStore()
    return MongoLetterStore(request.getfixturevalue("database"))


@pytest.fixture
def aftercare(
    dedup: DedupStore, cases: CaseStore, letters: LetterStore, request: pytest.FixtureRequest
) -> AftercareStore:
    """Aftercare over what ``dedup``, ``cases`` and ``letters`` hold."""
    if isinstance(dedup, MemoryDedupStore):
        assert isinstance(cases, MemoryCaseStore)
        assert isinstance(letters, MemoryLetterStore)
        return MemoryAftercare(dedup, cases, letters=letters)
    return MongoAftercare(request.getfixturevalue("database"))


@pytest.fixture
def make_mongods(tmp_path: Path) -> Iterator[Callable[[int], list[MongoNode]]]:
    """Starts servers of the test's own, not yet a replica set, to be tormented."""
    started: list[MongoNode] = []

    def make(count: int) -> list[MongoNode]:
        programs = install_programs(lambda line: None)
        ports = choose_ports({f"mongo-{n}": None for n in range(count)}, {})
        for n, port in enumerate(ports.values()):
            node = MongoNode(n, port, tmp_path / f"data-{n}", tmp_path / "logs", programs, 0.25)
            started.append(node)
            node.launch()
        for node in started:
            node.wait_ready()
        return started

    yield make
    for node in started:
        node.kill()


@pytest.fixture
def make_replica_set(
    make_mongods: Callable[[int], list[MongoNode]],
) -> Callable[[int], tuple[list[MongoNode], str]]:
    """Starts a replica set of the test's own; gives its servers and its address."""

    def make(count: int) -> tuple[list[MongoNode], str]:
        nodes = make_mongods(count)
        form_replica_set(nodes, formed_before=False)
        return nodes, connection_string(nodes)

    return make
