"""A sender killed again and again: what is mandatory reaches its receiver, and every double in
the receivers' own logs is one that the audit calls possible."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from bench.notices import environment
from schemas import topics
from schemas.codec import decode
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested, NoticeSettled
from services.audit.run import run_audit
from services.domain import identity
from services.sender.policy import SHIPPED
from tests.faults.findings import Findings
from tests.faults.forms import FULL
from tests.support.builders import KEYS, TENANT
from tests.support.namespaces import Namespace
from tests.support.notices import TEAM, put, requests, team_requests
from tests.support.processes import WorkerProcess
from tests.support.sinks import Sink
from tests.support.topics_now import read_all
from tests.support.waiting import eventually
from tests.unit.sender.desk import STEPS

KILLS = 20 if FULL else 2
SHARES = {"smtp": 3500, "http": 3000, "smpp": 2000, "chat": 500, "others": 1000}
"""Notices by receiver, 10,000 in all; the others go over HTTP too, and are not mandatory."""
COUNTS = SHARES if FULL else {one: share * 3 // 100 for one, share in SHARES.items()}
NOTICES = sum(COUNTS.values())
AT_ONCE = 16
WINDOW = 5 * AT_ONCE
"""The window of a death, as ADR 0038 defines it: the loop's, and a lane's for each of the four
channels that are used here."""
KNOW_AGAIN = frozenset({"smtp", "http"})
"""Receivers that are given an id by which they know a message again; the others cannot."""
SINKS = ("smtp", "http", "smpp", "chat")


@pytest.mark.timeout(900 if FULL else 120)
def test_killed_senders_reach_everybody_and_the_audit_knows_every_double(
    namespace: Namespace,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    findings: Findings,
) -> None:
    wanted = _requested(namespace)
    everything = [one for notices in wanted.values() for one in notices]
    Random(5).shuffle(everything)
    # Slow enough that a death always meets notices on their way.
    pause = 0.02 if FULL else 0.1
    with ExitStack() as running:
        sinks = {kind: running.enter_context(Sink(kind, pause)) for kind in SINKS}
        settings = _environment(sinks, tmp_path)
        sender = WorkerProcess("sender", namespace.settings, tmp_path, **settings)
        running.push(sender)
        put(namespace, everything)
        arrived = _killed(sender, lambda: sum(sink.count() for sink in sinks.values()), findings)
        ends = eventually(
            lambda: found if len(found := _ends(namespace)) >= NOTICES else [],
            within=600 if FULL else 90,
            every=1.0,
            describe=lambda: f"{len(_ends(namespace))} of {NOTICES} ended",
        )
        logs = {kind: _by_notice(kind, sink.came(), wanted) for kind, sink in sinks.items()}
    doubles = {
        kind: {key for key, times in came.items() if times > 1} for kind, came in logs.items()
    }
    possible = {one.notice_id for one in ends if one.attempts > 1}
    others = {one.notice_id for one in wanted["others"]}
    missing = [
        one.notice_id for kind in SINKS for one in wanted[kind] if one.notice_id not in logs[kind]
    ]
    waiting = {one.notice_id for one in ends if one.state == "unknown"}
    unknown = set().union(*doubles.values()) - possible
    findings.count(NOTICES, lost=len(missing), doubled=len(unknown))
    findings.note(f"notices, not contacts; {len(possible)} possible doubles, that the audit knows")
    with capsys.disabled():
        print(f"\n{NOTICES} notices, {KILLS} kills (at {arrived})")
        for kind, came in logs.items():
            what = "with the id of the first" if kind in KNOW_AGAIN else "as another message"
            print(f"  {kind}: {len(came)} reached, {len(doubles[kind])} came again, {what}")
        print(
            f"  {len(possible)} possible doubles, {len(waiting)} held in doubt, "
            f"{len(missing)} mandatory missing"
        )
    assert missing == []
    assert unknown == set()
    assert len(possible) + len(waiting) <= KILLS * WINDOW
    assert waiting <= others
    assert not others & doubles["http"]
    outcome = run_audit(namespace.settings, 60, lambda what, done, total: None)
    (found,) = (one for one in outcome.findings if one.check == "N")
    assert (found.examined, found.waiting, found.listed) == (NOTICES, 0, [])
    assert (f"{len(possible)} possible doubles" in found.title) == bool(possible)


def _requested(namespace: Namespace) -> dict[str, list[NoticeRequested]]:
    """Decide the notices, by the receiver that is to get them."""
    numbers = iter(range(NOTICES))
    shares = {kind: [next(numbers) for _ in range(count)] for kind, count in COUNTS.items()}
    return {
        "smtp": requests(namespace, shares["smtp"], NoticeChannel.EMAIL),
        "http": requests(namespace, shares["http"], NoticeChannel.WEBHOOK),
        "smpp": requests(namespace, shares["smpp"], NoticeChannel.SMS),
        "chat": team_requests(namespace, shares["chat"]),
        "others": requests(namespace, shares["others"], NoticeChannel.WEBHOOK, False),
    }


def _environment(sinks: Mapping[str, Sink], folder: Path) -> dict[str, str]:
    """Return the settings of a sender that writes to all of them."""
    robots, policy = folder / "robots.json", folder / "sending.yaml"
    robot = {"kind": "wecom", "url": f"http://127.0.0.1:{sinks['chat'].port}/robot"}
    robots.write_text(json.dumps({"robots": {TEAM: robot}}))
    # Real robots take 20 messages a minute, and no test has the time for that.
    usual = SHIPPED.read_text()
    slow = "rate: {per_second: 0.33, burst: 20}"
    assert slow in usual
    policy.write_text(usual.replace(slow, "rate: {per_second: 200, burst: 200}"))
    settings = environment("smtp", sinks["smtp"].port, AT_ONCE, 64)
    settings |= environment("http", sinks["http"].port, AT_ONCE, 64)
    return settings | {
        "COMPLAINTS_BATCH_MIN": "64",
        "COMPLAINTS_SENDER_POLICY": str(policy),
        "COMPLAINTS_CHAT_ROBOTS": str(robots),
        "COMPLAINTS_SMPP_HOST": "127.0.0.1",
        "COMPLAINTS_SMPP_PORT": str(sinks["smpp"].port),
        "COMPLAINTS_SMPP_USER": "us",
        "COMPLAINTS_SMPP_PASSWORD": "secret",
    }


def _by_notice(
    kind: str, came: Mapping[str, int], wanted: Mapping[str, list[NoticeRequested]]
) -> dict[str, int]:
    """Return how often each notice came, where the receiver's log knows it by its text."""
    if kind in KNOW_AGAIN:
        return dict(came)
    named = {_name(kind, one): one.notice_id for one in wanted[kind]}
    return {named[key]: times for key, times in came.items()}


def _name(kind: str, notice: NoticeRequested) -> str:
    if kind == "chat":
        return notice.case_id
    return identity.tracking_code(KEYS, TENANT, notice.recipient.partition(":")[2])


def _killed(sender: WorkerProcess, count: Callable[[], int], findings: Findings) -> list[int]:
    """Kill the sender at random moments while it sends, and start it again each time; return how
    many had arrived at each."""
    random, arrived = Random(7), []
    share = NOTICES // (KILLS + 1)
    sender.start(None)
    for number in range(1, KILLS + 1):
        least = max(number * share - random.randrange(share), count() + 1)
        eventually(lambda least=least: count() >= least, within=120, every=0.02)  # type: ignore[misc]
        sender.kill()
        died = time.monotonic()
        arrived.append(count())
        sender.start(None)
        findings.faults += 1
        findings.recoveries.append(_next_arrival(count) - died)
    return arrived


def _next_arrival(count: Callable[[], int]) -> float:
    """Return when something arrives that a new process sent. What a dead one had on its way
    arrives while that one is still starting."""
    seen = -1

    def is_calm() -> bool:
        nonlocal seen
        before, seen = seen, count()
        return before == seen

    eventually(is_calm, within=30, every=0.3)
    eventually(lambda: count() > seen, within=120, every=0.02)
    return time.monotonic()


def _ends(namespace: Namespace) -> list[NoticeSettled]:
    told = [
        decode(NoticeSettled, message.value())
        for message in read_all(namespace, topics.NOTICES_SETTLED.name)
    ]
    return [one for one in told if one.state not in STEPS]
