"""What waits before trends: unread offsets, and what it holds unfinished."""

import asyncio

import pytest

from services.trends.lag import waiting


class Consumer:
    """As faust's: ends and positions by partition, and messages in hand."""

    def __init__(self, places: dict[int, tuple[int | None, int | None]], in_hand: int = 0) -> None:
        self.places = places
        self.unacked = set(range(in_hand))

    def assignment(self) -> set[int]:
        return set(self.places)

    def highwater(self, partition: int) -> int | None:
        return self.places[partition][0]

    async def position(self, partition: int) -> int | None:
        if self.places[partition][1] == -1:
            raise RuntimeError("not assigned")
        return self.places[partition][1]


@pytest.mark.parametrize(
    ("places", "in_hand", "lag"),
    [
        ({}, 0, 0),
        ({0: (10, 10), 1: (5, 5)}, 0, 0),
        ({0: (10, 4), 1: (5, 5)}, 3, 9),
        ({0: (10, 12)}, 0, 0),
        ({0: (None, 4)}, 0, None),
        ({0: (10, None)}, 0, None),
        ({0: (10, -1)}, 0, None),
    ],
    ids=["none", "done", "behind", "end-is-old", "no-end-yet", "no-place-yet", "taken-away"],
)
def test_lag_is_what_is_unread_and_what_is_in_hand(
    places: dict[int, tuple[int | None, int | None]], in_hand: int, lag: int | None
) -> None:
    assert asyncio.run(waiting(Consumer(places, in_hand))) == lag
