"""Dedup's rows, claims and absorbed contacts as MongoDB documents, and back.

Absent rather than null: an anonymous contact has no ``person`` and so no place in the
index over persons.
"""

import struct
from typing import Final

from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document
from services.domain.dedup_store import Absorbed, Claim, ContactRow, PersonSight

SIGHT_FIELDS: Final = {"_id": 0, "person": 1, "case_id": 1, "received_us": 1, "grams": 1}


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
    )


def to_sight(document: Document) -> PersonSight:
    """Read a document of which only SIGHT_FIELDS were asked for."""
    return PersonSight(
        document["case_id"], from_micros(document["received_us"]), _unpack(document["grams"])
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
    return document


def to_claim(document: Document) -> Claim:
    return Claim(
        document["_id"],
        document["case_id"],
        document["contact_id"],
        document.get("person"),
        from_micros(document["at_us"]),
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
