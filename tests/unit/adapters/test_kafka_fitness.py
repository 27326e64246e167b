"""A cluster that cannot keep our promises is refused at the start, with what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from services.adapters import kafka_fitness
from services.adapters.kafka_fitness import Features, assert_fit
from services.domain.errors import UnsafeStart

OF_44: Features = {
    "metadata.version": {"supported": (7, 33), "finalized": (33, 33), "finalized_epoch": 14},
    "group.version": {"supported": (0, 1), "finalized": (1, 1), "finalized_epoch": 14},
    "transaction.version": {"supported": (0, 2), "finalized": (2, 2), "finalized_epoch": 14},
}
"""As Kafka 4.4.0 answers."""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    """A cluster that answers with these features."""
    features = {name: dict(levels) for name, levels in OF_44.items()}

    @contextmanager
    def admin_of(bootstrap: str) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(describe_features=lambda: features)

    monkeypatch.setattr(kafka_fitness, "admin_of", admin_of)
    return features


def test_the_broker_that_we_measured_is_taken(cluster: dict[str, dict[str, object]]) -> None:
    assert_fit("kafka:9092")
    # Its program counts: a cluster that was upgraded may finish that later.
    cluster["metadata.version"]["finalized"] = (30, 30)
    assert_fit("kafka:9092")


@pytest.mark.parametrize("supported", [(7, 30), (1, 25)])
def test_an_older_broker_is_refused(
    cluster: dict[str, dict[str, object]], supported: tuple[int, int]
) -> None:
    cluster["metadata.version"]["supported"] = supported
    with pytest.raises(UnsafeStart, match=r"older than 4\.4 .* upgrade all brokers to 4\.4"):
        assert_fit("kafka:9092")


def test_a_broker_that_tells_nothing_of_itself_is_refused(
    cluster: dict[str, dict[str, object]],
) -> None:
    cluster.clear()
    with pytest.raises(UnsafeStart, match=r"older than 4\.4"):
        assert_fit("kafka:9092")


@pytest.mark.parametrize("levels", [{}, {"supported": (0, 1)}, {"finalized": (0, 0)}])
def test_a_cluster_that_leaves_the_assignment_to_its_clients_is_refused(
    cluster: dict[str, dict[str, object]], levels: dict[str, object]
) -> None:
    cluster["group.version"] = levels
    with pytest.raises(UnsafeStart, match=r"upgrade --feature group\.version=1"):
        assert_fit("kafka:9092")
