"""Three copies of everything: leaders die, are asked to leave, are restarted one by one."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench.notices import environment
from infra.embedded import EmbeddedStack
from schemas import topics
from schemas.codec import decode
from schemas.notice_words import NoticeState
from schemas.notices import NoticeSettled
from tests.faults.cluster import (
    COPIES,
    dies_alone,
    leader_of,
    primary_of,
    require_in_sync,
    step_down,
    three_of_each,
    wait_in_sync,
)
from tests.faults.findings import Findings, slack
from tests.faults.forms import RATE, longest_wait
from tests.faults.supervision import committed
from tests.support.api_clients import Clients, tally_of
from tests.support.audited import audited
from tests.support.checker import Tally, judged
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace, a_namespace
from tests.support.processes import WorkerProcess
from tests.support.sinks import Sink
from tests.support.topics_now import read_all
from tests.support.traffic import Load, Traffic
from tests.support.waiting import always, eventually

RECEIVED = topics.RECEIVED.name
WORKERS = ("dedup", "cases")
BEHIND = ("sla", "notification", "sender")
RECOVERY_SECONDS = 15.0
REFUSING_SECONDS = 4.0
ANSWER_SECONDS = 12.0
"""The API gives Kafka five seconds; a client waits for ten."""
StartOn = Callable[..., MutantProcess]
pytestmark = [pytest.mark.stack, pytest.mark.long_fault, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """Three brokers and three MongoDB servers, for the tests of this module."""
    with three_of_each(tmp_path_factory.mktemp("three")) as engines:
        yield engines


@pytest.fixture
def space(engines: EmbeddedStack) -> Iterator[Namespace]:
    """A namespace with three copies of each topic."""
    with a_namespace(engines.addresses, replication=COPIES) as namespace:
        yield namespace


class Scene:
    """The case path under load through the front door, and what happens to its engines; where
    there is a relay (``mail``), with those who time the cases and who tell customers of them."""

    def __init__(
        self, space: Namespace, start_on: StartOn, findings: Findings, mail: Sink | None = None
    ) -> None:
        self.findings = findings
        self._space = space
        self._mail = mail
        self._behind = BEHIND if mail else ()
        relay = environment("smtp", mail.port, 16, 64) if mail else {}
        self.api = start_on(space, "", "api", ready_within=60)
        self.workers: list[WorkerProcess] = [
            start_on(space, "", name, ready_within=60, without=self._behind, **relay)
            for name in (*WORKERS, *self._behind)
        ]
        keys, rate = space.settings.key_ring(), RATE / 4 if mail else RATE
        self.clients = Clients(self.api.api_port, keys, rate, reachable=bool(mail))

    def survives(self, fault: Callable[[], object]) -> None:
        """Inflict ``fault``; then contacts are taken and everybody commits again."""
        eventually(lambda: all(map(committed, self.workers)), 60, "work goes on")
        fault()
        began = time.monotonic()
        taken, before = len(self.clients.taken), [committed(worker) for worker in self.workers]
        eventually(
            lambda: (
                len(self.clients.taken) > taken
                and all(committed(w) > b for w, b in zip(self.workers, before, strict=True))
            ),
            90,
            lambda: [worker.get("/readyz") for worker in self.workers],
        )
        self.findings.faults += 1
        self.findings.recoveries.append(time.monotonic() - began)

    def ends_well(self) -> None:
        """Nothing is lost, nothing doubled, nobody was restarted."""
        self.clients.stop()
        problems = audited(self._space, 180, self._behind)
        assert not problems, "\n".join(problems[:40])
        if self._mail is not None:
            self._everybody_was_told(self._mail)
        tally = tally_of(self._space, self.clients)
        self.findings.report(tally)
        self.findings.note(
            f"answers {dict(self.clients.answers)}, longest {self.clients.longest:.1f} s"
        )
        assert (tally.lost, tally.doubled) == ([], [])
        assert self.clients.answers.keys() <= {0, 202, 503}
        assert {worker.stop() for worker in (self.api, *self.workers)} == {0}
        assert max(self.findings.recoveries) < RECOVERY_SECONDS * slack()

    def _everybody_was_told(self, mail: Sink) -> None:
        """What is told as sent has come, and what came twice is told as a possible double."""
        came, told = mail.came(), read_all(self._space, topics.NOTICES_SETTLED.name)
        ends = [decode(NoticeSettled, message.value()) for message in told]
        sent = {end.notice_id for end in ends if end.state is NoticeState.SENT}
        again = {notice for notice, times in came.items() if times > 1}
        assert sent
        assert sent <= came.keys()
        assert again <= {end.notice_id for end in ends if end.attempts > 1}
        self.findings.note(f"{len(came)} letters came, {len(again)} of them again")


def test_a_leader_and_a_primary_die_and_nothing_acknowledged_is_lost(
    engines: EmbeddedStack, space: Namespace, start_on: StartOn, findings: Findings
) -> None:
    with Sink("smtp") as mail:
        scene = Scene(space, start_on, findings, mail)
        with scene.clients:
            leader, primary = leader_of(engines, space, RECEIVED), primary_of(engines)
            scene.survives(leader.kill)
            leader.start()
            scene.survives(primary.kill)
            primary.start()
            scene.survives(lambda: step_down(primary_of(engines)))
            wait_in_sync(space)
            scene.ends_well()


def test_brokers_and_the_primary_are_restarted_one_by_one_and_no_retrying_sender_sees_an_error(
    engines: EmbeddedStack, space: Namespace, start_on: StartOn, findings: Findings
) -> None:
    scene = Scene(space, start_on, findings)
    with scene.clients:
        for broker in engines.kafka:
            scene.survives(broker.stop)
            broker.start()
            wait_in_sync(space)
        primary = primary_of(engines)
        scene.survives(primary.stop)
        primary.start()
        scene.ends_well()
    assert scene.clients.longest < ANSWER_SECONDS * slack()


def answers_while_a_copy_is_missing(
    engines: EmbeddedStack, space: Namespace, start_on: StartOn, changes: str
) -> tuple[list[int], Any]:
    """Take one broker away where all three must have a record; return what the API answered
    meanwhile, and the clients."""
    require_in_sync(space, RECEIVED, COPIES)
    api = start_on(space, changes, "api", ready_within=60)
    gone = leader_of(engines, space, RECEIVED)
    with Clients(api.api_port, space.settings.key_ring(), RATE) as clients:
        eventually(lambda: len(clients.taken) > 50, 60, "contacts are taken")
        gone.kill()
        eventually(lambda: leader_of(engines, space, RECEIVED) is not gone, 60, "a new leader")
        eventually(lambda: clients.answers[503] or changes, 60, "it refuses")
        # What all copies had before may be answered after the first refusal.
        always(lambda: api.is_running, REFUSING_SECONDS, "the API runs on")
        before = clients.answers.copy()
        always(lambda: api.is_running, REFUSING_SECONDS * 2, "the API runs on")
        meanwhile = clients.answers - before
        gone.start()
        require_in_sync(space, RECEIVED, COPIES - 1)
        wait_in_sync(space)
        taken = len(clients.taken)
        eventually(lambda: len(clients.taken) > taken, 60, "contacts are taken again")
    return sorted(meanwhile), clients


def test_what_too_few_copies_have_is_refused_with_503_and_taken_later(
    engines: EmbeddedStack, space: Namespace, start_on: StartOn, findings: Findings
) -> None:
    answered, clients = answers_while_a_copy_is_missing(engines, space, start_on, "")
    assert answered == [503]
    for name in WORKERS:
        start_on(space, "", name)
    problems = audited(space, 180)
    assert not problems, "\n".join(problems[:40])
    tally = tally_of(space, clients)
    findings.faults = 1
    findings.report(tally)
    assert (tally.lost, tally.doubled) == ([], [])


def test_an_api_that_trusts_the_leader_alone_takes_what_it_may_lose(
    engines: EmbeddedStack, space: Namespace, start_on: StartOn
) -> None:
    answered, _ = answers_while_a_copy_is_missing(engines, space, start_on, "api_acks_one")
    assert 202 in answered


def a_lone_primary_dies(
    engines: EmbeddedStack, space: Namespace, start_on: StartOn, changes: str
) -> tuple[list[str], Tally]:
    """Let the primary die under load with what it took while it was cut off, and the others go on
    without; return what the judges found."""
    workers = [start_on(space, changes, name, ready_within=60) for name in WORKERS]
    settings = space.settings
    with Load(settings, Traffic(settings.key_ring()), RATE) as load:
        eventually(lambda: all(map(committed, workers)), 60, "they work")
        gone = dies_alone(engines)
        before = [committed(worker) for worker in workers]
        eventually(
            lambda: changes or all(committed(w) > b for w, b in zip(workers, before, strict=True)),
            90,
            lambda: [worker.get("/readyz") for worker in workers],
        )
        history = load.stop()
        gone.start()
        return judged(space, history, longest_wait(changes, 180))


def test_what_a_primary_took_that_was_cut_off_counts_for_nobody(
    engines: EmbeddedStack, space: Namespace, start_on: StartOn, findings: Findings
) -> None:
    problems, tally = a_lone_primary_dies(engines, space, start_on, "")
    findings.faults = 1
    findings.report(tally)
    assert not problems, "\n".join(problems[:40])


def test_a_worker_that_goes_on_once_the_primary_alone_has_it_is_found(
    engines: EmbeddedStack, space: Namespace, start_on: StartOn
) -> None:
    problems, tally = a_lone_primary_dies(engines, space, start_on, "primary_alone")
    assert problems
    assert tally.lost
