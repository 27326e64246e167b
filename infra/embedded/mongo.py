"""MongoDB servers and the replica set they form; transactions and change streams need one.

The packaged server is 6.0.5, past its support: it listens on loopback only, and zlib, whose
decompression has a known hole in this version, is switched off.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from infra.embedded.errors import StackError
from infra.embedded.node import START_SECONDS, Node, wait_until
from infra.embedded.ports import HOST
from infra.embedded.programs import Programs

REPLICA_SET = "complaints"
OPLOG_MB = 1024
ALREADY_INITIALIZED, NOT_YET_INITIALIZED = 23, 94
LEAST_CACHE_GB, MOST_CACHE_GB = 0.5, 4.0
SHARE_OF_MEMORY = 1 / 8


def cache_gb(memory_bytes: int | None = None) -> float:
    """Return a cache in GB for a machine of so much memory, by default this one.

    Beyond a twentieth of it unwritten the server begins to write pages out and to read them
    back, again and again: a cache of 0.5 GB cost an eighth of its CPU at 60,000 cases. The
    workers and Kafka, with its files, need the rest of the memory more.

    >>> [cache_gb(gb << 30) for gb in (2, 8, 64)]
    [0.5, 1.0, 4.0]
    """
    if memory_bytes is None:
        memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    share = memory_bytes / (1 << 30) * SHARE_OF_MEMORY
    return round(min(max(share, LEAST_CACHE_GB), MOST_CACHE_GB), 2)


class MongoNode(Node):
    """One mongod with its folder."""

    def __init__(
        self, index: int, port: int, folder: Path, logs: Path, programs: Programs, cache_gb: float
    ) -> None:
        super().__init__(f"mongo-{index + 1}", logs / f"mongo-{index + 1}.log")
        self.address = f"{HOST}:{port}"
        self._port = port
        self._folder = folder
        self._programs = programs
        self._cache_gb = cache_gb
        self._is_member = False

    def command(self) -> list[str | Path]:
        self._folder.mkdir(parents=True, exist_ok=True)
        return [
            self._programs.mongod,
            "--dbpath", self._folder,
            "--port", str(self._port),
            "--bind_ip", HOST,
            "--nounixsocket",
            "--replSet", REPLICA_SET,
            "--oplogSize", str(OPLOG_MB),
            "--networkMessageCompressors", "snappy,zstd",
            "--wiredTigerCacheSizeGB", str(self._cache_gb),
            "--setParameter", "diagnosticDataCollectionEnabled=false",
            # A primary told to stop would let its clients go on for 15 s.
            "--setParameter", "shutdownTimeoutMillisForSignaledShutdown=200",
        ]  # fmt: skip

    def environment(self) -> Mapping[str, str]:
        return self._programs.mongod_environment

    def is_ready(self) -> bool:
        """Whether it answers, and once the set is formed: whether it serves in it."""
        try:
            greeting = self.ask("hello")
        except PyMongoError:
            return False
        serves = greeting.get("isWritablePrimary") or greeting.get("secondary")
        return bool(serves) or not self._is_member

    def joined(self) -> None:
        """From now on ready means serving, not merely answering."""
        self._is_member = True

    def ask(self, command: str, value: Any = 1, **arguments: Any) -> dict[str, Any]:
        """Run one administrative command on this very server, whatever its role."""
        with MongoClient[dict[str, Any]](
            f"mongodb://{self.address}/",
            directConnection=True,
            serverSelectionTimeoutMS=500,
            connectTimeoutMS=1000,
            socketTimeoutMS=10_000,
        ) as client:
            return client.admin.command(command, value, **arguments)


def connection_string(nodes: list[MongoNode]) -> str:
    return f"mongodb://{','.join(node.address for node in nodes)}/?replicaSet={REPLICA_SET}"


def form_replica_set(nodes: list[MongoNode], formed_before: bool) -> None:
    """Make the running servers one set with a primary, whatever ports they had before."""
    if not wait_until(lambda: _is_configured(nodes, formed_before), START_SECONDS):
        raise nodes[0].failure("it does not take part in a replica set")
    for node in nodes:
        node.joined()
        node.wait_ready()
    if not wait_until(lambda: any(map(_is_primary, nodes)), START_SECONDS):
        raise StackError("the MongoDB servers run but cannot agree on a primary")


def _is_configured(nodes: list[MongoNode], formed_before: bool) -> bool:
    """Bring the set's configuration up to date; False if the server is not ready for that yet.

    After a change of ports it may not be for half a minute: the server first looks for itself at
    its old address, where a program that says nothing keeps it waiting.
    """
    members = [{"_id": number, "host": node.address} for number, node in enumerate(nodes)]
    # A lost primary is replaced after 3 s, not 10 s: nothing here is far away.
    settings = {"heartbeatIntervalMillis": 500, "electionTimeoutMillis": 3000}
    wanted = {"_id": REPLICA_SET, "version": 1, "members": members, "settings": settings}
    try:
        present = nodes[0].ask("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED or formed_before:
            return False
        return _accepted(nodes[0], "replSetInitiate", wanted)
    except PyMongoError:
        return False
    if [member["host"] for member in present["members"]] == [node.address for node in nodes]:
        return True
    # Forced, because a server whose address is not in the set has no primary to ask.
    wanted["version"] = present["version"] + 1
    return _accepted(nodes[0], "replSetReconfig", wanted, force=True)


def _accepted(node: MongoNode, command: str, wanted: dict[str, Any], **options: bool) -> bool:
    try:
        node.ask(command, wanted, **options)
    except OperationFailure as error:
        if error.code in (ALREADY_INITIALIZED, NOT_YET_INITIALIZED):
            return False
        raise StackError(f"{node.name} refuses {command}: {error}") from error
    return True


def _is_primary(node: MongoNode) -> bool:
    try:
        return bool(node.ask("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False
