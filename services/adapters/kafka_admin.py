"""Topics made from the topic table, and what the cluster says about them.

Making is idempotent and never destroys: an existing topic keeps its records, its partitions
and its settings; where it differs from the table, the report says so and what it means.
"""

import base64
import gc
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import Any, Final, TypeVar
from uuid import UUID

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigFilterType, ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupIdNotFoundError,
    KafkaError,
    NotCoordinatorError,
    TopicAlreadyExistsError,
    for_code,
)

from schemas.topics import PARTITIONS, TOPICS
from services.adapters.kafka_plans import Plan, Report, differences, plans
from services.domain.errors import ComplaintsError, OutageError

C = TypeVar("C")

COORDINATOR_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0
BOOTSTRAP_MS: Final = 10_000
PIECEMEAL_SECONDS: Final = 5.0
PIECEMEAL_MS: Final = 500
"""How long one partition may take to say an offset, where they are asked one by one."""


class TopicError(ComplaintsError):
    """The cluster refused to make a topic."""


@contextmanager
def admin_of(bootstrap: str) -> Iterator[KafkaAdminClient]:
    """Yield an admin client that is closed afterwards.

    Raises:
        OutageError: nobody answers there, or stops answering.
    """
    _see_that_somebody_listens(bootstrap)
    admin = connected(KafkaAdminClient, bootstrap, client_id="complaints-admin")
    try:
        yield admin
    except KafkaError as error:
        raise OutageError("kafka", f"{type(error).__name__}: {error}") from error
    finally:
        admin.close()


def connected(kind: type[C], bootstrap: str, **configs: Any) -> C:
    """Return a client of kafka-python that has met a broker.

    The library starts a thread and opens sockets before it looks for one, and leaves them behind
    when nobody answers (3.0.12): so what it made by then is closed here.

    Raises:
        OutageError: nobody answers there.
    """
    client: Any = kind.__new__(kind)
    try:
        client.__init__(bootstrap_servers=bootstrap, bootstrap_timeout_ms=BOOTSTRAP_MS, **configs)
        made: C = client
        return made
    except KafkaError as error:
        refusal = str(error)
        client._client.close()
        client._net.stop()
    # Sockets that it tried hang in cycles, which a worker collects only after hours.
    del client
    gc.collect()
    raise OutageError("kafka", f"no broker answers at {bootstrap}: {refusal}")


def _see_that_somebody_listens(bootstrap: str) -> None:
    """Say at once what kafka-python finds out in ten seconds, leaving sockets open."""
    for server in bootstrap.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
        except (OSError, ValueError):
            continue
        return
    raise OutageError("kafka", f"no broker answers at {bootstrap}")


def apply_topics(
    bootstrap: str,
    prefix: str = "",
    partitions: int | None = None,
    replication: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Make what is missing and report the rest.

    ``partitions`` None takes the count that the installation already has (a later release
    adds its topics with it), else the table's.

    Raises:
        OutageError: the cluster is away.
        TopicError: the cluster refuses a topic (too few brokers for ``replication`` …).
    """
    say = progress or (lambda _: None)
    with admin_of(bootstrap) as admin:
        existing = _partition_counts(admin, prefix)
        count = partitions or _count_in_use(existing, prefix) or PARTITIONS
        planned = plans(prefix, count, replication)
        missing = [plan for plan in planned if plan.name not in existing]
        if missing:
            say(f"making {len(missing)} topics")
            _create(admin, missing, replication)
        report = Report(created=[plan.name for plan in missing])
        kept = [plan for plan in planned if plan.name in existing]
        _compare(admin, kept, existing, report)
    return report


def topic_id_text(topic_id: str) -> str:
    """Return a topic's id (a UUID in hex) as librdkafka writes it, as our workers store it.

    That is plain base64 (with ``+`` and ``/``); Kafka's own tools print the URL-safe kind.
    """
    return base64.b64encode(UUID(topic_id).bytes).decode("ascii").rstrip("=")


def topic_ids(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, str]:
    """Return the ids of the topics that exist, by name."""
    wanted = set(names)
    return {
        topic["name"]: topic_id_text(topic["topic_id"])
        for topic in admin.describe_topics()
        if topic["name"] in wanted
    }


def partitions_of(admin: KafkaAdminClient, names: Iterable[str]) -> list[TopicPartition]:
    """Return all partitions of the topics that exist, in order."""
    wanted = set(names)
    return sorted(
        TopicPartition(topic["name"], partition["partition_index"])
        for topic in admin.describe_topics()
        if topic["name"] in wanted
        for partition in topic["partitions"]
    )


def end_offsets(
    admin: KafkaAdminClient, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """Return the offset after the last record (or transaction marker) of each partition.

    Raises:
        OutageError: the cluster cannot say it of one.
    """
    return _offsets(admin, partitions, OffsetSpec.LATEST)


def start_offsets(
    admin: KafkaAdminClient, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """Return the offset at which each partition's log begins (retention moves it).

    Raises:
        OutageError: the cluster cannot say it of one.
    """
    return _offsets(admin, partitions, OffsetSpec.EARLIEST)


def committed_offsets(admin: KafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    """Return the committed positions of ``group``; empty when it never committed.

    A cluster that never had a group first has to make its offsets topic: waited for, as is one
    in which another broker takes the group over.
    """
    give_up = monotonic() + COORDINATOR_SECONDS
    while True:
        try:
            offsets = admin.list_group_offsets(group)[group]
        except GroupIdNotFoundError:
            return {}
        except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
            if monotonic() > give_up:
                raise
            _forget_coordinator(admin, group)
            sleep(0.1)
        else:
            return {spot: found.offset for spot, found in offsets.items() if found.offset >= 0}


def _forget_coordinator(admin: KafkaAdminClient, group: str) -> None:
    """Let it be asked for anew: the client keeps who coordinates a group for as long as it lives
    (3.0.12), also once another broker does."""
    known = admin._manager.cluster._coordinators
    for one in [one for one in known if one[1] == group]:
        known.pop(one)


def _offsets(
    admin: KafkaAdminClient, partitions: Iterable[TopicPartition], spec: OffsetSpec
) -> dict[TopicPartition, int]:
    asked = dict.fromkeys(partitions, spec)
    found = admin.list_partition_offsets(asked) if asked else {}
    for spot in asked:
        if spot not in found or found[spot].offset < 0:
            raise OutageError("kafka", f"{spot.topic}[{spot.partition}]: no offset known")
    return {spot: answer.offset for spot, answer in found.items()}


def known_offsets(
    admin: KafkaAdminClient, partitions: Iterable[TopicPartition], spec: OffsetSpec
) -> dict[TopicPartition, int]:
    """Return the same as far as the cluster can say it: where one partition has no leader, the
    client gives no answer for any, so then each is asked for alone, for some seconds in all."""
    spots = list(partitions)
    try:
        return _offsets(admin, spots, spec)
    except (KafkaError, OutageError):
        found: dict[TopicPartition, int] = {}
        give_up = monotonic() + PIECEMEAL_SECONDS
        for spot in spots:
            if monotonic() > give_up:
                break
            with suppress(KafkaError):
                answer = admin.list_partition_offsets({spot: spec}, timeout_ms=PIECEMEAL_MS)
                found |= {one: each.offset for one, each in answer.items() if each.offset >= 0}
        return found


def _partition_counts(admin: KafkaAdminClient, prefix: str) -> dict[str, int]:
    return {
        topic["name"]: len(topic["partitions"])
        for topic in admin.describe_topics()
        if topic["name"].startswith(prefix)
    }


def _count_in_use(existing: dict[str, int], prefix: str) -> int | None:
    counts = (existing.get(prefix + topic.name) for topic in TOPICS if not topic.stands_alone)
    return next((count for count in counts if count is not None), None)


def _create(admin: KafkaAdminClient, missing: list[Plan], replication: int) -> None:
    asked = {
        plan.name: {
            "num_partitions": plan.partitions,
            "replication_factor": replication,
            "configs": plan.configs,
        }
        for plan in missing
    }
    answer = admin.create_topics(asked, raise_errors=False)
    for topic in answer["topics"]:
        error = for_code(topic["error_code"])
        if topic["error_code"] != 0 and error is not TopicAlreadyExistsError:
            raise TopicError(f"{topic['name']}: {topic.get('error_message') or error.__name__}")
    admin.wait_for_topics(list(asked), timeout_ms=30_000)


def _compare(
    admin: KafkaAdminClient, kept: list[Plan], existing: dict[str, int], report: Report
) -> None:
    found = _configs(admin, [plan.name for plan in kept])
    for plan in kept:
        different = list(differences(plan, existing[plan.name], found[plan.name]))
        report.different.extend(different)
        if not different:
            report.unchanged.append(plan.name)


def _configs(admin: KafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answer: dict[str, Any] = admin.describe_configs(asked, config_filter=ConfigFilterType.ALL)
    return {
        name: {setting: str(data["value"]) for setting, data in configs.items()}
        for name, configs in answer["topic"].items()
    }
