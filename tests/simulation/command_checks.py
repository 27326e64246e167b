"""The judge's questions about commands: answered once, alike, and rightly."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.simulation.evidence import Body, Evidence
from tests.simulation.fold import fold
from tests.simulation.legal import FOLLOWS, leads_to, verdict


def every_command_is_settled_once(evidence: Evidence) -> Iterator[str]:
    """One answer per command, the same however often it is sent; one effect if accepted."""
    for place, sendings in evidence.commands.items():
        announced = evidence.settlements.get(place, [])
        if len(announced) < len(sendings):
            yield f"{place}: {len(sendings)} sent, {len(announced)} answers"
        answers = {value for body, value in announced if body.get("refusal") != "command_id_reused"}
        if len(answers) != 1:
            yield f"{place} has {len(answers)} different outcomes"
        kinds = {_meaning(body) for _, body in sendings}
        reused = {value for body, value in announced if body.get("refusal") == "command_id_reused"}
        if (len(kinds) > 1) != bool(reused):
            yield f"{place}: {len(kinds)} commands under one id, {len(reused)} refused for it"
    for place in evidence.settlements.keys() - evidence.commands.keys():
        yield f"{place} was settled and never sent"


def _meaning(command: Body) -> str:
    return json.dumps({k: v for k, v in command.items() if k != "issued_at"}, sort_keys=True)


def every_move_is_legal(evidence: Evidence) -> Iterator[str]:
    """Going through a case's changes, each command was rightly accepted or refused."""
    for case, history in evidence.histories.items():
        by_command = Counter(b["command_id"] for b in history if "command_id" in b)
        for command_id, times in by_command.items():
            if times > 1:
                yield f"{case}: command {command_id} took effect {times} times"
        for place, body in enumerate(history):
            if "command_id" in body:
                yield from _judged(evidence, case, body, history[:place])
                continue
            causes = FOLLOWS.get(body["kind"])
            if causes is not None and _cause(history[:place]) not in causes:
                yield f"{case}#{body['seq']} ({body['kind']}) follows from nothing"
        yield from _paid_once(case, history)
        yield from _asked_at_once(case, history)
    for (case, command_id), announced in evidence.settlements.items():
        for body, _ in announced:
            yield from _explained(evidence, case, command_id, body)


def _cause(before: list[Body]) -> str:
    """Return what a change follows from; who was passed over is only told on the way."""
    told = (body["kind"] for body in reversed(before))
    return str(next(kind for kind in told if kind != "team_passed_over"))


_MAY: Final = {"senior-desk": 100_000, "task-force": 1_000_000, "head-office": 10**12}
"""Up to which sum who approves; 20,000 where the clerk decided alone."""


def _paid_once(case: str, history: list[Body]) -> Iterator[str]:
    standing: dict[str, int] = {}
    before: dict[str, int] = {}
    for body in history:
        money = body.get("compensation", {})
        if "appeal" in body:
            told = body["appeal"].get("payments", ())
            before = {one["payment_id"]: one["minor"] for one in told if "has_failed" not in one}
        if body["kind"] == "payment_settled" and money["step"] == "payment_failed":
            standing[money["payment_id"]] = 0
        if body["kind"] != "payment_requested":
            continue
        if money["payment_id"] in standing:
            yield f"{case}: a payment was requested twice"
        if any([*standing.values(), *before.values()]) and "supplements" not in money:
            yield f"{case}: paid again, and not as a supplement"
        standing[money["payment_id"]] = money["amount"]["minor"]
        if sum([*standing.values(), *before.values()]) > _MAY.get(money.get("approval"), 20_000):
            yield f"{case}: nobody approved the sum of its payments"


def _asked_at_once(case: str, history: list[Body]) -> Iterator[str]:
    """Who takes a head asks the cases that come with it before anything else can happen: it pays
    nothing until it knows what they were paid."""
    for place, body in enumerate(history, 1):
        if body["kind"] != "merged" or not body["merge"].get("handed_on"):
            continue
        known = fold(history[:place])
        next_ones = history[place : place + len(known["awaited"])]
        asked = {one["merge"]["child"] for one in next_ones if one["kind"] == "merge_offered"}
        if unasked := known["awaited"] - asked - set(known["offers"].values()):
            yield f"{case}#{body['seq']} may be paid for what {sorted(unasked)} were paid"


def every_appeal_has_its_case(evidence: Evidence) -> Iterator[str]:
    """What one case says of its appeal, the other says of what it is about; none is lost."""
    by_appeal = {
        f"{body['tenant']}|{body['appealed_by']}": case
        for case, history in evidence.histories.items()
        for body in history
        if body["kind"] == "appealed"
    }
    opened = {
        case: f"{history[0]['tenant']}|{history[0]['appeal']['case_id']}"
        for case, history in evidence.histories.items()
        if history[0]["kind"] == "appeal_opened"
    }
    if by_appeal != opened:
        yield f"appeals made and appeals opened differ: {by_appeal} {opened}"
    for case, about in opened.items():
        yield from _heard(evidence, case, about)


def _heard(evidence: Evidence, case: str, about: str) -> Iterator[str]:
    """An appeal knows of each payment of the case that it is about, and which of them failed."""
    first = fold(evidence.histories[about])
    steps = {name: one["step"] for name, one in first["payments"].items()}
    made = {name: step == "payment_failed" for name, step in steps.items()}
    others = [one for child in first["merged"].values() for one in child.get("payments", ())]
    others += first.get("paid_before", ())
    made |= {one["payment_id"]: "has_failed" in one for one in others}
    told = fold(evidence.histories[case]).get("paid_before", ())
    heard = {one["payment_id"]: "has_failed" in one for one in told}
    if heard != made:
        yield f"{case} knows of the payments {heard} of {about}, which made {made}"


def every_merge_is_known_on_both_sides(evidence: Evidence) -> Iterator[str]:
    """Who is merged is known to its head, and the other way round; heads are not merged; no
    offer is left open."""
    known = {case: fold(history) for case, history in evidence.histories.items()}
    named = {
        (f"{one['tenant']}|{one['merged_into']}", case, one["merge_id"])
        for case, one in known.items()
        if "merged_into" in one
    }
    listed = {
        (case, f"{one['tenant']}|{child['case_id']}", merge_id)
        for case, one in known.items()
        for merge_id, child in one["merged"].items()
    }
    if named != listed:
        yield f"merged cases name {sorted(named - listed)}, heads list {sorted(listed - named)}"
    for head, case, _ in named:
        if "merged_into" in known[head]:
            yield f"{case} is merged into {head}, which is merged itself"
    for case, one in known.items():
        if one["offers"]:
            yield f"{case} still waits for an answer of {list(one['offers'].values())}"


def _judged(evidence: Evidence, case: str, event: Body, before: list[Body]) -> Iterator[str]:
    sent = [body for _, body in evidence.commands.get((case, event["command_id"]), [])]
    if not before:
        if not any(body["kind"] == "open_appeal" for body in sent):
            yield f"{case}#{event['seq']} was opened by no appeal"
        return
    status = before[-1]["status"]
    possible = [
        command
        for command in sent
        for known in (before, _without_passed(event, before))
        if verdict(command, known) is None
        and leads_to(command, known) == (event["kind"], event["status"])
    ]
    if not possible:
        yield f"{case}#{event['seq']} ({event['kind']}) is no legal move from {status}"
    outcome = evidence.settlements.get((case, event["command_id"]), [])
    if not any(b["settlement"] == "accepted" and b["seq"] >= event["seq"] for b, _ in outcome):
        yield f"{case}#{event['seq']} took effect, but was not announced as accepted"


def _without_passed(event: Body, before: list[Body]) -> list[Body]:
    """Return what stood before a command that hands the case on: who was passed over for it is said
    before the move itself, of one input, and whoever sent the command did not know of it."""
    known = list(before)
    while "team" in event and len(known) > 1 and known[-1]["at"] == event["at"]:
        if known[-1]["kind"] != "team_passed_over" or "team" in known[-1]:
            break
        known.pop()
    return known


def _explained(evidence: Evidence, case: str, command_id: str, answer: Body) -> Iterator[str]:
    history = evidence.histories.get(case, [])
    before = [body for body in history if body["seq"] <= answer["seq"]]
    if answer["settlement"] == "accepted":
        # What a command led to stands at the end of what it says, perhaps with what followed.
        caused = [b for b in before if "command_id" in b or "contact" in b]
        if not caused or caused[-1].get("command_id") != command_id:
            yield f"{case}: {command_id} announced as accepted, but nothing happened"
        return
    refusal = answer["refusal"]
    if refusal == "command_id_reused":
        return
    if not before:
        if refusal != "no_such_case":
            yield f"{case}: {command_id} refused as {refusal} by a case that was not there"
        return
    if refusal == "stale":
        yield from _told_what_changed(case, answer, before)
    sent = [body for _, body in evidence.commands.get((case, command_id), [])]
    grounds = {verdict(one, before) for one in sent}
    if refusal not in grounds:
        yield f"{case}: {command_id} refused as {refusal} without ground"


def _told_what_changed(case: str, answer: Body, before: list[Body]) -> Iterator[str]:
    """Who was behind hears of the newest changes, to the last one, as they stand."""
    since = answer.get("since", [])
    told = [(one["seq"], one["kind"], one["actor"]) for one in since]
    stand = [(b["seq"], b["kind"], b["actor"]) for b in before]
    if told != stand[len(stand) - len(told) :]:
        yield f"{case}: a stale command was told of {told}"
