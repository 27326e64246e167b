"""One stack on a folder of its own, on ports nobody expects, stopped whatever the test does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.embedded import EmbeddedStack

MakeStack = Callable[..., EmbeddedStack]


@pytest.fixture
def make_stack() -> Iterator[MakeStack]:
    """Make stacks that are quiet and out of the way of an instance somebody is using."""
    made: list[EmbeddedStack] = []

    def make(folder: Path, **options: object) -> EmbeddedStack:
        usual = {
            "progress": lambda _: None,
            "usual_ports": False,
            "mongo_cache_gb": 0.25,
            # A killed broker is let in again, or replaced, once its session has ended.
            "kafka_properties": {"broker.session.timeout.ms": "3000"},
        }
        made.append(EmbeddedStack(folder, **{**usual, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for stack in made:
        stack.stop()
