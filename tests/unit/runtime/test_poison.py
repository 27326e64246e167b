"""Records that cannot be processed: found, buried whole, and never too many at a time."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.dead import from_headers
from schemas.errors import MalformedRecordError
from schemas.topics import DEAD_MAX_BYTES, SOURCE_MAX_BYTES
from services.domain.errors import PoisonError
from services.runtime.deadletters import to_dead_letter
from services.runtime.loop import Step
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Spot
from services.runtime.troubles import Trouble, trouble_of
from tests.support.builders import NOON
from tests.unit.runtime.benches import DEAD, IN, OUT, PROBE, Bench


def choking(*bad: str, error: Exception | None = None) -> Callable[[list[str]], None]:
    """Return a refusal of every batch that has one of these records in it."""

    def refuse(batch: list[str]) -> None:
        if set(bad) & set(batch):
            raise error or ValueError("SF1300000000001 of 张三 is broken")

    return refuse


def test_the_one_record_that_breaks_a_batch_is_found_and_the_rest_keeps_its_order() -> None:
    bench = Bench()
    bench.handler.refuse = choking("e")
    bench.send(*"abcdefgh")
    assert bench.loop.step() is Step.COMMITTED
    assert bench.produced() == list("abcdfgh")
    assert bench.produced(DEAD) == ["e"]
    assert bench.committed() == 8
    assert bench.metrics.told[-1] == "batch of 8, 1 dead"


def test_of_a_halved_batch_every_part_counts_with_all_it_says() -> None:
    whole: dict[str, Any] = {}
    for made in fields(Handled):
        whole[made.name] = Counter({("x",): 1}) if made.default_factory is Counter else ["x"]
    two = Handled(**deepcopy(whole))
    two.add(Handled(**whole))
    for name, said in whole.items():
        twice = Counter({("x",): 2}) if isinstance(said, Counter) else ["x", "x"]
        assert getattr(two, name) == twice, name


def test_the_contacts_of_a_halved_batch_count_but_for_the_one_that_died() -> None:
    bench, counted = Bench(), list[datetime]()
    bench.handler.answer = lambda batch: Handled(
        accepted=[NOON + timedelta(hours=record.offset) for record in batch]
    )
    bench.metrics.batch = (  # type: ignore[method-assign]
        lambda batch, handled, *rest: counted.extend(handled.accepted)
    )
    bench.handler.refuse = choking("b")
    bench.send(*"abcd")
    assert bench.loop.step() is Step.COMMITTED
    assert counted == [NOON + timedelta(hours=offset) for offset in (0, 2, 3)]


@pytest.mark.parametrize("bad", ["a", "h", "ah", "de", "abcdefg"])
def test_several_of_them_are_found_wherever_they_stand(bad: str) -> None:
    bench = Bench()
    bench.handler.refuse = choking(*bad)
    bench.send(*"abcdefgh")
    assert bench.loop.step() is Step.COMMITTED
    assert bench.produced() == [text for text in "abcdefgh" if text not in bad]
    assert bench.produced(DEAD) == list(bad)


def test_a_batch_is_halved_and_no_record_is_tried_more_often_than_it_must() -> None:
    bench = Bench()
    bench.handler.refuse = choking("c")
    bench.send(*"abcd")
    bench.loop.step()
    assert ["".join(batch) for batch in bench.handler.batches] == ["abcd", "ab", "cd", "c", "d"]


def test_a_record_that_came_alone_and_broke_it_once_lives() -> None:
    """What broke it may have been a race, with a worker that was given up for dead."""
    bench, broken = Bench(), list[str]()

    def refuse(batch: list[str]) -> None:
        if not broken:
            broken.extend(batch)
            raise ValueError("somebody else was quicker")

    bench.handler.refuse = refuse
    bench.send("a")
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.produced(), bench.produced(DEAD)) == (["a"], [])
    assert ["".join(batch) for batch in bench.handler.batches] == ["a", "a"]


def test_poison_that_came_alone_is_not_tried_again() -> None:
    bench = Bench()
    bench.handler.refuse = choking("a", error=PoisonError("tracking", "taken", "a"))
    bench.send("a")
    assert bench.loop.step() is Step.COMMITTED
    assert bench.produced(DEAD) == ["a"]
    assert ["".join(batch) for batch in bench.handler.batches] == ["a"]


def test_a_dead_letter_has_the_original_bytes_and_the_facts() -> None:
    bench = Bench()
    bench.handler.refuse = choking("bad")
    bench.broker.append(
        [Outbound(IN, b"some key", b"bad", (("trace", b"\xff"), ("dead.at", b"?")))]
    )
    bench.loop.step()
    (letter,) = bench.broker.committed_records(DEAD)
    assert (letter.key, letter.value) == (b"some key", b"bad")
    assert letter.headers[:2] == (("trace", b"\xff"), ("orig.dead.at", b"?"))
    facts = from_headers(letter.headers)
    assert facts.source == "in-id1:0:0"
    assert (facts.topic, facts.worker, facts.code_version) == (IN, "w", "test-1")
    assert facts.at == bench.clock.now()


@pytest.mark.parametrize(
    ("error", "reason", "field", "rule"),
    [
        (ValueError("SF130 of 张三"), "handler_error", "", "handler_error"),
        (PoisonError("tracking", "taken", "SF130"), "malformed", "tracking", "taken"),
        (MalformedRecordError("facts.role", "enum", "SF130"), "handler_error", "", "handler_error"),
    ],
)
def test_the_facts_tell_poison_from_our_own_errors_and_quote_nothing(
    error: Exception, reason: str, field: str, rule: str
) -> None:
    bench = Bench()
    bench.handler.refuse = choking("bad", error=error)
    bench.send("bad")
    bench.loop.step()
    (letter,) = bench.broker.committed_records(DEAD)
    facts = from_headers(letter.headers)
    assert (facts.reason, facts.field, facts.rule) == (reason, field, rule)
    assert facts.error == type(error).__name__
    assert not any(b"SF130" in value for _, value in letter.headers)


def test_a_record_without_key_and_value_is_buried_as_it_was() -> None:
    inbound = Inbound("in", 2, 7, "id", None, None)
    letter = DeadLetter(inbound, DeadReason.MALFORMED, "no value", "", "missing_value")
    out = to_dead_letter(letter, "dedup", NOON, "1")
    assert (out.topic, out.key, out.value) == ("in.dead", None, None)


def test_what_no_topic_takes_is_the_poison_of_the_record_that_it_comes_from() -> None:
    """It would be tried and lost in one transaction after the other otherwise."""
    bench = Bench()
    bench.handler.answer = lambda batch: Handled(
        [
            Outbound(
                OUT, one.key, (one.value or b"") * (SOURCE_MAX_BYTES if one.offset == 1 else 1)
            )
            for one in batch
        ]
    )
    bench.send(*"abc")
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.produced(), bench.produced(DEAD)) == (["a", "c"], ["b"])
    (letter,) = bench.broker.committed_records(DEAD)
    assert from_headers(letter.headers).rule == "output_too_long"


def test_of_a_record_too_long_for_a_dead_letter_the_beginning_is_kept_and_that_is_said() -> None:
    """Compressed it may have fitted into its topic, and stands there whole."""
    inbound = Inbound("in", 2, 7, "id", b"k", b"x" * 2 * DEAD_MAX_BYTES, (("trace", b"1"),))
    letter = DeadLetter(inbound, DeadReason.MALFORMED, "no value", "", "value_too_long")
    out = to_dead_letter(letter, "dedup", NOON, "1")
    assert out.size < DEAD_MAX_BYTES
    assert out.value == b"x" * SOURCE_MAX_BYTES
    facts = from_headers(out.headers)
    assert (facts.source, facts.rule) == ("id:2:7", "value_too_long")
    assert facts.error.startswith("only the beginning of 4194")


# ---------------------------------------------------------------------- the breaker


def test_the_breaker_holds_a_flood_and_commits_nothing_of_it() -> None:
    bench = Bench(share=0.5, window=10)
    bench.handler.answer = lambda batch: Handled(
        dead=[DeadLetter(one, DeadReason.MALFORMED, "x", "", "json_invalid") for one in batch]
    )
    bench.send(*"abcdefgh")
    assert bench.loop.step() is Step.BREAKER_OPEN
    assert (bench.produced(DEAD), bench.committed()) == ([], 0)
    assert bench.loop.trouble == "breaker open: 8 of 8 records would die, first: json_invalid"
    assert trouble_of(bench.loop.trouble) is Trouble.BREAKER
    assert bench.metrics.told[-2:] == ["breaker open", "held: breaker_open"]


def test_a_held_worker_probes_now_and_then_and_goes_on_when_it_can() -> None:
    bench = Bench(share=0.5)
    bench.handler.refuse = choking(*"abcdefgh")
    bench.send(*"abcdefgh")
    assert bench.loop.step() is Step.BREAKER_OPEN
    bench.clock.advance(PROBE - 1)
    assert bench.loop.step() is Step.PAUSED
    bench.clock.advance(1)
    assert bench.loop.step() is Step.BREAKER_OPEN
    bench.handler.refuse = lambda batch: None
    bench.clock.advance(PROBE)
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.loop.trouble, bench.produced()) == (None, list("abcdefgh"))


@pytest.mark.parametrize("error", [None, MalformedRecordError("events", "enum", "as it is stored")])
def test_our_own_errors_open_the_breaker_sooner_than_poison(error: Exception | None) -> None:
    """Handlers put aside what they cannot read: what escapes them is about something stored."""
    bench = Bench(share=0.9, window=100)
    bench.handler.refuse = choking(*"abcde", error=error)
    bench.send(*"abcdefgh")
    assert bench.loop.step() is Step.BREAKER_OPEN
    assert bench.committed() == 0


def test_a_worker_whose_flood_went_to_another_is_not_held_any_more() -> None:
    bench = Bench(share=0.5)
    bench.handler.refuse = choking("bad")
    bench.send(*["bad"] * 8)
    assert bench.loop.step() is Step.BREAKER_OPEN
    bench.broker.group("w").committed[Spot(IN, 0)] = 8
    bench.log.recover()
    bench.clock.advance(PROBE)
    assert bench.loop.step() is Step.IDLE
    assert bench.metrics.told[-1] == "breaker closed"


def test_a_round_that_fetches_nothing_between_two_probes_does_not_close_the_breaker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a rewind the first poll is often empty; readiness would say "well" until the next."""
    bench = Bench(share=0.5)
    bench.handler.refuse = choking("bad")
    bench.send(*["bad"] * 8)
    assert bench.loop.step() is Step.BREAKER_OPEN
    trouble = bench.loop.trouble
    bench.clock.advance(PROBE)
    with monkeypatch.context() as patch:
        patch.setattr(bench.log, "poll", lambda size, timeout: [])
        assert bench.loop.step() is Step.IDLE
    assert (bench.loop.trouble, "breaker closed" in bench.metrics.told) == (trouble, False)
    assert bench.loop.step() is Step.BREAKER_OPEN


def test_good_records_of_another_partition_do_not_close_it_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(share=0.5, inputs=(IN, "counts"))
    bench.handler.refuse = choking("bad")
    bench.send(*["bad"] * 8)
    assert bench.loop.step() is Step.BREAKER_OPEN
    trouble = bench.loop.trouble
    bench.broker.append([Outbound("counts", b"key", b"good")])
    bench.clock.advance(PROBE)
    with monkeypatch.context() as patch:
        other = {Spot("counts", 0): 0}
        patch.setattr(bench.log, "poll", lambda size, timeout: bench.broker.fetch(other, size))
        assert bench.loop.step() is Step.COMMITTED
    assert (bench.produced(), bench.loop.trouble) == (["good"], trouble)


def test_a_little_poison_among_many_is_let_through() -> None:
    bench = Bench(share=0.5, window=10)
    for _ in range(5):
        bench.handler.refuse = choking("bad")
        bench.send("bad", *"abcdefg")
        assert bench.loop.step() is Step.COMMITTED
    assert bench.produced(DEAD) == ["bad"] * 5
