"""A batch of contacts: examine, claim, decide, store, emit what is stored.

Idempotent at every point: claims and decisions are inserts whose winner is read back, and a
contact already decided is a replay (same source) or a resubmission (another one).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from schemas.carrying import Envelope
from schemas.codec import decode
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.personal import KeyRing
from services.dedup.choosing import Chooser, Chosen
from services.dedup.content import says_the_same
from services.dedup.examining import Examined, examine
from services.dedup.logic import relation_of, side_claims
from services.dedup.policy import DedupPolicy
from services.domain.clock import Clock
from services.domain.dedup_store import Absorbed, Claim, ContactRow, DedupStore
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Positions

DECISION: Final = Envelope(ContactDeduplicated, "contact")


class Arrival(NamedTuple):
    """A readable record, where it stands, and what was found out about it."""

    inbound: Inbound
    source: str
    examined: Examined


class DedupHandler:
    """See :class:`services.runtime.ports.Handler`."""

    def __init__(
        self,
        store: DedupStore,
        keys: KeyRing,
        policy: Callable[[], DedupPolicy],
        clock: Clock,
        onward: Mapping[str, str],
        crash: CrashPoints = never,
    ) -> None:
        """``policy`` is asked once for each batch: a batch is decided by one. ``onward`` says
        where a record goes, by the topic it came by."""
        self._store = store
        self._keys = keys
        self._in_force = policy
        self._clock = clock
        self._onward = onward
        self._crash = crash
        self._take_up(policy())

    def _take_up(self, policy: DedupPolicy) -> None:
        self._policy = policy
        self._chooser = Chooser(self._store, self._keys, policy)

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; dedup needs no positions."""
        handled = Handled()
        if (policy := self._in_force()) is not self._policy:
            self._take_up(policy)
        arrivals = self._read(batch, handled)
        rows = self._store.rows({arrival.examined.key for arrival in arrivals})
        undecided: dict[str, Arrival] = {}
        for arrival in arrivals:
            if arrival.examined.key not in rows:
                undecided.setdefault(arrival.examined.key, arrival)
        if undecided:
            self._crash("before_store")
            rows |= self._decide(list(undecided.values()))
            self._crash("after_decision")
        self._emit(arrivals, rows, undecided, handled)
        return handled

    def may_bury(self, inbound: Inbound) -> bool:
        """See :class:`services.runtime.ports.RememberingHandler`. Who was given up for dead may
        still decide later: then the replay of the dead letter produces that decision."""
        try:
            contact = decode(ContactReceived, inbound.value)
        except MalformedRecordError:
            return True
        key = f"{contact.tenant}|{contact.contact_id}"
        row = self._store.rows([key]).get(key)
        return row is None or row.source != str(inbound.source)

    def _read(self, batch: Sequence[Inbound], handled: Handled) -> list[Arrival]:
        arrivals: list[Arrival] = []
        for inbound in batch:
            try:
                contact = decode(ContactReceived, inbound.value)
                examined = examine(contact, self._keys, self._policy)
                arrivals.append(Arrival(inbound, str(inbound.source), examined))
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
        return arrivals

    # ------------------------------------------------------------------ deciding

    def _decide(self, arrivals: Sequence[Arrival]) -> dict[str, ContactRow]:
        chosen = self._chooser.choose_all([arrival.examined for arrival in arrivals])
        decided = list(zip(arrivals, chosen, strict=True))
        self._crash("after_claims")
        winners = self._side_claims(decided)
        now = self._clock.now()
        rows = [self._row(arrival, one, winners, now) for arrival, one in decided]
        return self._store.insert_rows(rows)

    def _side_claims(self, decided: Sequence[tuple[Arrival, Chosen]]) -> dict[str, Claim]:
        """Make the claims beside the choosing ones; return who won each.

        Those about a case that stands already are looked up first: most of them are won long ago,
        and an insert that is refused costs MongoDB several that are not. What a contact says of
        the case that it opens nobody has said before."""
        sides: dict[str, Claim] = {}
        doubtful: set[str] = set()
        for arrival, (choice, _) in decided:
            for claim in side_claims(arrival.examined, choice):
                sides.setdefault(claim.key, claim)
                if choice.case_id != arrival.examined.own_case:
                    doubtful.add(claim.key)
        winners = self._store.claims(doubtful) if doubtful else {}
        fresh = [claim for key, claim in sides.items() if key not in winners]
        return winners | self._store.insert_claims(fresh) if fresh else winners

    def _row(
        self, arrival: Arrival, chosen: Chosen, winners: dict[str, Claim], now: datetime
    ) -> ContactRow:
        examined = arrival.examined
        contact = examined.contact
        choice = chosen.choice
        relation, reasons = relation_of(examined, choice, winners, self._policy)
        decision = {
            "tenant": contact.tenant,
            "case_id": choice.case_id,
            "relation": relation,
            "waybill_index": examined.waybill_index,
            "confidence": choice.confidence,
            "reasons": reasons,
            "perhaps": choice.perhaps,
            "policy": self._policy.version,
            "decided_at": now,
        }
        return ContactRow(
            key=examined.key,
            tenant=contact.tenant,
            contact_id=contact.contact_id,
            source=arrival.source,
            digest=examined.digest,
            case_id=choice.case_id,
            relation=relation,
            person=contact.person,
            received_at=contact.received_at,
            tracking=contact.tracking,
            grams=examined.grams,
            out=DECISION.around(examined.wire, decision),
            marks=examined.marks,
            aliases=contact.aliases,
            lookups=chosen.lookups,
            particulars=examined.particulars,
        )

    # ------------------------------------------------------------------ emitting

    def _emit(
        self,
        arrivals: Sequence[Arrival],
        rows: dict[str, ContactRow],
        undecided: dict[str, Arrival],
        handled: Handled,
    ) -> None:
        """Produce what is stored; absorb and record what was sent again."""
        absorbed: list[Absorbed] = []
        for arrival in arrivals:
            row = rows[arrival.examined.key]
            out_topic = self._onward[arrival.inbound.topic]
            if row.source == arrival.source:
                is_new = undecided.get(row.key) is arrival
                handled.outcomes[row.relation if is_new else "replayed"] += 1
                key = case_key(row.tenant, row.case_id)
                handled.outbound.append(Outbound(out_topic, key, row.out))
            elif _is_sent_again(row, arrival.examined):
                handled.outcomes["resubmission"] += 1
                if arrival.inbound.is_replay:
                    key = case_key(row.tenant, row.case_id)
                    handled.outbound.append(Outbound(out_topic, key, row.out))
                absorbed.append(
                    Absorbed(arrival.source, row.key, row.source, "resubmission", self._clock.now())
                )
            else:
                handled.outcomes["conflicting"] += 1
                handled.dead.append(
                    DeadLetter(
                        arrival.inbound,
                        DeadReason.CONFLICTING,
                        "the contact id is taken by a contact that says something else",
                        "contact_id",
                        "idempotency_key_reused",
                        row.case_id,
                    )
                )
        if absorbed:
            self._store.record_absorbed(absorbed)


def _is_sent_again(row: ContactRow, examined: Examined) -> bool:
    """Return whether a contact is the one that is stored under its id."""
    if row.digest == examined.digest:
        return True
    return says_the_same(decode(ContactDeduplicated, row.out).contact, examined.contact)
