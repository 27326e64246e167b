"""Invariant I6: the history of each case is one chain, and nobody altered a link of it.

The chain is made of numbers and compared bytes, not of hashes (ADR 0050): entries and events of
the log are numbered from 1 without a gap, each event says in its own bytes which case and number
it is, the topic that everybody reads has the same bytes under the same numbers, and the document
of the case says how long both are. Taken out, put in, swapped, rewritten or cut off at the end:
one of these does not fit any more.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Link(NamedTuple):
    """One event: the number under which it is kept, and its bytes."""

    seq: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Chain:
    """One case as it is kept and as it was told. ``case_key`` is ``<tenant>|<case id>``.

    ``entries``: number and events of each log entry, as they are kept. ``told``: what stands on
    ``cases.changed``, in order, repeats included. ``length`` and ``seq``: how many entries and
    events the document of the case says that there are; None where it has no document.
    """

    case_key: str
    entries: Sequence[tuple[int, Sequence[Link]]]
    told: Sequence[Link]
    length: int | None
    seq: int | None


def breaks_of(chain: Chain) -> Iterator[str]:
    """Say where a chain does not verify; nothing when it does."""
    case = chain.case_key
    numbers = [n for n, _ in chain.entries]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"{case}: its entries are numbered {numbers}"
    logged = [link for _, links in chain.entries for link in links]
    yield from _in_order(f"log of {case}", case, logged)
    told: dict[int, bytes] = {}
    for link in chain.told:
        if told.setdefault(link.seq, link.value) != link.value:
            yield f"{case}: {link.seq} was told with two values"
    yield from _in_order(f"what was told of {case}", case, [Link(*one) for one in told.items()])
    kept = {link.seq: link.value for link in logged}
    for seq in sorted(kept.keys() | told.keys()):
        if kept.get(seq) != told.get(seq):
            yield f"{case}: {seq} is not told as it is kept"
    if chain.length is not None and chain.length != len(numbers):
        yield f"{case}: its document counts {chain.length} entries, the log has {len(numbers)}"
    if chain.seq is not None and chain.seq != len(logged):
        yield f"{case}: its document counts {chain.seq} events, the log has {len(logged)}"


def _in_order(what: str, case: str, links: Sequence[Link]) -> Iterator[str]:
    """Each link follows the one before, and says so itself."""
    for due, link in enumerate(links, 1):
        body = _body(link.value)
        own = (f"{body.get('tenant')}|{body.get('case_id')}", body.get("seq"))
        if link.seq != due:
            yield f"{what}: {link.seq} follows {due - 1}"
            return
        if own != (case, due):
            yield f"{what}: {due} says of itself that it is {own[1]} of {own[0]}"


def _body(value: bytes) -> dict[str, Any]:
    try:
        body = json.loads(value)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
