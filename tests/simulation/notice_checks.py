"""The judge's questions about notices: decided once, claimed before each call, ended."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from schemas.codec import decode
from schemas.notices import NoticeRequested
from services.domain.send_store import Outcome
from services.sender.logic import night_ends
from tests.simulation.evidence import (
    CHANGED,
    FIRED,
    NOTICES,
    NOTICES_SETTLED,
    RECEIPTS,
    STATE,
    Body,
    Evidence,
    body_of,
)
from tests.simulation.provider import Call
from tests.simulation.timer_checks import MOST_SKEW, SETTLED_BY

_ENDS: Final = {"sent", "delivered", "failed", "suppressed", "unknown"}
_MUST_TELL: Final = {"opened": "acknowledgement", "resolved": "result", "rejected": "result"}
"""What each of these changes tells its complainants, whatever keeps other notices back."""


def nothing_dies_behind_the_cases(evidence: Evidence) -> Iterator[str]:
    """What our own workers wrote can be read by our own workers, save by one with a defect."""
    has_defects = evidence.run.world.seen.defects
    for name in (FIRED, STATE, CHANGED, NOTICES, RECEIPTS):
        for letter in evidence.topic(f"{name}.dead"):
            facts = dict(letter.headers)
            if facts["dead.reason"] != b"handler_error" or not has_defects:
                yield f"a record of {name} died: {facts}"


def every_decision_is_produced_as_stored(evidence: Evidence) -> Iterator[str]:
    """One record for each decision, with its bytes, and none besides."""
    world = evidence.run.world
    rows = world.behind.notices.notices
    produced: dict[str, list[bytes]] = defaultdict(list)
    for record in (*evidence.topic(NOTICES), *evidence.topic(NOTICES_SETTLED)):
        body = body_of(record.value) or {}
        if record.topic == NOTICES or (body["state"] == "suppressed" and "rule" in body):
            produced[body["notice_id"]].append(record.value or b"")
    for notice_id in produced.keys() | rows.keys():
        stored = [rows[notice_id].out] if notice_id in rows else []
        found = produced[notice_id]
        if world.seen.forgotten:
            found = list(dict.fromkeys(found))
        if found != stored:
            yield f"notice {notice_id} was produced {len(found)} times, or not as stored"


def who_must_be_told_is_decided_about(evidence: Evidence) -> Iterator[str]:
    """A contact is acknowledged and an answer told, or it is on record why not."""
    rows = evidence.run.world.behind.notices.notices
    decided = {(row.case_key, row.told.seq, row.told.kind) for row in rows.values()}
    for case in evidence.members:
        for body in evidence.histories[case]:
            kind = _MUST_TELL.get(body["kind"])
            if kind is not None and (case, body["seq"], kind) not in decided:
                yield f"{case}#{body['seq']} ({body['kind']}) was told to nobody"


def every_call_was_claimed(evidence: Evidence) -> Iterator[str]:
    """Before each call to a provider stands a claim of its own; what is held is not sent before
    its time, and nobody is woken by what can wait."""
    rows = evidence.run.world.behind.notices.notices
    for notice_id, calls in _calls(evidence).items():
        for number, call in enumerate(calls, 1):
            if call.claims < number:
                yield f"notice {notice_id}: call {number} under {call.claims} claims"
        asked = decode(NoticeRequested, rows[notice_id].out)
        if asked.not_before is not None and calls[0].at < asked.not_before - MOST_SKEW:
            yield f"notice {notice_id} was held until {asked.not_before}, sent {calls[0].at}"
        if any(_is_night(asked, call.begun) for call in calls):
            yield f"notice {notice_id} was sent while its recipient is left alone"


def every_notice_ends_and_says_how(evidence: Evidence) -> Iterator[str]:
    """Whoever was to be told is told, or it is on record why not; how often at most it may have
    arrived is not less than how often it did."""
    world, calls, ends = evidence.run.world, _calls(evidence), _ends(evidence)
    now = world.clock.now()
    late = now - SETTLED_BY - MOST_SKEW
    for notice_id, row in world.behind.notices.notices.items():
        if not row.told.is_requested:
            continue
        arrived = sum(call.arrived for call in calls.get(notice_id, ()))
        if row.due is None and not (arrived or ends.get(notice_id)) and _may_rest(row.out, now):
            continue
        if row.due is None:
            problems = _ended(ends.get(notice_id), arrived)
        else:
            problems = iter(("is held though its time came",) if row.due < late else ())
        yield from (f"notice {notice_id} {problem}" for problem in problems)
    for notice_id in calls.keys() - world.behind.notices.notices.keys():
        yield f"notice {notice_id} was sent, and nobody decided it"


def _is_night(asked: NoticeRequested, at: datetime) -> bool:
    """Return whether its recipient is left alone then, by whichever clock of the workers."""
    return bool(night_ends(asked, at - MOST_SKEW) and night_ends(asked, at + MOST_SKEW))


def _may_rest(out: bytes, now: datetime) -> bool:
    """Return whether it may wait for a morning that is to come, or came just now."""
    asked = decode(NoticeRequested, out)
    return bool(night_ends(asked, now) or night_ends(asked, now - SETTLED_BY - MOST_SKEW))


def _ended(told: tuple[Body, int] | None, arrived: int) -> Iterator[str]:
    if told is None:
        yield "has no end"
        return
    end, distinct = told
    if distinct > 1:
        yield f"ended in {distinct} ways"
    if end["state"] == "sent" and not arrived:
        yield "is said to be sent, and was not"
    if end["state"] in ("failed", "suppressed") and arrived:
        yield f"is said to have {end['state']}, and arrived"
    if arrived > end["attempts"]:
        yield f"arrived {arrived} times, and says {end['attempts']}"


def only_what_was_in_doubt_is_sent_again(evidence: Evidence) -> Iterator[str]:
    """What arrived more than once was in doubt each time but the last; mandatory notices alone
    are sent again."""
    sends = evidence.run.world.behind.sends
    unsure = Counter(
        one.notice_id
        for one in sends.results.values()
        if one.attempt > 0 and one.outcome is Outcome.UNKNOWN
    )
    for notice_id, calls in _calls(evidence).items():
        arrived = sum(call.arrived for call in calls)
        if arrived - 1 > unsure[notice_id]:
            yield f"notice {notice_id} arrived {arrived} times, in doubt {unsure[notice_id]} times"
        numbers = sorted(c.attempt for c in sends.claims.values() if c.notice_id == notice_id)
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"notice {notice_id} was claimed as {numbers}"


def _calls(evidence: Evidence) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = defaultdict(list)
    for call in evidence.run.world.behind.provider.calls:
        found[call.notice_id].append(call)
    return found


def _ends(evidence: Evidence) -> dict[str, tuple[Body, int]]:
    """Return the end that was told of each notice, and how many different ones were."""
    found: dict[str, dict[bytes, Body]] = defaultdict(dict)
    for record in evidence.topic(NOTICES_SETTLED):
        body = body_of(record.value) or {}
        if body["state"] in _ENDS:
            found[body["notice_id"]][record.value or b""] = body
    return {name: (max(bodies.values(), key=_epoch), len(bodies)) for name, bodies in found.items()}


def _epoch(body: Body) -> tuple[int, datetime]:
    return body.get("epoch", 0), datetime.fromisoformat(body["at"])


NOTICE_CHECKS: Final = (
    nothing_dies_behind_the_cases,
    who_must_be_told_is_decided_about,
    every_decision_is_produced_as_stored,
    every_call_was_claimed,
    every_notice_ends_and_says_how,
    only_what_was_in_doubt_is_sent_again,
)
