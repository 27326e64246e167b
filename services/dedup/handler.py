"""A batch of contacts: examine, claim, decide, store, emit what is stored.

Idempotent at every point: claims and decisions are inserts whose winner is read back, and a
contact already decided is a replay (same source) or a resubmission (another one).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.dead import REPLAY_OF
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.personal import KeyRing
from services.dedup.logic import (
    MAX_GENERATIONS,
    Choice,
    Examined,
    choose,
    examine,
    relation_of,
    side_claims,
)
from services.dedup.policy import DedupPolicy
from services.domain.clock import Clock
from services.domain.dedup_store import Absorbed, Claim, ContactRow, DedupStore, PersonSight
from services.domain.errors import ConflictPersists
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Positions

MAX_ROUNDS: Final = 8
"""Rounds of losing claims to others before the batch is put off; each needs a new rival."""

Person = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A readable record and what was found out about it."""

    inbound: Inbound
    examined: Examined

    @property
    def source(self) -> str:
        return str(self.inbound.source)


class DedupHandler:
    """See :class:`services.runtime.ports.Handler`."""

    def __init__(
        self,
        store: DedupStore,
        keys: KeyRing,
        policy: DedupPolicy,
        clock: Clock,
        out_topic: str,
        crash: CrashPoints = never,
    ) -> None:
        self._store = store
        self._keys = keys
        self._policy = policy
        self._clock = clock
        self._out_topic = out_topic
        self._crash = crash

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; dedup needs no positions."""
        handled = Handled()
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

    def has_decided(self, inbound: Inbound) -> bool:
        """See :class:`services.runtime.ports.RememberingHandler`."""
        try:
            contact = decode(ContactReceived, inbound.value)
        except MalformedRecordError:
            return False
        key = f"{contact.tenant}|{contact.contact_id}"
        row = self._store.rows([key]).get(key)
        return row is not None and row.source == str(inbound.source)

    def _read(self, batch: Sequence[Inbound], handled: Handled) -> list[Arrival]:
        arrivals: list[Arrival] = []
        for inbound in batch:
            try:
                contact = decode(ContactReceived, inbound.value)
                arrivals.append(Arrival(inbound, examine(contact, self._keys, self._policy)))
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
        return arrivals

    # ------------------------------------------------------------------ deciding

    def _decide(self, arrivals: Sequence[Arrival]) -> dict[str, ContactRow]:
        decided = list(zip(arrivals, self._choose_all(arrivals), strict=True))
        self._crash("after_claims")
        sides: dict[str, Claim] = {}
        for arrival, choice in decided:
            for claim in side_claims(arrival.examined, choice):
                sides.setdefault(claim.key, claim)
        winners = self._store.insert_claims(list(sides.values())) if sides else {}
        now = self._clock.now()
        rows = [self._row(arrival, choice, winners, now) for arrival, choice in decided]
        return self._store.insert_rows(rows)

    def _choose_all(self, arrivals: Sequence[Arrival]) -> list[Choice]:
        """Choose every contact's case and win its claim, or choose again by the winner."""
        claims = self._standing_claims(arrivals)
        sights = self._sights(arrivals)
        for _ in range(MAX_ROUNDS):
            choices, made, waits = self._choose_round(arrivals, claims, sights)
            if not made:
                return choices
            winners = self._store.insert_claims(list(made.values()))
            claims |= winners
            if not waits and all(winners[key] == claim for key, claim in made.items()):
                return choices
        raise ConflictPersists("mongodb", f"lost claims in {MAX_ROUNDS} rounds")

    def _choose_round(
        self,
        arrivals: Sequence[Arrival],
        standing: dict[str, Claim],
        sights: dict[Person, list[PersonSight]],
    ) -> tuple[list[Choice], dict[str, Claim], bool]:
        """Choose in order; contacts of one batch see what those before them claim.

        The last of the answers says whether a contact waits for another round: it follows, by
        its text, one whose own claim may still be lost.
        """
        claims = dict(standing)
        seen = {person: list(earlier) for person, earlier in sights.items()}
        made: dict[str, Claim] = {}
        choices: list[Choice] = []
        open_cases: set[str] = set()
        waits = False
        for arrival in arrivals:
            examined = arrival.examined
            contact = examined.contact
            person = (contact.tenant, contact.person or "")
            choice = choose(examined, claims, seen.get(person, []), self._policy)
            if choice.claim is not None:
                claims[choice.claim.key] = choice.claim
                if choice.case_id in open_cases:
                    waits = True
                else:
                    made[choice.claim.key] = choice.claim
                if choice.case_id == examined.own_case:
                    open_cases.add(choice.case_id)
            if contact.person is not None:
                sight = PersonSight(choice.case_id, contact.received_at, examined.pieces)
                seen.setdefault(person, []).insert(0, sight)
            choices.append(choice)
        return choices, made, waits

    def _standing_claims(self, arrivals: Sequence[Arrival]) -> dict[str, Claim]:
        """Read the claims on all matters of the batch, generation after generation."""
        found: dict[str, Claim] = {}
        keys = {key for arrival in arrivals for key in arrival.examined.claim_keys}
        newest = max(arrival.examined.contact.received_at for arrival in arrivals)
        windows = (self._policy.waybill_window_days, self._policy.person_window_days)
        window = timedelta(days=min(windows))
        generation = 0
        while keys and generation < MAX_GENERATIONS:
            standing = self._store.claims(f"{key}#{generation}" for key in keys)
            found |= standing
            # Only a claim that might be over can have a successor.
            keys = {
                key
                for key in keys
                if (claim := standing.get(f"{key}#{generation}")) is not None
                and newest - claim.at > window
            }
            generation += 1
        return found

    def _sights(self, arrivals: Sequence[Arrival]) -> dict[Person, list[PersonSight]]:
        """Read the earlier contacts of persons who gave no waybill."""
        asking = [
            arrival.examined.contact
            for arrival in arrivals
            if arrival.examined.waybill_index is None and arrival.examined.contact.person
        ]
        if not asking:
            return {}
        window = timedelta(days=self._policy.person_window_days)
        since = min(contact.received_at for contact in asking) - window
        persons = {(contact.tenant, contact.person or "") for contact in asking}
        return {
            person: list(earlier) for person, earlier in self._store.sights(persons, since).items()
        }

    def _row(
        self, arrival: Arrival, choice: Choice, winners: dict[str, Claim], now: datetime
    ) -> ContactRow:
        examined = arrival.examined
        contact = examined.contact
        relation, reasons = relation_of(examined, choice, winners, self._policy)
        record = ContactDeduplicated(
            tenant=contact.tenant,
            case_id=choice.case_id,
            contact=contact,
            relation=relation,
            waybill_index=examined.waybill_index,
            confidence=choice.confidence,
            reasons=reasons,
            policy=self._policy.version,
            decided_at=now,
        )
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
            grams=examined.pieces,
            out=encode(record),
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
            if row.source == arrival.source:
                is_new = undecided.get(row.key) is arrival
                handled.outcomes[row.relation if is_new else "replayed"] += 1
                key = case_key(row.tenant, row.case_id)
                handled.outbound.append(Outbound(self._out_topic, key, row.out))
            elif row.digest == arrival.examined.digest:
                handled.outcomes["resubmission"] += 1
                if any(name == REPLAY_OF for name, _ in arrival.inbound.headers):
                    # It died once; whoever decided may never have produced it.
                    key = case_key(row.tenant, row.case_id)
                    handled.outbound.append(Outbound(self._out_topic, key, row.out))
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
                    )
                )
        if absorbed:
            self._store.record_absorbed(absorbed)
