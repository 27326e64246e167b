"""Rolling dedup's decisions forward: rows, claims and resubmissions."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from schemas.codec import decode
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.dead import dead_topic_of, from_headers
from schemas.errors import MalformedRecordError
from schemas.personal import KeyRing
from schemas.topics import DEDUPLICATED, RECEIVED, Topic, lanes
from services.adapters.mongo import Document
from services.adapters.mongo_dedup import MongoDedupStore
from services.audit.groups import spans_of
from services.dedup.choosing import EXACT
from services.dedup.examining import Examined, examine, lookups
from services.dedup.logic import MAX_GENERATIONS
from services.dedup.policy import DedupPolicy
from services.domain.dedup_store import Absorbed, Claim, ContactRow, Lookup
from services.recovery.claims import claims_behind
from services.recovery.tail import Tail

_AT_A_TIME: Final = 500


class ContactsForward:
    """See :meth:`run`."""

    def __init__(self, tail: Tail, keys: KeyRing, policy: DedupPolicy) -> None:
        self._tail = tail
        self._keys = keys
        self._policy = policy
        self._store = MongoDedupStore(tail.database)

    def run(self) -> int:
        """Write what dedup decided after the backup; return how many decisions.

        A decision is on ``complaints.deduplicated``, but where its contact stood is not: so the
        contacts are read first. A contact that stands twice was decided at its first place in the
        lane of its decision.
        """
        count = 0
        for received, decided in zip(lanes(RECEIVED), lanes(DEDUPLICATED), strict=True):
            self._find_sources(received)
            for records in self._tail.read(self._tail.produced(decided), "decisions"):
                for some in _pieces(records):
                    count += self._decisions(some, received)
        for received in lanes(RECEIVED):
            self._absorb(received)
        return count

    def _find_sources(self, topic: Topic) -> None:
        dead = self._dead_sources(topic)
        for records in self._received(topic, "contacts"):
            found: dict[str, Document] = {}
            for source, contact in records:
                if source not in dead:
                    found.setdefault(_mark(topic, _key(contact)), {"source": source})
            self._tail.finds.put(found)

    def _received(self, topic: Topic, what: str) -> Iterator[list[tuple[str, ContactReceived]]]:
        """Yield what dedup has read since, with its sources; what nobody can read died."""
        topic_id = self._tail.topic_id(topic)
        spans = self._tail.consumed(topic, "dedup")
        for records in self._tail.read(spans, what):
            readable: list[tuple[str, ContactReceived]] = []
            for record in records:
                with suppress(MalformedRecordError):
                    contact = decode(ContactReceived, record.value)
                    readable.append((f"{topic_id}:{record.partition}:{record.offset}", contact))
            yield readable

    def _dead_sources(self, topic: Topic) -> set[str]:
        name = dead_topic_of(self._tail.settings.topic(topic.name))
        sources: set[str] = set()
        for records in self._tail.read(spans_of(self._tail.admin, [name]), "dead letters"):
            for record in records:
                with suppress(MalformedRecordError):
                    sources.add(from_headers(record.headers).source)
        return sources

    def _decisions(self, records: Sequence[Any], received: Topic) -> int:
        decisions: dict[str, tuple[ContactDeduplicated, Examined, bytes]] = {}
        for record in records:
            with suppress(MalformedRecordError):
                decision = decode(ContactDeduplicated, record.value)
                examined = examine(decision.contact, self._keys, self._policy)
                decisions.setdefault(examined.key, (decision, examined, record.value))
        known = self._store.rows(decisions)
        new = {key: found for key, found in decisions.items() if key not in known}
        if not new:
            return 0
        sources = self._tail.finds.get(_mark(received, key) for key in new)
        self._claims([(decision, examined) for decision, examined, _ in new.values()])
        self._store.insert_rows(
            [
                _row(
                    decision,
                    examined,
                    value,
                    str(sources.get(_mark(received, key), {}).get("source", "")),
                    self._found_by(decision, examined),
                )
                for key, (decision, examined, value) in new.items()
            ]
        )
        return len(new)

    def _found_by(self, decision: ContactDeduplicated, examined: Examined) -> tuple[Lookup, ...]:
        """Return by what later contacts find this one, as when it was decided."""
        if decision.reasons and decision.reasons[0].rule in EXACT:
            return examined.told_to
        return lookups(examined, self._keys, self._policy).left

    def _claims(self, decisions: Sequence[tuple[ContactDeduplicated, Examined]]) -> None:
        standing: dict[str, Claim] = {}
        keys = {key for _, examined in decisions for key in examined.claim_keys}
        for generation in range(MAX_GENERATIONS):
            found = self._store.claims(f"{key}#{generation}" for key in keys)
            standing |= found
            keys = {key for key in keys if f"{key}#{generation}" in found}
            if not keys:
                break
        made: dict[str, Claim] = {}
        for decision, examined in decisions:
            for claim in claims_behind(decision, examined, standing, self._policy):
                made.setdefault(claim.key, claim)
                standing.setdefault(claim.key, claim)
        if made:
            self._store.insert_claims(list(made.values()))

    def _absorb(self, topic: Topic) -> None:
        """Record what was sent again: it stands elsewhere than where it was decided."""
        for records in self._received(topic, "resubmissions"):
            rows = self._store.rows({_key(contact) for _, contact in records})
            absorbed = []
            for source, contact in records:
                row = rows.get(_key(contact))
                if row is None or row.source == source:
                    continue
                if examine(contact, self._keys, self._policy).digest == row.digest:
                    at = contact.accepted_at
                    absorbed.append(Absorbed(source, row.key, row.source, "resubmission", at))
            self._store.record_absorbed(absorbed)


def _key(contact: ContactReceived) -> str:
    return f"{contact.tenant}|{contact.contact_id}"


def _mark(topic: Topic, contact_key: str) -> str:
    """Return under which key it is kept where a contact stood on ``topic``."""
    return f"r|{topic.name}|{contact_key}"


def _row(
    decision: ContactDeduplicated,
    examined: Examined,
    value: bytes,
    source: str,
    found_by: tuple[Lookup, ...],
) -> ContactRow:
    contact = decision.contact
    return ContactRow(
        key=examined.key,
        tenant=contact.tenant,
        contact_id=contact.contact_id,
        source=source or f"restored:0:{contact.contact_id}",
        digest=examined.digest,
        case_id=decision.case_id,
        relation=decision.relation,
        person=contact.person,
        received_at=contact.received_at,
        tracking=contact.tracking,
        grams=examined.grams,
        out=value,
        marks=examined.marks,
        aliases=contact.aliases,
        lookups=found_by,
        particulars=examined.particulars,
    )


def _pieces(records: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(records), _AT_A_TIME):
        yield records[begin : begin + _AT_A_TIME]
