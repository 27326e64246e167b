"""What must hold of incidents after a run: written down anew, from topics and stored rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from schemas import topics
from tests.simulation.evidence import Body, Evidence, body_of

_ANSWERED = {"resolved", "rejected", "closed", "archived", "appealed"}


def incident_problems(evidence: Evidence) -> Iterator[str]:
    """Yield what is wrong with incidents, their members, and their levels."""
    named, told = _by_cases(evidence)
    counted = _by_rows(evidence)
    for incident in sorted(named.keys() | counted.keys()):
        if named[incident] != counted[incident]:
            yield f"{incident}: cases say {named[incident]}, its place {counted[incident]}"
    yield from _numbers(evidence)
    newest = _newest(evidence)
    for incident, change in newest.items():
        if change["kind"] == "ended":
            continue
        if change["cases"] != len(counted[incident]):
            yield f"{incident} counts {change['cases']}, and has {len(counted[incident])}"
        for case in named[incident]:
            if told[case] != change["level"]:
                yield f"{case} was told {told[case]}, {incident} has {change['level']}"
    yield from _levels(evidence, told)
    yield from _news(evidence)
    for incident in named.keys() - newest.keys():
        if named[incident]:
            yield f"{incident} does not exist and has cases"


def _by_cases(evidence: Evidence) -> tuple[dict[str, set[str]], dict[str, int]]:
    members: dict[str, set[str]] = defaultdict(set)
    told: dict[str, int] = {}
    for case, changes in evidence.changes.items():
        seen: set[int] = set()
        for body, _ in changes:
            if body["seq"] in seen:
                continue
            seen.add(body["seq"])
            if body["kind"] == "incident_joined":
                members[body["incident_id"]].add(case)
            elif body["kind"] == "incident_left":
                members[body["incident_id"]].discard(case)
            if body["kind"] in ("incident_joined", "incident_level_told"):
                told[case] = body["incident"]["level"]
    return members, told


def _by_rows(evidence: Evidence) -> dict[str, set[str]]:
    members: dict[str, set[str]] = defaultdict(set)
    for place, rows in evidence.run.world.incidents.rows.items():
        tenant = place.partition("|")[0]
        for n in sorted(rows):
            said = rows[n].member
            if said is not None and said.is_in:
                members[said.incident_id].add(f"{tenant}|{said.case_id}")
            elif said is not None:
                members[said.incident_id].discard(f"{tenant}|{said.case_id}")
    return members


def _numbers(evidence: Evidence) -> Iterator[str]:
    """Rows of a place are gap-free, each word has one; its changes are produced once, in order."""
    stored: list[bytes] = []
    for place, rows in evidence.run.world.incidents.rows.items():
        if sorted(rows) != list(range(1, len(rows) + 1)):
            yield f"{place} has a gap"
        words = Counter(row.command_id for row in rows.values())
        yield from (f"{place}: {word} took effect {n} times" for word, n in words.items() if n > 1)
        stored += [change for row in rows.values() for change in row.changes]
    produced = [record.value or b"" for record in evidence.topic(topics.INCIDENTS.name)]
    seen = produced
    if evidence.run.world.seen.forgotten or evidence.run.world.seen.defects:
        seen = list(dict.fromkeys(produced))
    if sorted(seen) != sorted(stored):
        yield f"{len(stored)} changes of incidents are stored, {len(produced)} were produced"
    seqs: dict[str, list[int]] = defaultdict(list)
    for value in dict.fromkeys(produced):
        body = body_of(value) or {}
        seqs[body["incident_id"]].append(body["seq"])
    for incident, numbers in seqs.items():
        if any(after != before + 1 for before, after in pairwise([0, *numbers])):
            yield f"{incident}: its changes came as {numbers}"


def _newest(evidence: Evidence) -> dict[str, Body]:
    found: dict[str, Body] = {}
    for record in evidence.topic(topics.INCIDENTS.name):
        body = body_of(record.value) or {}
        if body["seq"] >= found.get(body["incident_id"], {}).get("seq", 0):
            found[body["incident_id"]] = body
    return found


def _news(evidence: Evidence) -> Iterator[str]:
    """Whoever was a member when customers were told something, and is one still, was told it."""
    asked: set[tuple[str, str]] = set()
    for record in evidence.topic(topics.COMMANDS.name):
        body = body_of(record.value) or {}
        asked.add((f"{body.get('tenant')}|{body.get('case_id')}", str(body.get("command_id"))))
    for place, rows in evidence.run.world.incidents.rows.items():
        tenant = place.partition("|")[0]
        members: dict[str, set[str]] = defaultdict(set)
        to_hear: dict[str, tuple[int, set[str]]] = {}
        for n in sorted(rows):
            said = rows[n].member
            if said is not None:
                change = set.add if said.is_in else set.discard
                change(members[said.incident_id], f"{tenant}|{said.case_id}")
            for one in map(body_of, rows[n].changes):
                if one is not None and one["kind"] == "customers_updated":
                    name = one["incident_id"]
                    to_hear[name] = (one["seq"], set(members[name]))
        for incident, (seq, those) in to_hear.items():
            for case in those & members[incident]:
                if (case, f"news-{incident}-{seq}") not in asked:
                    yield f"{case} was not told what {incident} has for its customers"


def _levels(evidence: Evidence, told: dict[str, int]) -> Iterator[str]:
    for case, projection in evidence.run.world.cases.cases.items():
        state = projection.state
        if state is None or state.incident_id is None or state.status in _ANSWERED:
            continue
        if state.reviewed is not None and state.reviewed.covers >= told.get(case, 0):
            continue  # a person knew of it and judged otherwise
        if state.level < told.get(case, 0):
            yield f"{case} is open at {state.level}, its incident has {told[case]}"
