"""What was acknowledged survives the death of the primary, and everybody still agrees on it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pymongo.errors import PyMongoError

from infra.embedded.mongo import MongoNode
from services.adapters.mongo import open_database
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.domain.errors import OutageError
from tests.contract.examples import KEY, a_claim, an_entry
from tests.support.waiting import eventually

WRITERS = 4
MakeReplicaSet = Callable[[int], tuple[list[MongoNode], str]]


class Writer:
    """Claims and appends without end, as a worker would; remembers what it was told."""

    def __init__(self, uri: str, name: str) -> None:
        self.name = name
        self.winners: dict[str, str] = {}
        self.appended: list[int] = []
        self.outages = 0
        self._database = open_database(uri, "failover")
        self._dedup = MongoDedupStore(self._database)
        self._cases = MongoCaseStore(self._database, slot=name)

    def work_until(self, stop: threading.Event) -> "Writer":
        step = 0
        while not stop.is_set():
            try:
                self._step(step)
                step += 1
            except OutageError:
                self.outages += 1
        self._database.client.close()
        return self

    def wait_for_progress(self, claims: int) -> None:
        """Return once it was told about so many more claims."""
        wanted = len(self.winners) + claims
        eventually(lambda: len(self.winners) >= wanted, within=60, describe="progress")

    def _step(self, step: int) -> None:
        claims = [a_claim(f"claim-{step}-{i}", contact_id=self.name) for i in range(5)]
        for key, winner in self._dedup.insert_claims(claims).items():
            self.winners[key] = winner.contact_id
        newest = self._cases.newest_entries(KEY, 1, 10**6)
        n = newest[0].n + 1 if newest else 1
        if not self._cases.append([an_entry(n, sources=(f"{self.name}:0:{n}",))]):
            self.appended.append(n)


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_nothing_acknowledged_is_lost_or_changed_when_primaries_die(
    make_replica_set: MakeReplicaSet,
) -> None:
    nodes, uri = make_replica_set(3)
    stop = threading.Event()
    writers = [Writer(uri, f"writer-{i}") for i in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(writer.work_until, stop) for writer in writers]
        try:
            for _ in range(2):
                writers[0].wait_for_progress(200)
                primary = wait_for_primary(nodes)
                primary.kill()
                writers[0].wait_for_progress(50)
                primary.start()
        finally:
            stop.set()
        for finished in running:
            finished.result()

    database = open_database(uri, "failover")
    stored = MongoDedupStore(database).claims({key for w in writers for key in w.winners})
    log = MongoCaseStore(database).entries_after(KEY, 0)
    database.client.close()
    winners = {key: claim.contact_id for key, claim in stored.items()}
    assert all(winners[key] == told for w in writers for key, told in w.winners.items())
    assert [entry.n for entry in log] == list(range(1, len(log) + 1))
    authors = {entry.n: entry.sources[0].partition(":")[0] for entry in log}
    assert all(authors[n] == writer.name for writer in writers for n in writer.appended)


def wait_for_primary(nodes: list[MongoNode]) -> MongoNode:
    found = eventually(lambda: [n for n in nodes if is_primary(n)], 60, "a primary")
    return found[0]


def is_primary(node: MongoNode) -> bool:
    try:
        return node.is_running and bool(node.ask("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False
