"""Short form or long form, and sessions that end sooner where nothing is measured."""

import os
from typing import Final

from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from tests.support.namespaces import Namespace

FULL: Final = os.environ.get("COMPLAINTS_FAULTS") == "full"
RATE: Final = float(os.environ.get("COMPLAINTS_FAULTS_RATE", "60"))
"""Messages a second under which faults are injected. Three lanes of tests share the machine: at 500
each they would wait for processors, not for what they look at. Deaths have the machine alone, and
a load of their own."""


def longest_wait(changes: str, seconds: float = 120.0) -> float:
    """Return how long the judges wait for workers to be through: with a defect planted something
    may be left undone for ever, and what the judges see then is what it is about."""
    return 30.0 if changes else seconds


def quick_sessions(namespace: Namespace, seconds: float = 3.0) -> None:
    """Let the groups of the namespace notice a dead worker after ``seconds`` instead of six.

    Half of a fault test is waiting for that; tests that measure a recovery leave it alone.
    """
    admin = AdminClient({"bootstrap.servers": namespace.settings.kafka, "log_level": 0})
    setting = ConfigEntry(
        "consumer.session.timeout.ms",
        str(int(seconds * 1000)),
        incremental_operation=AlterConfigOpType.SET,
    )
    groups = [
        ConfigResource(
            ResourceType.GROUP, namespace.settings.group(worker), incremental_configs=[setting]
        )
        for worker in ("dedup", "severity", "routing", "cases", "incidents")
    ]
    for answer in admin.incremental_alter_configs(groups).values():
        answer.result(60)
