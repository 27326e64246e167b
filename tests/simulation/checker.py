"""The judge of a run. It knows the guarantees and nothing of how they are kept."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from services.runtime.records import Inbound
from tests.simulation.command_checks import (
    every_appeal_has_its_case,
    every_command_is_settled_once,
    every_merge_is_known_on_both_sides,
    every_move_is_legal,
)
from tests.simulation.conflict_checks import no_station_has_its_own_case
from tests.simulation.consequences import SLA
from tests.simulation.evidence import (
    COMMANDS,
    DEDUPLICATED,
    RECEIVED,
    ROUTED,
    SCORED,
    STATE,
    Body,
    Evidence,
    body_of,
    content_of,
    is_replay,
    source_of,
)
from tests.simulation.fold import FOLDED, fold
from tests.simulation.incident_checks import incident_problems
from tests.simulation.invariants import chains_verify, counters_match
from tests.simulation.lane_checks import every_contact_keeps_its_lane
from tests.simulation.legal_judgements import (
    every_review_is_one_label,
    only_persons_lower_a_level,
)
from tests.simulation.notice_checks import NOTICE_CHECKS
from tests.simulation.run import Run
from tests.simulation.timer_checks import TIMER_CHECKS
from tests.simulation.workers import INCIDENTS

Check = Callable[[Evidence], Iterator[str]]
LEFT_UNDONE: Final = "work was left undone"


def violations(run: Run) -> list[str]:
    """Return what is wrong with a finished run; empty when nothing is."""
    if not run.is_quiet:
        troubles = [f"{slot.name}: {slot.last_step}" for slot in run.world.slots]
        return [f"{LEFT_UNDONE} ({'; '.join(troubles)})", *run.world.seen.failures]
    evidence = Evidence(run)
    found: list[str] = []
    behind = (*TIMER_CHECKS, *NOTICE_CHECKS) if SLA in run.world.reads else ()
    beside = (incident_problems,) if INCIDENTS in run.world.reads else ()
    for check in (*CHECKS, *behind, *beside):
        try:
            found.extend(f"{check.__name__}: {problem}" for problem in check(evidence))
        except (AssertionError, LookupError, ValueError) as error:
            found.append(f"{check.__name__}: the evidence makes no sense: {error!r}")
    return found


def nobody_gave_up(evidence: Evidence) -> Iterator[str]:
    """No process ended by an error; none saw an offset it could not explain."""
    yield from evidence.run.world.seen.failures
    seen = evidence.run.world.seen
    yield from (alarm for alarm in seen.alarms if not seen.forgotten)


def every_record_ends_in_one_place(evidence: Evidence) -> Iterator[str]:
    """A contact's record is decided from, absorbed, or a dead letter: one of these, once."""
    dedup = evidence.run.world.dedup
    decided = Counter(row.source for row in dedup.contacts.values())
    for record in evidence.topic(RECEIVED):
        source = source_of(record)
        letters = evidence.dead.get(source, [])
        buried = min(len(letters), 1) if evidence.run.world.seen.forgotten else len(letters)
        accounted = decided[source] + (source in dedup.absorbed)
        if evidence.run.world.seen.defects and accounted:
            # One worker may have stumbled where another, given up meanwhile, did not.
            buried = 0
        places = accounted + buried
        if places != 1:
            yield f"{source} ended in {places} places"
        yield from _untouched(evidence, record)
    for name in (DEDUPLICATED, SCORED, ROUTED, COMMANDS):
        for record in evidence.topic(name):
            yield from _untouched(evidence, record)


def _untouched(evidence: Evidence, record: Inbound) -> Iterator[str]:
    letters = evidence.dead.get(source_of(record), [])
    may_break = b"cursed" in (record.value or b"") or evidence.run.world.seen.defects
    for letter in letters:
        facts = dict(letter.headers)
        if (letter.key, letter.value) != (record.key, record.value):
            yield f"dead letter of {facts} is not the original"
        if facts["dead.reason"] == b"handler_error" and not may_break:
            yield f"our own error: {facts['dead.error']!r}"


def every_contact_takes_effect_once(evidence: Evidence) -> Iterator[str]:
    """Sent however often: one decision, one event in one case."""
    rows = evidence.run.world.dedup.contacts
    effects = Counter(name for names in evidence.members.values() for name in names)
    homes = {name: case for case, names in evidence.members.items() for name in names}
    stolen = evidence.run.inputs.stolen
    for name, sendings in evidence.contacts.items():
        row = rows.get(name)
        if row is None:
            if not all(body["tracking"] in stolen for _, body in sendings):
                yield f"{name} was never decided"
        elif effects[name] != 1:
            yield f"{name} took effect {effects[name]} times"
        elif homes[name] != f"{row.tenant}|{row.case_id}":
            yield f"{name} is in {homes[name]}, decided for {row.case_id}"
    for name in effects.keys() - evidence.contacts.keys():
        yield f"{name} took effect and was never sent"


def only_what_says_the_same_is_absorbed(evidence: Evidence) -> Iterator[str]:
    """A contact sent again is absorbed; under a reused key another complaint must not vanish."""
    rows = evidence.run.world.dedup.contacts
    for name, sendings in evidence.contacts.items():
        contents = {source: content_of(body) for source, body in sendings}
        decided = contents.get(rows[name].source) if name in rows else None
        for source, content in contents.items():
            if decided is None or source in evidence.mended:
                continue
            if source in evidence.dead and content == decided:
                yield f"{name} at {source} is dead though it says what was decided"
            if source not in evidence.dead and content != decided:
                yield f"{name} at {source} was absorbed though it says something else"


def decisions_are_produced_as_stored(evidence: Evidence) -> Iterator[str]:
    """One record for each decision, with its bytes, and none besides."""
    rows = evidence.run.world.dedup.contacts
    produced: dict[str, list[bytes]] = defaultdict(list)
    for record in evidence.topic(DEDUPLICATED):
        if is_replay(record):
            continue
        body = body_of(record.value) or {}
        contact = body.get("contact", {})
        produced[f"{contact.get('tenant')}|{contact.get('contact_id')}"].append(record.value or b"")
    for name in produced.keys() | rows.keys():
        stored = [rows[name].out] if name in rows else []
        found = produced[name]
        if evidence.run.world.seen.forgotten or evidence.mended:
            found = list(dict.fromkeys(found))
        if found != stored:
            yield f"{name} was produced {len(produced[name])} times, or not as stored"


def changes_have_no_gap(evidence: Evidence) -> Iterator[str]:
    """Per case in order and gap-free from 1; what comes again comes with the same bytes."""
    for case, changes in evidence.changes.items():
        seen: list[bytes] = []
        for body, value in changes:
            if body["seq"] == len(seen) + 1:
                seen.append(value)
            elif body["seq"] > len(seen) + 1:
                yield f"{case}: {body['seq']} follows {len(seen)}"
                break
            elif seen[body["seq"] - 1] != value:
                yield f"{case}: {body['seq']} came again with other bytes"


def changes_are_those_of_the_log(evidence: Evidence) -> Iterator[str]:
    """What was announced is what was decided: entries from 1 without a gap, each produced."""
    log = evidence.run.world.cases.log
    for case in log.keys() | evidence.changes.keys():
        entries = log.get(case, {})
        if sorted(entries) != list(range(1, len(entries) + 1)):
            yield f"{case}: the log has entries {sorted(entries)}"
        logged = [event.value for n in sorted(entries) for event in entries[n].events]
        announced = list(dict.fromkeys(value for _, value in evidence.changes.get(case, [])))
        if logged != announced:
            yield f"{case}: {len(logged)} events in the log, {len(announced)} announced"


def documents_are_the_fold_of_the_log(evidence: Evidence) -> Iterator[str]:
    """The document of a case, and the newest record on ``cases.state``, say what its changes
    add up to."""
    world = evidence.run.world
    newest = {record.key: record.value for record in evidence.topic(STATE)}
    for case, history in evidence.histories.items():
        expected = fold(history)
        projection = world.cases.cases.get(case)
        stored = (
            projection and projection.state and projection.state.model_dump_json(exclude_none=True)
        )
        yield from _differences(f"document of {case}", expected, json.loads(stored or "{}"))
        if body_of(newest.get(case.encode())) != json.loads(stored or "{}"):
            yield f"cases.state of {case} is not its document"
        if projection is not None and projection.n != len(world.cases.log[case]):
            yield f"document of {case} stands at {projection.n}"
    for key in newest.keys() - {case.encode() for case in evidence.histories}:
        yield f"cases.state of {key!r}, which nothing opened"


def _differences(what: str, expected: Body, found: Body) -> Iterator[str]:
    for field in (one for one in FOLDED if expected.get(one) != found.get(one)):
        yield f"{what}: {field} is {found.get(field)}, its changes say {expected.get(field)}"


def contacts_of_one_waybill_meet(evidence: Evidence) -> Iterator[str]:
    """One waybill, one case, one tenant; another waybill, another case."""
    truth = evidence.run.inputs.waybill_of
    homes = {name: case for case, names in evidence.members.items() for name in names}
    cases: dict[tuple[str, str], set[str]] = defaultdict(set)
    waybills: dict[str, set[str]] = defaultdict(set)
    for (tenant, contact_id), waybill in truth.items():
        home = homes.get(f"{tenant}|{contact_id}")
        if waybill is not None and home is not None:
            cases[tenant, waybill].add(home)
            waybills[home].add(waybill)
    for parcel, found in cases.items():
        if len(found) > 1 and not _outlives_its_window(evidence, found):
            yield f"{parcel} is in {len(found)} cases: {sorted(found)}"
    for case, several in waybills.items():
        if len(several) > 1:
            yield f"{case} has contacts of {sorted(several)}"


def _outlives_its_window(evidence: Evidence, cases: set[str]) -> bool:
    times = [
        body["contact"]["received_at"][:10]
        for case in cases
        for body in evidence.histories[case]
        if "contact" in body
    ]
    return bool(min(times) < "2025-12" or max(times) > "2026-06")


def relations_fit_their_case(evidence: Evidence) -> Iterator[str]:
    """One contact opened the case; every other person in it became a complainant once."""
    for case in evidence.members:
        history = evidence.histories[case]
        contacts = [body["contact"] for body in history if "contact" in body]
        openers = [one for one in contacts if one["relation"] == "new"]
        if len(openers) != 1:
            # Who claimed the parcel may have died of something else; then anybody opens.
            if openers or not evidence.run.inputs.stolen:
                yield f"{case} has {len(openers)} openers"
            continue
        if history[0]["kind"] != "opened":
            yield f"{case} begins with {history[0]['kind']}"
        if not evidence.run.inputs.is_strict:
            continue
        others = {one.get("person") for one in contacts} - {openers[0].get("person"), None}
        second = Counter(
            one.get("person") for one in contacts if one["relation"] == "second_complainant"
        )
        if second != Counter(others):
            yield f"{case} has {sum(second.values())} second complainants of {len(others)} persons"


CHECKS: Final[tuple[Check, ...]] = (
    nobody_gave_up,
    every_record_ends_in_one_place,
    every_contact_takes_effect_once,
    only_what_says_the_same_is_absorbed,
    decisions_are_produced_as_stored,
    every_contact_keeps_its_lane,
    changes_have_no_gap,
    changes_are_those_of_the_log,
    documents_are_the_fold_of_the_log,
    every_command_is_settled_once,
    every_move_is_legal,
    no_station_has_its_own_case,
    every_appeal_has_its_case,
    every_merge_is_known_on_both_sides,
    only_persons_lower_a_level,
    every_review_is_one_label,
    contacts_of_one_waybill_meet,
    relations_fit_their_case,
    chains_verify,
    counters_match,
)
