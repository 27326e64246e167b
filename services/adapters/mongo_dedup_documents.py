"""Dedup's rows, claims and absorbed contacts as MongoDB documents, and back.

Absent rather than null: an anonymous contact has no ``person`` and so no place in the
index over persons.
"""

import struct
from typing import Final

from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document
from services.domain.dedup_store import Absorbed, Claim, ContactRow, Sight

SIGHT_FIELDS: Final = {
    "_id": 0,
    "contact_id": 1,
    "case_id": 1,
    "person": 1,
    "aliases": 1,
    "received_us": 1,
    "grams": 1,
    "marks": 1,
    "particulars": 1,
    "lookups": 1,
}


def from_row(row: ContactRow) -> Document:
    document: Document = {
        "_id": row.key,
        "tenant": row.tenant,
        "contact_id": row.contact_id,
        "source": row.source,
        "digest": row.digest,
        "case_id": row.case_id,
        "relation": str(row.relation),
        "received_us": to_micros(row.received_at),
        "tracking": row.tracking,
        "grams": _pack(row.grams),
        "out": row.out,
    }
    if row.person is not None:
        document["person"] = row.person
    if row.aliases:
        document["aliases"] = list(row.aliases)
    if row.marks:
        document["marks"] = _pack(row.marks)
    if row.lookups:
        document["lookups"] = list(row.lookups)
    if row.particulars:
        document["particulars"] = struct.pack(f"<{len(row.particulars)}Q", *row.particulars)
    return document


def to_row(document: Document) -> ContactRow:
    return ContactRow(
        key=document["_id"],
        tenant=document["tenant"],
        contact_id=document["contact_id"],
        source=document["source"],
        digest=document["digest"],
        case_id=document["case_id"],
        relation=document["relation"],
        person=document.get("person"),
        received_at=from_micros(document["received_us"]),
        tracking=document["tracking"],
        grams=_unpack(document["grams"]),
        out=document["out"],
        marks=_unpack(document.get("marks", b"")),
        aliases=tuple(document.get("aliases", ())),
        lookups=tuple(document.get("lookups", ())),
        particulars=_particulars(document),
    )


def to_sight(document: Document) -> Sight:
    """Read a document of which only SIGHT_FIELDS were asked for."""
    person = document.get("person")
    return Sight(
        document["contact_id"],
        document["case_id"],
        () if person is None else (person, *document.get("aliases", ())),
        from_micros(document["received_us"]),
        _unpack(document["grams"]),
        _unpack(document.get("marks", b"")),
        _particulars(document),
    )


def from_claim(claim: Claim) -> Document:
    document: Document = {
        "_id": claim.key,
        "case_id": claim.case_id,
        "contact_id": claim.contact_id,
        "at_us": to_micros(claim.at),
    }
    if claim.person is not None:
        document["person"] = claim.person
    if claim.aliases:
        document["aliases"] = list(claim.aliases)
    return document


def to_claim(document: Document) -> Claim:
    return Claim(
        document["_id"],
        document["case_id"],
        document["contact_id"],
        document.get("person"),
        from_micros(document["at_us"]),
        tuple(document.get("aliases", ())),
    )


def from_absorbed(absorbed: Absorbed) -> Document:
    return {
        "_id": absorbed.source,
        "contact_key": absorbed.contact_key,
        "first_source": absorbed.first_source,
        "rule": absorbed.rule,
        "at_us": to_micros(absorbed.at),
    }


def _pack(grams: tuple[int, ...]) -> bytes:
    """Keep the hashes as one binary: a BSON array spends a key on each."""
    return struct.pack(f"<{len(grams)}I", *grams)


def _unpack(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(packed) // 4}I", packed)


def _particulars(document: Document) -> tuple[int, ...]:
    packed = document.get("particulars", b"")
    return struct.unpack(f"<{len(packed) // 8}Q", packed)
