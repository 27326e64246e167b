"""The judge's questions about commands: answered once, alike, and rightly."""

import json
from collections import Counter
from collections.abc import Iterator

from tests.simulation.evidence import Body, Evidence
from tests.simulation.fold import leads_to, verdict


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
        status, by_command = (
            "received",
            Counter(b["command_id"] for b in history if "command_id" in b),
        )
        for command_id, times in by_command.items():
            if times > 1:
                yield f"{case}: command {command_id} took effect {times} times"
        for body in history:
            if "command_id" in body:
                yield from _judged(evidence, case, body, status)
            elif body["kind"] == "reopened" and status not in ("resolved", "closed"):
                yield f"{case}#{body['seq']} reopens a case that is {status}"
            status = body["status"]
    for (case, command_id), announced in evidence.settlements.items():
        for body, _ in announced:
            yield from _explained(evidence, case, command_id, body)


def _judged(evidence: Evidence, case: str, event: Body, status: str) -> Iterator[str]:
    sent = [body for _, body in evidence.commands.get((case, event["command_id"]), [])]
    possible = [
        command
        for command in sent
        if verdict(command, status, event["seq"] - 1) is None
        and leads_to(command, status) == (event["kind"], event["status"])
    ]
    if not possible:
        yield f"{case}#{event['seq']} ({event['kind']}) is no legal move from {status}"
    outcome = evidence.settlements.get((case, event["command_id"]), [])
    if not any(b["settlement"] == "accepted" and b["seq"] == event["seq"] for b, _ in outcome):
        yield f"{case}#{event['seq']} took effect, but was not announced as accepted"


def _explained(evidence: Evidence, case: str, command_id: str, answer: Body) -> Iterator[str]:
    history = evidence.histories.get(case, [])
    if answer["settlement"] == "accepted":
        if not any(
            b.get("command_id") == command_id and b["seq"] == answer["seq"] for b in history
        ):
            yield f"{case}: {command_id} announced as accepted, but nothing happened"
        return
    refusal = answer["refusal"]
    if refusal == "command_id_reused":
        return
    before = [body for body in history if body["seq"] <= answer["seq"]]
    if not before:
        if refusal != "no_such_case":
            yield f"{case}: {command_id} refused as {refusal} by a case that was not there"
        return
    sent = [body for _, body in evidence.commands.get((case, command_id), [])]
    grounds = {verdict(one, before[-1]["status"], before[-1]["seq"]) for one in sent}
    if refusal not in grounds:
        yield f"{case}: {command_id} refused as {refusal} without ground"
