"""The engines of one instance, started and stopped together."""

import base64
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from infra.embedded.errors import MachineUnfitError, NodeFailedError, PortTakenError, StackError
from infra.embedded.files import own_folder, read_json, write_json
from infra.embedded.instance import remove_instance, write_instance
from infra.embedded.kafka import KafkaCluster, KafkaNode, prepare_storage
from infra.embedded.mongo import MongoNode, cache_gb, connection_string, form_replica_set
from infra.embedded.node import Node, stop_all
from infra.embedded.ports import choose_ports
from infra.embedded.programs import Programs, install_programs
from infra.embedded.quickstart import with_quick_start

USUAL_PORTS = {"kafka": 9092, "controller": 9192, "mongo": 27017}
LAYOUT = "layout.json"
LEAST_FREE_MB = 1024
PORT_ATTEMPTS = 3


@dataclass(frozen=True)
class StackAddresses:
    """Where clients connect: Kafka's bootstrap servers and MongoDB's connection string."""

    kafka: str
    mongo: str


class EmbeddedStack:
    """Kafka and MongoDB on one data folder; a context manager that starts and stops them.

    After :meth:`start` the single engines are in ``kafka`` and ``mongo``, where tests kill, pause,
    resume and start them. ``brokers`` and ``mongods`` are fixed at a folder's first start.
    """

    def __init__(
        self,
        data_dir: Path,
        brokers: int = 1,
        mongods: int = 1,
        kafka_heap_mb: int = 512,
        progress: Callable[[str], None] = print,
        *,
        mongo_cache_gb: float | None = None,
        kafka_properties: Mapping[str, str] | None = None,
        usual_ports: bool = True,
    ) -> None:
        self.kafka: list[KafkaNode] = []
        self.mongo: list[MongoNode] = []
        self._data_dir = data_dir.absolute()
        self._brokers = brokers
        self._mongods = mongods
        self._kafka_heap_mb = kafka_heap_mb
        self._progress = progress
        self._mongo_cache_gb = cache_gb() if mongo_cache_gb is None else mongo_cache_gb
        self._kafka_properties = dict(kafka_properties or {})
        self._usual_ports = usual_ports
        self._ownership: IO[str] | None = None
        self._addresses: StackAddresses | None = None

    @property
    def addresses(self) -> StackAddresses:
        """The addresses of the running engines."""
        if self._addresses is None:
            raise StackError("the embedded engines are not running")
        return self._addresses

    def start(self) -> StackAddresses:
        """Bring everything up and return where it is; leaves nothing running if that fails."""
        if self._ownership is not None:
            return self.addresses
        self._ownership = own_folder(self._data_dir)
        try:
            self._require_space()
            self._require_same_size()
            programs = with_quick_start(install_programs(self._progress), self._progress)
            self._addresses = self._start_on_free_ports(programs)
            write_instance(self._data_dir, asdict(self._addresses))
        except BaseException:
            self.stop()
            raise
        return self._addresses

    def stop(self) -> None:
        """Stop the engines in an orderly way; data stay. Stopping twice is fine."""
        stop_all(self._nodes())
        self._addresses = None
        if self._ownership is not None:
            remove_instance(self._data_dir)
            self._ownership.close()
            self._ownership = None

    def failures(self) -> list[NodeFailedError]:
        """Describe the engines that ended although nobody stopped them; for a watching loop."""
        return [node.failure() for node in self._nodes() if node.has_failed]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _nodes(self) -> list[Node]:
        return [*self.kafka, *self.mongo]

    def _require_space(self) -> None:
        free_mb = shutil.disk_usage(self._data_dir).free // 1024**2
        if free_mb < LEAST_FREE_MB:
            raise MachineUnfitError(
                f"only {free_mb} MB are free on the disk of {self._data_dir}; "
                f"Kafka and MongoDB need {LEAST_FREE_MB} MB to start"
            )

    def _require_same_size(self) -> None:
        made = read_json(self._data_dir / LAYOUT)
        if made and (made["brokers"], made["mongods"]) != (self._brokers, self._mongods):
            raise StackError(
                f"{self._data_dir} was made with {made['brokers']} Kafka and "
                f"{made['mongods']} MongoDB; ask for as many, or choose another folder"
            )

    def _start_on_free_ports(self, programs: Programs) -> StackAddresses:
        """Start; if somebody takes a port in the seconds between our look and theirs, again."""
        for _ in range(PORT_ATTEMPTS - 1):
            try:
                return self._start_engines(programs)
            except PortTakenError as error:
                self._progress(f"{error.name}: {error.reason}; trying other ports")
                stop_all(self._nodes(), seconds=0)
        return self._start_engines(programs)

    def _start_engines(self, programs: Programs) -> StackAddresses:
        layout = self._layout()
        self._make_nodes(layout, programs)
        self._progress(f"starting {self._brokers} Kafka and {self._mongods} MongoDB …")
        for database in self.mongo:
            database.launch()
        prepare_storage(self.kafka)
        for broker in self.kafka:
            broker.launch()
        for database in self.mongo:
            database.wait_ready()
        form_replica_set(self.mongo, layout["replica_set_formed"])
        write_json(self._data_dir / LAYOUT, {**layout, "replica_set_formed": True})
        for broker in self.kafka:
            broker.wait_ready()
        kafka = ",".join(broker.address for broker in self.kafka)
        return StackAddresses(kafka, connection_string(self.mongo))

    def _make_nodes(self, layout: dict[str, Any], programs: Programs) -> None:
        ports, logs = layout["ports"], self._data_dir / "logs"
        cluster = KafkaCluster(
            layout["cluster_id"],
            tuple(ports[f"kafka-{n + 1}"] for n in range(self._brokers)),
            tuple(ports[f"controller-{n + 1}"] for n in range(self._brokers)),
            self._kafka_heap_mb,
            self._kafka_properties,
        )
        self.kafka = [
            KafkaNode(n, cluster, self._data_dir / f"kafka-{n + 1}", logs, programs)
            for n in range(self._brokers)
        ]
        self.mongo = [
            MongoNode(
                n,
                ports[f"mongo-{n + 1}"],
                self._data_dir / f"mongo-{n + 1}",
                logs,
                programs,
                self._mongo_cache_gb,
            )
            for n in range(self._mongods)
        ]

    def _layout(self) -> dict[str, Any]:
        """Read what this folder was made for, give it ports that are free now, and keep both."""
        path = self._data_dir / LAYOUT
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        new = {"cluster_id": cluster_id, "ports": {}, "replica_set_formed": False}
        size = {"brokers": self._brokers, "mongods": self._mongods}
        layout = {**new, **read_json(path), **size}
        layout["ports"] = choose_ports(self._port_wishes(), layout["ports"])
        write_json(path, layout)
        return layout

    def _port_wishes(self) -> dict[str, int | None]:
        sizes = {"kafka": self._brokers, "controller": self._brokers, "mongo": self._mongods}
        return {
            f"{role}-{n + 1}": USUAL_PORTS[role] + n if self._usual_ports else None
            for role, size in sizes.items()
            for n in range(size)
        }
