"""Kafka brokers in KRaft mode; each is controller as well, so no other process is needed."""

import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.embedded.children import spawn
from infra.embedded.node import START_SECONDS, Node
from infra.embedded.ports import HOST
from infra.embedded.programs import Programs

MAX_MESSAGE_BYTES = 2 * 1024 * 1024
THIRTY_DAYS_MINUTES = 30 * 24 * 60


@dataclass(frozen=True)
class KafkaCluster:
    """What the brokers of one instance have in common."""

    cluster_id: str
    ports: tuple[int, ...]
    controller_ports: tuple[int, ...]
    heap_mb: int
    extra_properties: Mapping[str, str]

    @property
    def addresses(self) -> str:
        return ",".join(f"{HOST}:{port}" for port in self.ports)


def broker_properties(cluster: KafkaCluster, index: int, folder: Path) -> dict[str, str]:
    """Return the configuration of one broker; the cluster's extra properties win.

    Values differ from Kafka's defaults for a reason: the design's exactly-once rules ask for quick
    clean-up of dead transactions and quick detection of dead workers; the rest makes a broker for
    one machine, with few partitions of the internal topics and small buffers.
    """
    brokers = len(cluster.ports)
    copies, in_sync = str(min(brokers, 3)), str(min(brokers, 2))
    voters = ",".join(f"{n}@{HOST}:{port}" for n, port in enumerate(cluster.controller_ports, 1))
    return {
        "process.roles": "broker,controller",
        "node.id": str(index + 1),
        "controller.quorum.voters": voters,
        "listeners": (
            f"BROKER://{HOST}:{cluster.ports[index]},"
            f"CONTROLLER://{HOST}:{cluster.controller_ports[index]}"
        ),
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder / "log"),
        # Topics are provisioned; a typing error must not make one.
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": "8",
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
        # With the default of 10 s a worker killed inside a transaction stalls readers for 14 s.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        # An expired offset would be a silent gap.
        "offsets.retention.minutes": str(THIRTY_DAYS_MINUTES),
        # A killed broker may not come back, nor be replaced as leader, before its session ends.
        "broker.session.timeout.ms": "6000",
        "broker.heartbeat.interval.ms": "1000",
        # Dead workers are noticed after 6 s, not 45 s.
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "3000",
        "group.consumer.session.timeout.ms": "6000",
        "group.consumer.min.session.timeout.ms": "3000",
        "group.consumer.heartbeat.interval.ms": "1000",
        "group.consumer.min.heartbeat.interval.ms": "500",
        # `uniform` would split topics that must meet in one worker.
        "group.consumer.assignors": "range,uniform",
        "message.max.bytes": str(MAX_MESSAGE_BYTES),
        "replica.fetch.max.bytes": str(MAX_MESSAGE_BYTES + 64 * 1024),
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
        "num.network.threads": "2",
        "num.io.threads": "4",
        **cluster.extra_properties,
    }


class KafkaNode(Node):
    """One broker with its folder: configuration, data and temporary files."""

    def __init__(
        self, index: int, cluster: KafkaCluster, folder: Path, logs: Path, programs: Programs
    ) -> None:
        super().__init__(f"kafka-{index + 1}", logs / f"kafka-{index + 1}.log")
        self.address = f"{HOST}:{cluster.ports[index]}"
        self._node_id = index + 1
        self._folder = folder
        self._cluster = cluster
        self._programs = programs
        self._configuration = folder / "server.properties"
        self._properties = broker_properties(cluster, index, folder)

    def write_configuration(self) -> None:
        """Write the configuration anew: ports may differ from the last start's."""
        (self._folder / "tmp").mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in self._properties.items()]
        self._configuration.write_text("".join(lines), encoding="utf-8")

    def begin_format(self) -> "subprocess.Popen[bytes] | None":
        """Start giving a new storage its identity; None if it has one."""
        if (self._folder / "log" / "meta.properties").exists():
            return None
        # In one word: one id in 64 begins with "-", and would be read as an option of its own.
        identity = f"--cluster-id={self._cluster.cluster_id}"
        tool = ["kafka.tools.StorageTool", "format", identity, "--ignore-formatted"]
        return spawn([*self._java(64), *tool, "-c", self._configuration], self.log)

    def finish_format(self, tool: "subprocess.Popen[bytes] | None") -> None:
        """Wait for what :meth:`begin_format` started."""
        if tool and tool.wait(START_SECONDS) != 0:
            raise self.failure("its storage cannot be formatted")

    def command(self) -> list[str | Path]:
        return [*self._java(self._cluster.heap_mb), "kafka.Kafka", self._configuration]

    def is_ready(self) -> bool:
        """Whether this broker answers and the cluster has let it in."""
        host, _, port = self.address.partition(":")
        try:
            socket.create_connection((host, int(port)), timeout=0.2).close()
            client = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
            return self._node_id in client.list_topics(timeout=1).brokers
        except (OSError, KafkaException):
            return False

    def _java(self, heap_mb: int) -> list[str | Path]:
        return [
            self._programs.java,
            f"-Xmx{heap_mb}m",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            *self._programs.java_options,
            "-Djava.awt.headless=true",
            # Native libraries are unpacked here: /tmp may be full, or closed to programs.
            f"-Djava.io.tmpdir={self._folder / 'tmp'}",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
            "-Dorg.slf4j.simpleLogger.showShortLogName=true",
            "-cp",
            self._programs.class_path,
        ]


def prepare_storage(nodes: list[KafkaNode]) -> None:
    """Write the configurations and format what is new, all brokers side by side."""
    for node in nodes:
        node.write_configuration()
    tools = [(node, node.begin_format()) for node in nodes]
    for node, tool in tools:
        node.finish_format(tool)
