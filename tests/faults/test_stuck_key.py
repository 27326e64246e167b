"""One parcel whose contacts always break the worker of cases: nobody else waits for it, and once
the defect is mended its contacts take effect in the order in which they came."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import pytest
from confluent_kafka import Message

from schemas import topics
from schemas.dead import from_headers
from services.cli.dead_desk import opened
from services.cli.dead_filter import Wanted
from services.cli.dead_logic import Again
from tests.faults.findings import Findings
from tests.faults.forms import RATE
from tests.faults.supervision import committed
from tests.support.checker import Tally, judged
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.topics_now import read_all, topic_ids
from tests.support.traffic import History, Kind, Load, Sender, Sending, Traffic
from tests.support.waiting import NotInTimeError, always, eventually

STUCK = "SF1300000006666"
COUNT = 40
EVERY_SECONDS = 0.25
"""Between two contacts about the stuck parcel: most batches hold one."""
CALM_SECONDS = COUNT * EVERY_SECONDS
CALM_RATE = min(RATE, 60.0)
"""What two processors do without a backlog: a wait is then the worker's own, not the queue's."""
THROUGH_SECONDS = 10.0
TIMES, MORE_SECONDS = 3.0, 1.0
"""The slowest hundredth of the others may wait for so many times as long as without the stuck
parcel in the same run, and a second: that leaves the machine its moods, not a held batch."""
StartMutant = Callable[..., MutantProcess]
pytestmark = [pytest.mark.stack, pytest.mark.long_fault, pytest.mark.timeout(240)]


@dataclass(slots=True)
class _Scene:
    """What was sent; ``since`` is when the first contact about the stuck parcel came."""

    stuck: list[Sending]
    others: History
    since: float = 0.0


def _under_load(space: Namespace, worker: MutantProcess) -> _Scene:
    """Send the others' contacts all the time, those about the stuck parcel in the second half."""
    keys = space.settings.key_ring()
    sender, traffic = Sender(space.settings), Traffic(keys, seed=13)
    # All in one lane: between two of them there is no order to be kept.
    stuck = [
        replace(sending, topic=topics.RECEIVED.name)
        for sending in islice(iter(lambda: traffic.hot(STUCK), None), COUNT)
    ]
    with Load(space.settings, Traffic(keys, seed=14), CALM_RATE) as load:
        eventually(lambda: committed(worker) > 0, 60, "they work")
        always(lambda: worker.is_running, CALM_SECONDS, "it runs on")
        scene = _Scene(stuck, load.history, time.time())
        for sending in stuck:
            sender.send(sending)
            always(lambda: worker.is_running, EVERY_SECONDS, "it runs on")
        load.stop()
    scene.others.acknowledged += sender.flush().acknowledged
    return scene


def _waits_of_others(space: Namespace, scene: _Scene) -> tuple[list[float], list[float]]:
    """Return how long the others' contacts took from their sender to their case's event, in
    seconds, of those sent before and since the first about the stuck parcel; sorted."""
    came: dict[str, float] = {}
    for name in topics.lane_names(topics.RECEIVED):
        for message in read_all(space, name):
            body = json.loads(message.value() or b"")
            came.setdefault(f"con:{body['contact_id']}", message.timestamp()[1] / 1000)
    for sending in scene.stuck:
        came.pop(sending.token)
    waits: dict[str, float] = {}
    for token, at in _added(space):
        if token in came:
            waits.setdefault(token, at - came[token])
    calm = sorted(wait for token, wait in waits.items() if came[token] < scene.since)
    late = sorted(wait for token, wait in waits.items() if came[token] >= scene.since)
    return calm, late


def _added(space: Namespace) -> Iterator[tuple[str, float]]:
    """Yield each contact that came to a case and when that was said, each case in its order."""
    for message in read_all(space, topics.CHANGED.name):
        event = json.loads(message.value() or b"")
        if event["kind"] in ("opened", "contact_added"):
            yield f"con:{event['contact']['contact_id']}", message.timestamp()[1] / 1000


def _hundredth(waits: list[float]) -> float:
    return waits[int(len(waits) * 0.99)]


def _tokens_in_cases(space: Namespace) -> set[str]:
    return set(space.database["case_log"].distinct("marks"))


def _token_of(letter: Message) -> str:
    """Return the token of a contact that died before its case."""
    decision = json.loads(letter.value() or b"")["scored"]["deduplicated"]
    return f"con:{decision['contact']['contact_id']}"


def stuck_parcel(
    space: Namespace, start_mutant: StartMutant, findings: Findings, changes: str = ""
) -> list[str]:
    """Let all contacts about one parcel break ``cases``; return what others have to bear."""
    start_mutant("", "dedup", ready_within=60)
    worker = start_mutant(f"cursed@{STUCK}{changes}", "cases", ready_within=60)
    scene = _under_load(space, worker)
    findings.faults = COUNT
    stuck = {sending.token for sending in scene.stuck}
    others = {
        one.sending.token
        for one in scene.others.acknowledged
        if one.sending.kind in (Kind.CONTACT, Kind.AGAIN)
    } - stuck
    problems = []
    try:
        eventually(lambda: others <= _tokens_in_cases(space), THROUGH_SECONDS, "others are through")
    except NotInTimeError:
        problems.append(f"others wait: {len(others - _tokens_in_cases(space))} of {len(others)}")
    buried = _letters(space)
    problems += [f"others buried: {one}" for one in map(_token_of, buried) if one not in stuck]
    calm, since = _waits_of_others(space, scene)
    if since:
        usual, now = _hundredth(calm), _hundredth(since)
        findings.note(
            f"others' slowest hundredth: {usual:.2f} s of {len(calm)} without, {now:.2f} s of "
            f"{len(since)} with a stuck parcel"
        )
        if now > TIMES * usual + MORE_SECONDS:
            problems.append(f"others wait: {now:.2f} s instead of {usual:.2f} s")
    if problems:
        return problems
    problems += _not_as_they_came(space, buried, stuck)
    worker.stop()
    worker.changes = ""
    worker.start(60)
    problems += _released(space, scene)
    tally = _tallied(space, scene, problems)
    findings.report(tally)
    return problems


def _letters(space: Namespace) -> list[Message]:
    """Return what broke the worker of cases."""
    return [
        letter
        for letter in read_all(space, f"{topics.ROUTED.name}.dead")
        if from_headers(letter.headers() or ()).reason == "handler_error"  # type: ignore[arg-type]
    ]


def _not_as_they_came(space: Namespace, buried: list[Message], stuck: set[str]) -> list[str]:
    """Return which contacts about the parcel are not dead letters, once, as they were."""
    topic = topic_ids(space, (topics.ROUTED.name,))[topics.ROUTED.name]
    records = {
        f"{topic}:{one.partition()}:{one.offset()}": (one.key(), one.value())
        for one in read_all(space, topics.ROUTED.name)
    }
    dead = {
        from_headers(letter.headers() or ()).source: (letter.key(), letter.value())  # type: ignore[arg-type]
        for letter in buried
    }
    problems = [f"other bytes: {place}" for place, it in dead.items() if records.get(place) != it]
    if sorted(map(_token_of, buried)) != sorted(stuck):
        problems.append(f"{len(buried)} dead letters of {len(stuck)} contacts about the parcel")
    return problems


def _released(space: Namespace, scene: _Scene) -> list[str]:
    """Replay the dead letters, as a person does once the defect is mended; return whether their
    effects stand in another order than they came in."""
    stuck = [sending.token for sending in scene.stuck]
    with opened(space.settings) as desk:
        letters = desk.matching(Wanted(worker="cases", reason="handler_error"))
        desk.replay([Again.of(letter) for letter in letters], "clerk:1")
    eventually(lambda: set(stuck) <= _tokens_in_cases(space), 60, "they are in their case")
    order = [token for token, _ in _added(space) if token in stuck]
    return [] if order == stuck else ["released in another order than they came"]


def _tallied(space: Namespace, scene: _Scene, problems: list[str]) -> Tally:
    wrong, tally = judged(space, scene.others, 120)
    problems += wrong
    return tally


def test_a_parcel_that_breaks_the_worker_keeps_nobody_else_waiting(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings
) -> None:
    problems = stuck_parcel(namespace, start_mutant, findings)
    assert not problems, "\n".join(problems[:40])


def test_a_worker_that_gives_up_the_whole_batch_is_found(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings
) -> None:
    problems = stuck_parcel(namespace, start_mutant, findings, ",no_halving")
    assert any(problem.startswith("others ") for problem in problems), problems
