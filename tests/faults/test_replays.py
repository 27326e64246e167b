"""The same again: senders that repeat and overtake each other, groups that read from the start
once more, and two versions of a worker side by side."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from random import Random

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas import topics
from tests.faults.ends import changed, compared, differences, ends, stored
from tests.faults.findings import Findings
from tests.faults.forms import longest_wait
from tests.faults.supervision import committed
from tests.support.audited import audited
from tests.support.case_topics import ALONE
from tests.support.checker import Tally, judged
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import PARTITIONS, Namespace
from tests.support.traffic import History, Kind, Sender, Sending, Traffic
from tests.support.waiting import eventually

COUNT = 600
WINDOW = 50
"""A record is overtaken by so many at most."""
AGAIN = 0.1
READERS = ("dedup", "cases")
BEHIND = ("sla", "notification")
"""Who has to be through as well: clocks and notices are compared."""
StartMutant = Callable[..., MutantProcess]
pytestmark = [pytest.mark.long_fault, pytest.mark.timeout(360)]


def disordered(sendings: list[Sending], seed: int) -> list[Sending]:
    """Return the sendings, one in ten of the contacts twice, each out of its place."""
    rng = Random(seed)
    found: list[Sending] = []
    for sending in sendings:
        found += [sending] * (2 if sending.kind is Kind.CONTACT and rng.random() < AGAIN else 1)
    places = {n: n + rng.random() * WINDOW for n in range(len(found))}
    return [found[n] for n in sorted(places, key=lambda n: places[n])]


def _send(namespace: Namespace, sendings: list[Sending]) -> History:
    """Send; a contact that was sent already counts as sent again."""
    sender, seen = Sender(namespace.settings), set[str]()
    for sending in sendings:
        is_again = sending.kind is Kind.CONTACT and sending.token in seen
        seen.add(sending.token)
        sender.send(replace(sending, kind=Kind.AGAIN) if is_again else sending)
    return sender.flush()


def _read_from_the_start(namespace: Namespace, worker: str, names: tuple[str, ...]) -> None:
    """Set the group's offsets back to the beginning, as an operator may by mistake."""
    admin = AdminClient({"bootstrap.servers": namespace.settings.kafka, "log_level": 0})
    group = namespace.settings.group(worker)
    eventually(
        lambda: not admin.describe_consumer_groups([group])[group].result(60).members,
        30,
        "the group is empty",
    )
    spots = [
        TopicPartition(namespace.topic(name), number, 0)
        for name in names
        for number in range(1 if name in ALONE else PARTITIONS)
    ]
    request = [ConsumerGroupTopicPartitions(group, spots)]
    admin.alter_consumer_group_offsets(request)[group].result(60)


def all_again(
    namespace: Namespace, sendings: list[Sending], start_mutant: StartMutant, changes: str
) -> tuple[list[str], Tally]:
    """Let everything be done, then let ``dedup`` and ``cases`` read it all once more; return
    what the judges found, and what is not stored any more as it was before."""
    workers = [start_mutant("", name, ready_within=60) for name in (*READERS, "notification")]
    history = _send(namespace, disordered(sendings, seed=8))
    assert audited(namespace, 120, BEHIND) == []
    before = stored(namespace)
    assert [worker.stop() for worker in workers[:2]] == [0, 0]
    _read_from_the_start(namespace, "dedup", topics.lane_names(topics.RECEIVED))
    read = (*topics.lane_names(topics.ROUTED), topics.COMMANDS.name)
    _read_from_the_start(namespace, "cases", read)
    for name in READERS:
        start_mutant(changes, name, ready_within=60)
    problems, tally = judged(namespace, history, longest_wait(changes), BEHIND, is_read_again=True)
    problems += [f"not as it was: {name}" for name in changed(before, stored(namespace))]
    return problems, tally


def in_order(made: Namespace, sendings: list[Sending], start_on: StartMutant) -> None:
    """Let the same be sent once, in order, to workers of another namespace: the reference."""
    workers = [start_on(made, "", name, ready_within=60) for name in (*READERS, "notification")]
    _send(made, sendings)
    assert audited(made, 120, BEHIND) == []
    assert [worker.stop() for worker in workers] == [0, 0, 0]


def ids_of(sendings: list[Sending], wanted: Callable[[Sending], bool]) -> set[str]:
    return {one.token.removeprefix("con:") for one in sendings if one.form and wanted(one)}


def names_its_parcel(sending: Sending) -> bool:
    """Say whether a contact belongs where it belongs whoever came first. What the regulator
    forwards is recognised by its text, among what came so far."""
    form = sending.form or {}
    return form["channel"] != "regulator" and ("waybill" in form or "单号" in form["text"])


def test_disorder_repetition_and_a_whole_topic_read_again_change_nothing(
    namespace: Namespace,
    make_namespace: Callable[..., Namespace],
    start_on: StartMutant,
    start_mutant: StartMutant,
    findings: Findings,
) -> None:
    sendings = list(islice(Traffic(namespace.settings.key_ring(), seed=8), COUNT))
    problems, tally = all_again(namespace, sendings, start_mutant, "")
    findings.faults = 2
    findings.report(tally)
    assert not problems, "\n".join(problems[:40])
    made = make_namespace()
    keys = {"hmac_keys": namespace.settings.hmac_keys}
    made = replace(made, settings=made.settings.model_copy(update=keys))
    in_order(made, sendings, start_on)
    disputed = ids_of(sendings, lambda one: one.kind in (Kind.AGAIN, Kind.CONFLICT))
    reference, found = ends(made, disputed), ends(namespace, disputed)
    settled = ids_of(sendings, names_its_parcel) - disputed
    others = list(differences(reference, found, settled))
    assert not others, "\n".join(others[:40])
    count = len(compared(reference, found))
    findings.note(f"{count} of {len(found)} cases are those of an orderly run, fact by fact")
    assert count > len(reference) * 0.8


def test_a_ledger_that_takes_a_replay_for_a_resubmission_is_found(
    namespace: Namespace, start_mutant: StartMutant
) -> None:
    sendings = list(islice(Traffic(namespace.settings.key_ring(), seed=8), COUNT))
    problems, _ = all_again(namespace, sendings, start_mutant, "replay_is_resubmission")
    assert problems


def a_newer_version_comes_and_goes(
    namespace: Namespace, start_mutant: StartMutant, changes: str
) -> tuple[list[str], Tally]:
    """Let a version that writes more work beside the present one (with ``changes``), then be
    rolled back; return what the judges found."""
    newer = [start_mutant("writes_the_future", name, slot=1) for name in ("dedup", "cases")]
    present = [start_mutant(changes, name, ready_within=60) for name in ("dedup", "cases")]
    eventually(lambda: all(worker.is_ready() for worker in newer), 60, "the newer ones serve")
    sender = Sender(namespace.settings)
    traffic = Traffic(namespace.settings.key_ring(), seed=9)
    for sending in islice(traffic, COUNT):
        sender.send(sending)
    sender.flush()
    eventually(lambda: all(committed(worker) > 0 for worker in newer), 60, "the newer ones work")
    assert [worker.stop() for worker in newer] == [0, 0]  # rolled back
    for sending in islice(traffic, COUNT // 2):
        sender.send(sending)
    found = judged(namespace, sender.flush(), longest_wait(changes))
    assert [worker.stop() for worker in present] == [0, 0]
    return found


def test_a_newer_version_beside_the_present_one_harms_nobody(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings
) -> None:
    problems, tally = a_newer_version_comes_and_goes(namespace, start_mutant, "")
    findings.faults = 2
    findings.report(tally)
    assert not problems, "\n".join(problems[:40])


def test_a_reader_that_refuses_what_a_newer_version_wrote_is_found(
    namespace: Namespace, start_mutant: StartMutant
) -> None:
    try:
        problems, _ = a_newer_version_comes_and_goes(namespace, start_mutant, "strict_reader")
    except AssertionError as stands_still:  # its breaker is open: nothing is buried, nothing done
        problems = [str(stands_still)]
    assert problems
