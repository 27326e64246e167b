"""``complaints dedup``: the decisions of dedup over a file, offline, for trying a policy."""

from itertools import count
from pathlib import Path
from typing import IO, Any, Final

import click

_BATCH: Final = 500


@click.command(
    epilog="""\b
Contacts are taken in the order of their `at`. One line out per line in:
  {"id": "s035", "case": "C…", "relation": "repeat", "incident": null,
   "confidence": 0.83, "reasons": ["same_person_same_item"]}
\b
Example:
  ./complaints dedup contacts.jsonl --policy candidate.yaml > decisions.jsonl
"""
)
@click.argument("file", type=click.File("rb"), metavar="FILE.jsonl")
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another policy than the one that comes with dedup.",
)
def command(file: IO[bytes], policy: Path | None) -> int:
    """Say for each contact of FILE.jsonl which case it belongs to, and why.

    A line that cannot be read is reported with its number, field and rule; the exit code
    is 1 then.
    """
    from schemas.codec import decode, encode
    from schemas.contacts import ContactDeduplicated
    from services.adapters.clock import SystemClock
    from services.adapters.memory_dedup import MemoryDedupStore
    from services.cli.offline import KEYS, Line, as_json, contacts_in
    from services.cli.sending.lines import BadLine
    from services.dedup.handler import DedupHandler
    from services.dedup.policy import load_policy
    from services.runtime.records import Inbound

    clock = SystemClock()
    lines: list[Line] = []
    is_bad = False
    for line in contacts_in(file, clock.now()):
        if isinstance(line, BadLine):
            is_bad = True
            click.echo(str(line), err=True)
        else:
            lines.append(line)
    in_time = sorted(range(len(lines)), key=lambda i: (lines[i].contact.received_at, i))
    handler = DedupHandler(MemoryDedupStore(), KEYS, load_policy(policy), clock, "out")
    offsets = count()
    answers: dict[str, dict[str, Any]] = {}
    for start in range(0, len(in_time), _BATCH):
        batch = [
            Inbound("in", 0, next(offsets), "in", None, encode(lines[i].contact))
            for i in in_time[start : start + _BATCH]
        ]
        for out in handler.handle(batch, {}).outbound:
            decision = decode(ContactDeduplicated, out.value)
            answers[decision.contact.contact_id] = {
                "case": decision.case_id,
                "relation": decision.relation,
                "incident": None,
                "confidence": decision.confidence,
                "reasons": [
                    reason.rule if reason.detail is None else f"{reason.rule}: {reason.detail}"
                    for reason in decision.reasons
                ],
            }
    for line in lines:
        click.echo(as_json({"id": line.id, **answers[line.contact.contact_id]}))
    return int(is_bad)
