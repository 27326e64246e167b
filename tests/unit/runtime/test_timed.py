"""A handler that speaks when nothing arrives, and reads more than one topic."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from services.runtime.loop import Step
from services.runtime.records import Handled, Outbound, Positions, Spot
from tests.unit.runtime.benches import IN, OUT, Bench, Echo


class Talker(Echo):
    """Says one thing in the round after ``says`` was set."""

    topic = IN

    def __init__(self) -> None:
        super().__init__()
        self.says: str | None = None
        self.spots: AbstractSet[Spot] = frozenset()

    def assigned(self, spots: AbstractSet[Spot]) -> None:
        self.spots = spots

    def tick(self, now: datetime, positions: Positions) -> Handled:
        said, self.says = self.says, None
        return Handled() if said is None else Handled([Outbound(OUT, b"k", said.encode())])


def test_a_paused_one_holds_nothing_until_it_may_go_on() -> None:
    """What works beside the loop, as lanes do, would go on otherwise."""
    talker = Talker()
    bench = Bench(handler=talker)
    paused: list[str | None] = ["paused by li"]
    bench.loop._pause_switch = lambda: paused[0]
    assert [bench.loop.step() for _ in range(2)] == [Step.SWITCHED_OFF] * 2
    assert talker.spots == frozenset()
    paused[0] = None
    bench.loop.step()
    assert talker.spots == {Spot(IN, 0)}


def test_it_acts_for_the_partitions_of_its_topic_and_commits_no_other_position() -> None:
    talker = Talker()
    bench = Bench(handler=talker, inputs=(IN, "settled"))
    assert talker.spots == {Spot(IN, 0)}
    bench.broker.append([Outbound("settled", b"k", b"x")] * 3)
    bench.send("a")
    while bench.committed() < 4:
        assert bench.loop.step() is not Step.LOST
    before = dict(bench.broker.group("w").committed)
    talker.says = "hello"
    assert bench.loop.step() is Step.COMMITTED
    assert "hello" in bench.produced()
    assert dict(bench.broker.group("w").committed) == before
