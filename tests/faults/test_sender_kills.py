"""A sender killed again and again: what is mandatory reaches its receiver, and every double in
the receivers' own logs is one that the audit calls possible."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from bench.notices import environment
from schemas import topics
from schemas.codec import decode
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeSettled
from services.audit.run import run_audit
from tests.faults.forms import FULL
from tests.support.checker import read_all
from tests.support.namespaces import Namespace
from tests.support.notices import put, requests
from tests.support.processes import WorkerProcess
from tests.support.sinks import Sink
from tests.support.waiting import eventually
from tests.unit.sender.desk import STEPS

NOTICES, KILLS = (10_000, 20) if FULL else (300, 2)
AT_ONCE = 16
WINDOW = 3 * AT_ONCE
"""The window of a death: this many notices are in doubt at most, those of the loop and of two
lanes."""


@pytest.mark.timeout(900 if FULL else 120)
def test_killed_senders_reach_everybody_and_the_audit_knows_every_double(
    namespace: Namespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    half, held = NOTICES // 2, NOTICES // 10
    mail = requests(namespace, range(half), NoticeChannel.EMAIL)
    hooks = requests(namespace, range(half, NOTICES - held), NoticeChannel.WEBHOOK)
    others = requests(namespace, range(NOTICES - held, NOTICES), NoticeChannel.WEBHOOK, False)
    # Slow enough that a death always meets notices on their way.
    pause = 0.02 if FULL else 0.1
    with ExitStack() as running:
        sinks = [running.enter_context(Sink(kind, pause)) for kind in ("smtp", "http")]
        settings = environment("smtp", sinks[0].port, AT_ONCE, 64)
        settings |= environment("http", sinks[1].port, AT_ONCE, 64)
        settings |= {"COMPLAINTS_BATCH_MIN": "64"}
        sender = WorkerProcess("sender", namespace.settings, tmp_path, **settings)
        running.push(sender)
        put(namespace, [*mail, *hooks, *others])
        arrived = _killed(sender, lambda: sum(sink.count() for sink in sinks))
        sender.start(None)
        ends = eventually(
            lambda: found if len(found := _ends(namespace)) >= NOTICES else [],
            within=600 if FULL else 90,
            every=1.0,
            describe=lambda: f"{len(_ends(namespace))} of {NOTICES} ended",
        )
        logs = {key: times for sink in sinks for key, times in sink.came().items()}
    doubles = {key for key, times in logs.items() if times > 1}
    possible = {one.notice_id for one in ends if one.attempts > 1}
    missing = [one.notice_id for one in (*mail, *hooks) if one.notice_id not in logs]
    waiting = {one.notice_id for one in ends if one.state == "unknown"}
    with capsys.disabled():
        print(
            f"\n{NOTICES} notices, {KILLS} kills (at {arrived}): {len(logs)} reached, "
            f"{len(doubles)} arrived twice or more, {len(possible)} possible doubles, "
            f"{len(waiting)} held in doubt, {len(missing)} mandatory missing"
        )
    assert missing == []
    assert doubles <= possible
    assert len(possible) + len(waiting) <= KILLS * WINDOW
    assert waiting <= {one.notice_id for one in others}
    assert all(logs.get(one.notice_id, 0) <= 1 for one in others)
    outcome = run_audit(namespace.settings, 60, lambda what, done, total: None)
    (found,) = (one for one in outcome.findings if one.check == "N")
    assert (found.examined, found.waiting, found.listed) == (NOTICES, 0, [])
    assert (f"{len(possible)} possible doubles" in found.title) == bool(possible)


def _killed(sender: WorkerProcess, count: Callable[[], int]) -> list[int]:
    """Kill the sender at random moments while it sends; return how many had arrived at each."""
    random, arrived = Random(7), []
    share = NOTICES // (KILLS + 1)
    for number in range(1, KILLS + 1):
        sender.start(None)
        least = max(number * share - random.randrange(share), count() + 1)
        eventually(lambda least=least: count() >= least, within=120, every=0.02)  # type: ignore[misc]
        sender.kill()
        arrived.append(count())
    return arrived


def _ends(namespace: Namespace) -> list[NoticeSettled]:
    told = [
        decode(NoticeSettled, message.value())
        for message in read_all(namespace, topics.NOTICES_SETTLED.name)
    ]
    return [one for one in told if one.state not in STEPS]
