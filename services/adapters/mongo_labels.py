"""Labels in MongoDB: insert-only (ADR 0033)."""

from collections.abc import Sequence

from pymongo import DESCENDING
from pymongo.database import Database

from schemas.cases import CaseChanged
from schemas.codec import decode
from schemas.judgements import Judgement
from services.adapters.instants import to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import insert_new
from services.domain.label_store import Label


class MongoLabelStore:
    """The LabelStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._labels = database["labels"]

    @outages()
    def keep(self, labels: Sequence[Label]) -> None:
        """See the port. Whichever was there first says the same: both follow from the log."""
        if labels:
            insert_new(self._labels, [_from_label(one) for one in labels])

    @outages()
    def newest(self, tenant: str, limit: int) -> list[Label]:
        """See the port."""
        if limit <= 0:
            return []
        found = self._labels.find(
            {"tenant": str(tenant)},
            {"_id": 0, "value": 1},
            sort=[("at_us", DESCENDING), ("_id", DESCENDING)],
            limit=limit,
        )
        return [Label(decode(CaseChanged, one["value"]), one["value"]) for one in found]


def _from_label(label: Label) -> Document:
    """Return a label as people may look at it, with the change's bytes for programs."""
    change, review = label.change, label.review
    document: Document = {
        "_id": label.label_id,
        "tenant": change.tenant,
        "case_id": change.case_id,
        "seq": change.seq,
        "at_us": to_micros(change.at),
        "kind": str(change.kind),
        "actor": change.actor,
        "person": _words(review.after),
        "before": _words(review.before),
        "value": label.value,
    }
    if review.machine is not None:
        machine = review.machine
        document |= {
            "contact_id": machine.contact_id,
            "machine": _words(machine) | {"confidence": machine.confidence},
            "policy": machine.policy,
        }
        document |= {"model": machine.model} if machine.model else {}
    return document


def _words(said: Judgement) -> Document:
    return {
        "category": str(said.category),
        "nature": str(said.nature),
        "cause": str(said.cause),
        "level": said.level,
    }
