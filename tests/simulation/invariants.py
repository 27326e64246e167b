"""The invariants that every run is held to, I1 to I7, and the checks of the judge that ask for
each. I6 and I7 are asked here; the others need more than one question."""

from collections.abc import Iterator
from typing import Final

from tests.simulation.evidence import RECEIVED, ROUTED, Evidence, body_of, source_of
from tests.support.chain import Chain, Link, breaks_of
from tests.support.counters import Counters, mismatches

INVARIANTS: Final[dict[str, tuple[str, ...]]] = {
    "I1": ("every_record_ends_in_one_place", "only_what_says_the_same_is_absorbed"),
    "I2": ("every_contact_takes_effect_once", "every_command_is_settled_once"),
    "I3": ("changes_have_no_gap",),
    "I4": ("every_open_case_has_one_timer", "nothing_fires_early", "nothing_fires_twice"),
    "I5": ("every_call_was_claimed", "only_what_was_in_doubt_is_sent_again"),
    "I6": ("chains_verify",),
    "I7": ("counters_match",),
}
"""By invariant: I1 what was acknowledged took effect, was absorbed or is a dead letter; I2 each
effect once; I3 numbers rise per case; I4 each stage fires once, never early, and does fire; I5 one
id per notice, and nobody is told twice unknown; I6 the chain verifies; I7 the counters match."""


def chains_verify(evidence: Evidence) -> Iterator[str]:
    """I6: the log of each case, what was told of it and its document are one unbroken chain."""
    cases = evidence.run.world.cases
    for case in cases.log.keys() | evidence.changes.keys():
        document = cases.cases.get(case)
        state = document.state if document else None
        entries = [
            (n, [Link(event.seq, event.value) for event in entry.events])
            for n, entry in sorted(cases.log.get(case, {}).items())
        ]
        told = [Link(body["seq"], value) for body, value in evidence.changes.get(case, [])]
        length, seq = document.n if document else None, state.seq if state else None
        yield from breaks_of(Chain(case, entries, told, length, seq))


def counters_match(evidence: Evidence) -> Iterator[str]:
    """I7: as many went in as came out, at every step."""
    yield from mismatches(counted(evidence))


def counted(evidence: Evidence) -> Counters:
    """Count what a finished run left behind."""
    world = evidence.run.world
    received = {source_of(record) for record in evidence.topic(RECEIVED)}
    decided = {row.source for row in world.dedup.contacts.values()}
    buried = received & evidence.dead.keys()
    if world.seen.defects:
        # One worker may have stumbled where another, given up meanwhile, did not.
        buried -= decided | world.dedup.absorbed.keys()
    passed = set()
    for record in evidence.topic(ROUTED):
        decision = (body_of(record.value) or {}).get("scored", {}).get("deduplicated", {})
        contact = decision.get("contact", {})
        passed.add((contact.get("tenant"), contact.get("contact_id")))
    documents = (one.state for one in world.cases.cases.values() if one.state)
    return Counters(
        received=len(received),
        buried=len(buried),
        absorbed=len(world.dedup.absorbed),
        decided=len(world.dedup.contacts),
        passed=len(passed),
        added=sum(map(len, evidence.members.values())),
        contained=sum(one.contacts for one in documents if one.appeal_of is None),
        commands=len(evidence.commands),
        settled=len(evidence.settlements),
    )
