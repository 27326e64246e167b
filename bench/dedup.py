"""How many contacts a second dedup decides on one core, against a million it knows.

    complaints bench decisions dedup            # in memory: a million fingerprints
    python -m bench.dedup mongodb://127.0.0.1:27017/?replicaSet=complaints

A fingerprint is the stored row of a contact with all it is found by; one in fifty is decided, the
others are copies of those with hashes of their own. The contacts are a mixture
as networks see it: most are new, some repeat a waybill, some have one slip in it, some have
none. From reading the record to the row and the record that goes out. With the URI of a MongoDB the
same contacts are decided on a database of its own, dropped at the end; its CPU is not counted.
"""

import argparse
import gc
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

from bench.timing import Round, Timed, timed
from schemas.codec import decode, encode
from schemas.contacts import ContactReceived, Facts, Role
from schemas.personal import KeyRing
from schemas.vocabulary import Channel
from services.adapters.clock import SystemClock
from services.adapters.mongo import open_database
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_indexes import ensure_indexes
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain import identity
from services.domain.dedup_store import Claim, DedupStore
from services.runtime.records import Inbound
from services.runtime.watching import always

KEYS: Final = KeyRing({"bench": bytes(range(32))}, "bench")
TENANT: Final = "bench"
STREAM: Final = Path(__file__).parents[1] / "tests" / "corpus" / "contact_stream.jsonl"
_BATCH: Final = 500
_PIECE: Final = 5_000
_DECIDED: Final = 50
_DECIDED_KEPT: Final = 5_000
_FIRST, _LAST, _OTHER = 0x4E00, 0x8FFF, 0.35
"""Texts of the labelled stream with a third of the characters changed: as long and as built as
real ones, and as various as those of a million people."""
_NUMBERS: Final = 10**10
_AGAIN, _SLIP, _NONE = 0.30, 0.05, 0.13
"""Shares of contacts that repeat a waybill, mistype one, or have none (labelled streams)."""


def contacts(count: int, seed: int, known: Sequence[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield waybills and encoded contacts; some are about a waybill of ``known``."""
    random = Random(seed)
    clock = SystemClock().now()
    texts = [json.loads(line)["text"] for line in STREAM.read_text(encoding="utf-8").splitlines()]
    for number in range(count):
        waybill = f"SF{random.randrange(_NUMBERS):013d}"
        draw = random.random()
        if known and draw < _AGAIN + _SLIP:
            waybill = random.choice(known)
            if draw >= _AGAIN:
                place = random.randrange(4, 15)
                waybill = waybill[:place] + random.choice("0123456789") + waybill[place + 1 :]
        text = "".join(
            chr(random.randint(_FIRST, _LAST)) if one >= "一" and random.random() < _OTHER else one
            for one in random.choice(texts)
        )
        contact_id = identity.contact_id_of(KEYS, TENANT, f"{seed}-{number}")
        person = f"customer-{random.randrange(count)}"
        contact = ContactReceived(
            tenant=TENANT,
            contact_id=contact_id,
            received_at=clock,
            accepted_at=clock,
            channel=Channel.APP,
            text=text,
            facts=Facts(waybill=None if draw > 1 - _NONE else waybill, role=Role.RECEIVER),
            person=identity.person_index(KEYS, TENANT, person),
            tracking=identity.tracking_code(KEYS, TENANT, contact_id),
        )
        yield waybill, encode(contact)


def decide(handler: DedupHandler, values: Sequence[bytes]) -> Timed:
    """Decide ``values`` in batches."""
    records = [Inbound("in", 0, offset, "in", None, value) for offset, value in enumerate(values)]

    def work() -> None:
        for start in range(0, len(records), _BATCH):
            handler.handle(records[start : start + _BATCH], {})

    return timed(work, len(records))


def contact_of(value: bytes) -> str:
    """Return the key of the row of a contact."""
    contact = decode(ContactReceived, value)
    return f"{contact.tenant}|{contact.contact_id}"


def _multiply(store: DedupStore, keys: Sequence[str], count: int) -> None:
    """Store ``count`` rows, each like one of ``keys`` and found by hashes of its own."""
    random = Random(3)
    patterns = list(store.rows(keys[:_DECIDED_KEPT]).values())
    for start in range(0, count, _PIECE):
        rows, claims = [], []
        for number in range(start, min(start + _PIECE, count)):
            row = patterns[number % len(patterns)]
            person = f"{row.person}{number}"
            lookups = [
                person if isinstance(one, str) else random.getrandbits(32) for one in row.lookups
            ]
            new = replace(
                row,
                key=f"{row.key}-{number}",
                contact_id=f"{row.contact_id}-{number}",
                tracking=f"{number}",
                person=person,
                marks=tuple([random.getrandbits(32) for _ in row.marks]),
                lookups=tuple(lookups),
            )
            rows.append(new)
            claims.append(
                Claim(f"w|bench|{number}#0", row.case_id, new.contact_id, person, row.received_at)
            )
        store.insert_rows(rows)
        store.insert_claims(claims)
        gc.freeze()


def prepare(store: DedupStore, fingerprints: int, count: int) -> Round:
    """Fill the store; return a round of ``count`` contacts that it does not know yet."""
    handler = DedupHandler(store, KEYS, always(load_policy()), SystemClock(), {"in": "out"})
    made = list(contacts(max(1, fingerprints // _DECIDED), 1))
    known = [waybill for waybill, _ in made[:10_000]]
    decide(handler, [value for _, value in made])
    _multiply(store, [contact_of(value) for _, value in made], fingerprints - len(made))
    seeds = itertools.count(2)
    return lambda: decide(handler, [value for _, value in contacts(count, next(seeds), known)])


def main() -> None:
    """Measure on MongoDB, and say how large its collection is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("mongo", help="URI of a MongoDB")
    parser.add_argument("--fingerprints", type=int, default=1_000_000)
    parser.add_argument("--contacts", type=int, default=20_000)
    arguments = parser.parse_args()
    database = open_database(arguments.mongo, f"bench_dedup_{time.time_ns()}")
    try:
        ensure_indexes(database)
        one = prepare(MongoDedupStore(database), arguments.fingerprints, arguments.contacts)()
        clock = one.decided / one.wall
        print(f"{one.decided} contacts: {clock:,.0f}/s by the clock, {one.rate:,.0f}/s of CPU")
        sizes = database.command("collStats", "contacts", scale=1)
        data, indexes = sizes["storageSize"], sizes["totalIndexSize"]
        print(f"contacts: {data:,} B of data, {indexes:,} B of indexes")
        print(sizes["indexSizes"])
    finally:
        database.client.drop_database(database.name)


if __name__ == "__main__":
    main()
