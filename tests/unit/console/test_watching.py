"""From what workers say to what the pipeline page shows."""

import asyncio
import json
import math

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from schemas.topics import TOPICS
from services.console.ages import quantile, read_ages
from services.console.sampling import (
    POINTS,
    Look,
    Point,
    Series,
    Waiting,
    point_of,
    read_counters,
    read_detail,
)
from services.console.targets import picture, read_targets
from services.console.watch import Watch
from services.domain.errors import OutageError, SettingsError
from services.runtime.metrics import PrometheusMetrics
from services.runtime.troubles import Trouble
from tests.support.builders import NOON, at
from tests.support.manual_clock import ManualClock

PAGE = """# HELP complaints_records_total Records read and committed.
# TYPE complaints_records_total counter
complaints_records_total{topic="a"} 10.0
complaints_records_total{topic="b"} 5.0
complaints_records_created{topic="a"} 1.7e9
complaints_dead_letters_total{reason="malformed",topic="a"} 2.0
complaints_partitions_served 4.0
"""


def a_look(records: float = 0, ready: bool = True, detail: str = "serving", **more: float) -> Look:
    return Look(ready, detail, {"complaints_records_total": records} | more)


AWAY = Look(False, "")


def test_counters_are_added_up_over_their_labels() -> None:
    assert read_counters(PAGE) == {
        "complaints_records_total": 15.0,
        "complaints_dead_letters_total": 2.0,
        "complaints_partitions_served": 4.0,
    }


def test_a_worker_that_counted_nothing_yet_is_not_away() -> None:
    assert Look(True, "serving", read_counters("")).state == "ok"
    assert AWAY.state == "away"


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"detail": ', "<html>"])
def test_a_readiness_page_that_is_not_ours_says_nothing(body: str) -> None:
    assert read_detail(body) == ""


def test_a_rate_is_what_came_in_the_time_between() -> None:
    assert point_of([a_look(100)], [a_look(160)], 3.0, None).rate == 20.0
    assert point_of(None, [a_look(160)], 3.0, None).rate is None


def test_a_worker_that_began_anew_does_not_count_backwards() -> None:
    assert point_of([a_look(100)], [a_look(6)], 3.0, None).rate == 2.0


def test_the_rate_of_a_worker_that_does_not_answer_is_not_known() -> None:
    point = point_of([a_look(100)], [AWAY], 3.0, Waiting(7, 2.0))
    assert (point.rate, point.state, point.detail) == (None, "away", "")
    assert (point.behind, point.oldest) == (7, 2.0)


@pytest.mark.parametrize(
    ("looks", "waiting", "state"),
    [
        ([a_look()], Waiting(9, 30.0), "ok"),
        ([a_look()], Waiting(9, 30.1), "behind"),
        ([a_look(ready=False, detail="mongodb away")], None, "held"),
        ([a_look(ready=False, detail="no partitions assigned")], None, "standby"),
        ([a_look(), a_look(ready=False, detail="no partitions assigned")], None, "ok"),
        ([a_look(), AWAY], None, "ok"),
        ([AWAY, AWAY], None, "away"),
        ([a_look(), a_look(ready=False, detail="breaker open")], None, "held"),
        ([], None, "away"),
    ],
)
def test_a_worker_is_in_the_state_that_a_person_must_know(
    looks: list[Look], waiting: Waiting | None, state: str
) -> None:
    assert point_of(None, looks, 3.0, waiting).state == state


def test_the_age_of_contacts_is_that_of_the_last_minute_over_all_copies() -> None:
    def aged(quick: float, slow: float) -> Look:
        return Look(True, "", {"": 0.0}, {1.0: quick, 5.0: quick + slow, math.inf: quick + slow})

    first, latest = [aged(100, 0), aged(100, 0)], [aged(104, 0), aged(100, 4)]
    now = [aged(104, 0), aged(100, 6)]  # of ten that came, six took one to five seconds
    assert point_of(latest, now, 3.0, None, first).age == 4.33
    assert point_of(now, now, 3.0, None, now).age is None
    assert point_of(None, now, 3.0, None).age is None
    assert point_of(latest, [AWAY, now[1]], 3.0, None, first).age == 4.6
    assert point_of(first, [aged(10, 0), aged(100, 0)], 3.0, None).age == 0.9  # it began anew


def test_ages_are_read_as_prometheus_reads_them() -> None:
    name = "complaints_contact_age_seconds"
    page = f'{name}_bucket{{le="0.05"}} 2.0\n{name}_bucket{{le="+Inf"}} 3.0\n{name}_count 3.0\n'
    assert read_ages(page) == {0.05: 2.0, math.inf: 3.0}
    assert quantile(read_ages(page), 0.9) == 0.05  # beyond the last bound nothing is known
    assert read_ages(PAGE) == {}
    registry = CollectorRegistry()
    PrometheusMetrics(registry)
    assert read_ages(generate_latest(registry).decode())[math.inf] == 0.0


def a_point(rate: float) -> Point:
    return Point("ok", None, "", rate, 0, 0.0, None, 0.0, 0, 1, 1, 4)


def test_a_page_gets_only_the_points_that_came_since() -> None:
    series = Series(["dedup"])
    for n in range(3):
        series.add(at(seconds=3 * n), {"dedup": a_point(n)})
    first = series.after(0)
    assert (first["last"], first["whole"]) == (3, True)
    assert first["series"]["dedup"]["rate"] == [0, 1, 2]
    later = series.after(2)
    assert (later["whole"], later["series"]["dedup"]["rate"]) == (False, [2])
    assert series.after(3)["times"] == []


def test_a_page_from_before_a_restart_gets_everything() -> None:
    series = Series(["dedup"])
    series.add(NOON, {"dedup": a_point(1)})
    assert series.after(250)["whole"] is True


def test_a_quarter_of_an_hour_is_kept() -> None:
    series = Series(["dedup"])
    for n in range(POINTS + 5):
        series.add(at(seconds=3 * n), {"dedup": a_point(n)})
    assert len(series.after(0)["times"]) == POINTS


# --------------------------------------------------------------------------------- targets


@pytest.mark.parametrize("written", ["dedup", "=http://x", "dedup=127.0.0.1:1", "a=file:///x"])
def test_a_target_that_is_none_is_refused_with_the_setting_named(written: str) -> None:
    with pytest.raises(SettingsError, match="COMPLAINTS_WORKERS"):
        read_targets(written)


def test_no_targets_are_no_error() -> None:
    assert read_targets("") == read_targets(" , ") == {}


def test_the_picture_runs_from_the_intake_to_the_case_and_clocks_do_not_turn_it_around() -> None:
    names = ["sender", "cases", "routing", "severity", "dedup", "sla", "notification", "api"]
    columns = [[node.name for node in column] for column in picture(names)]
    way = [["api"], ["dedup"], ["severity"], ["routing"], ["cases"]]
    assert columns == [*way, ["sla", "notification"], ["sender"]]


def test_every_worker_of_the_topic_table_has_a_place() -> None:
    names = {worker for topic in TOPICS for worker in (*topic.producers, *topic.consumers)}
    placed = [node.name for column in picture(sorted(names)) for node in column]
    assert sorted(placed) == sorted(names)


# ----------------------------------------------------------------------------------- watch


def test_a_look_asks_every_copy_and_kafka_and_survives_those_that_are_away() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.port == 2:
            raise httpx.ConnectError("refused")
        if request.url.path == "/metrics":
            return httpx.Response(200, text=PAGE)
        return httpx.Response(503, text=json.dumps({"ok": False, "detail": "mongodb away"}))

    def no_lag(now: object) -> dict[str, Waiting]:
        raise OutageError("kafka", "gone")

    async def look() -> Watch:
        clock = ManualClock()
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            targets = {"dedup": ["http://w:1", "http://w:2"]}
            watch = Watch(targets, client, no_lag, clock)
            await watch.look()
        return watch

    watch = asyncio.run(look())
    assert not watch.kafka_answers
    newest = watch.series.newest
    assert newest is not None
    point = newest[1]["dedup"]
    assert (point.state, point.copies, point.ready, point.dead) == ("away", 2, 0, 2)
    assert (point.trouble, point.detail) == (Trouble.MONGODB, "mongodb away")
    assert point.behind is None
