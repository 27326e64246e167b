"""A group whose coordinator is another broker now is found again."""

from types import SimpleNamespace
from typing import Any

from kafka import TopicPartition
from kafka.errors import NotCoordinatorError

from services.adapters.kafka_admin import committed_offsets

SPOT = TopicPartition("t", 0)


class Remembering:
    """An admin client as it is: who coordinates a group is asked for once."""

    def __init__(self) -> None:
        self.coordinator = 1
        cluster = SimpleNamespace(_coordinators={})
        self._manager = SimpleNamespace(cluster=cluster)

    def list_group_offsets(self, group: str) -> dict[str, Any]:
        known = self._manager.cluster._coordinators
        if known.setdefault(("group", group), self.coordinator) != self.coordinator:
            raise NotCoordinatorError
        return {group: {SPOT: SimpleNamespace(offset=7)}}


def test_offsets_are_read_though_another_broker_coordinates_the_group_now() -> None:
    admin: Any = Remembering()
    assert committed_offsets(admin, "g") == {SPOT: 7}
    admin.coordinator = 2
    assert committed_offsets(admin, "g") == {SPOT: 7}
    assert committed_offsets(admin, "other") == {SPOT: 7}
