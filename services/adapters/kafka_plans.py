"""Every topic as it should be, from the topic table; and how an existing one differs. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from schemas.topics import DEAD_MAX_BYTES, DEAD_PARTITIONS, DEAD_RETENTION, TOPICS

COMPACTED: Final = {
    "cleanup.policy": "compact",
    # The newest segment is never compacted: small and short-lived ones keep the topic small.
    "segment.bytes": str(64 * 1024 * 1024),
    "segment.ms": str(3_600_000),
    "min.cleanable.dirty.ratio": "0.2",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One topic as it should be."""

    name: str
    partitions: int
    configs: dict[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """An existing topic is not as the table says. ``is_error`` when records would go astray."""

    topic: str
    setting: str
    wanted: str
    found: str
    is_error: bool

    @property
    def meaning(self) -> str:
        if self.setting != "partitions":
            return "left as it is; change it with Kafka's own tools if it is not meant"
        return (
            "left as it is. Records are placed by key and partition count, and workers need equal "
            "counts: give the existing count with --partitions, or make the installation anew"
        )


@dataclass(slots=True)
class Report:
    """What :func:`apply_topics` did, by topic name."""

    created: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    different: list[Difference] = field(default_factory=list)

    @property
    def errors(self) -> list[Difference]:
        return [difference for difference in self.different if difference.is_error]


def plans(prefix: str, partitions: int, replication: int) -> list[Plan]:
    """Return every topic of the table and every dead-letter topic as it should be."""
    common = {"min.insync.replicas": str(min(2, replication))}
    planned: list[Plan] = []
    for topic in TOPICS:
        kept = COMPACTED if topic.retention is None else _kept_for(topic.retention)
        size = {"max.message.bytes": str(topic.max_message_bytes)}
        count = topic.partitions(partitions)
        planned.append(Plan(prefix + topic.name, count, {**common, **size, **kept}))
        if topic.dead_letter is not None:
            size = {"max.message.bytes": str(DEAD_MAX_BYTES)}
            kept = _kept_for(DEAD_RETENTION)
            name = prefix + topic.dead_letter
            planned.append(Plan(name, DEAD_PARTITIONS, {**common, **size, **kept}))
    return planned


def differences(plan: Plan, partitions: int, configs: dict[str, str]) -> Iterator[Difference]:
    """Yield where an existing topic of so many ``partitions`` and these ``configs`` differs."""
    if partitions != plan.partitions:
        yield Difference(plan.name, "partitions", str(plan.partitions), str(partitions), True)
    for setting, wanted in plan.configs.items():
        found = configs.get(setting, "")
        if found != wanted:
            yield Difference(plan.name, setting, wanted, found, False)


def _kept_for(retention: timedelta) -> dict[str, str]:
    milliseconds = retention // timedelta(milliseconds=1)
    return {"cleanup.policy": "delete", "retention.ms": str(milliseconds)}
