"""Choosing the cases of a batch: claims are made, winners read back, and who lost chooses again.

Reaches the store through its port only.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from schemas.personal import KeyRing
from services.dedup.common import CommonStretches, Found
from services.dedup.examining import Examined, Lookups, lookups
from services.dedup.logic import MAX_GENERATIONS, Choice, choose, settling
from services.dedup.policy import DedupPolicy
from services.domain.dedup_store import Claim, DedupStore, Lookup, Sight
from services.domain.errors import ConflictPersists

MAX_ROUNDS: Final = 8
"""Rounds of losing claims to others before the batch is put off; each needs a new rival."""
EXACT: Final = frozenset({"same_waybill", "same_person_same_text"})
"""Rules by which a contact follows a claim, so that looking up finds it through the first."""


class Chosen(NamedTuple):
    """Where a contact goes, and by what it is to be found from now on."""

    choice: Choice
    lookups: tuple[Lookup, ...]


class Chooser:
    """Chooses with one store, key ring and policy."""

    def __init__(self, store: DedupStore, keys: KeyRing, policy: DedupPolicy) -> None:
        self._store = store
        self._keys = keys
        self._policy = policy
        self._common = CommonStretches()

    def choose_all(self, batch: Sequence[Examined]) -> list[Chosen]:
        """Choose every contact's case and win its claim, or choose again by the winner.

        Raises:
            ConflictPersists: others were quicker MAX_ROUNDS times.
            OutageError: the database cannot do its part.
        """
        claims = self._standing_claims(batch)
        asking = {one.key: self._common.left_out(one, self._lookups(one, claims)) for one in batch}
        found = self._sights(batch, asking)
        for _ in range(MAX_ROUNDS):
            choices, made, waits = self._choose_round(batch, claims, asking, found)
            if not made:
                return choices
            winners = self._store.insert_claims(list(made.values()))
            claims |= winners
            if not waits and all(winners[key] == claim for key, claim in made.items()):
                return choices
        raise ConflictPersists("mongodb", f"lost claims in {MAX_ROUNDS} rounds")

    def _lookups(self, one: Examined, claims: Mapping[str, Claim]) -> Lookups:
        """Return what is to be looked up: all, unless a claim settles the case. Then only what
        this person said elsewhere, if the claim is somebody else's: it may be the same matter,
        begun under a mistyped waybill or without one."""
        claim = settling(one, claims, self._policy)
        if claim is None:
            return lookups(one, self._keys, self._policy)
        is_known = not one.persons.isdisjoint(claim.persons)
        persons = sorted(one.persons)
        asked = () if is_known else tuple((one.contact.tenant, person) for person in persons)
        return Lookups(asked, one.told_to)

    def _choose_round(
        self,
        batch: Sequence[Examined],
        standing: dict[str, Claim],
        asking: Mapping[str, Lookups],
        found: Found,
    ) -> tuple[list[Chosen], dict[str, Claim], bool]:
        """Choose in order; contacts of one batch see what those before them claim.

        The last of the answers says whether a contact waits for another round: it follows, by
        what it is like, one whose own claim may still be lost.
        """
        claims = dict(standing)
        near = {key: list(sights) for key, sights in found.items()}
        wanted = {key for own in asking.values() for key in own.wanted}
        made: dict[str, Claim] = {}
        choices: list[Chosen] = []
        open_cases: set[str] = set()
        window = timedelta(days=self._policy.person_window_days)
        waits = False
        for one in batch:
            own = asking[one.key]
            sights = _sights_of(one, own.wanted, near, window)
            choice = choose(one, claims, sights, self._policy)
            if choice.claim is not None:
                claims[choice.claim.key] = choice.claim
                if choice.case_id in open_cases:
                    waits = True
                else:
                    made[choice.claim.key] = choice.claim
                if choice.case_id == one.own_case:
                    open_cases.add(choice.case_id)
            # What follows a claim is found through the contact that made it.
            left = one.told_to if choice.rule in EXACT else own.left
            sight = None
            for lookup in left:
                if (key := (one.contact.tenant, lookup)) in wanted:
                    sight = sight or _sight(one, choice)
                    near.setdefault(key, []).append(sight)
            choices.append(Chosen(choice, left))
        return choices, made, waits

    def _standing_claims(self, batch: Sequence[Examined]) -> dict[str, Claim]:
        """Read the claims on all matters of the batch, generation after generation."""
        found: dict[str, Claim] = {}
        keys = {key for one in batch for key in one.claim_keys}
        received = [one.contact.received_at for one in batch]
        oldest, newest = min(received), max(received)
        windows = (self._policy.waybill_window_days, self._policy.person_window_days)
        window = timedelta(days=min(windows))
        generation = 0
        while keys and generation < MAX_GENERATIONS:
            standing = self._store.claims(f"{key}#{generation}" for key in keys)
            found |= standing
            # Only a claim that might not count for one of them can have a successor.
            keys = {
                key
                for key in keys
                if (claim := standing.get(f"{key}#{generation}")) is not None
                and max(newest - claim.at, claim.at - oldest) > window
            }
            generation += 1
        return found

    def _sights(self, batch: Sequence[Examined], asking: Mapping[str, Lookups]) -> Found:
        """Read what the contacts of the batch may be like."""
        wanted = {key for own in asking.values() for key in own.wanted}
        if not wanted:
            return {}
        window = timedelta(days=self._policy.person_window_days)
        askers = [one for one in batch if asking[one.key].wanted]
        since = min(one.contact.received_at for one in askers) - window
        stretches = {key for own in asking.values() for key in own.stretches}
        newest = max(one.contact.received_at for one in askers)
        return self._common.noticed(self._store.sights(wanted, since), stretches, newest)


def _sights_of(
    one: Examined,
    wanted: tuple[tuple[str, Lookup], ...],
    near: Mapping[tuple[str, Lookup], Sequence[Sight]],
    window: timedelta,
) -> list[Sight]:
    """Return what was found for a contact, in the store and before it in the batch: as far back as
    it is compared, and as far ahead, whoever else is in the batch and whichever came first."""
    found = [near[key] for key in wanted if key in near]
    if not found:
        return []
    at = one.contact.received_at
    seen = {sight.contact_id: sight for sights in found for sight in sights}
    return [sight for sight in seen.values() if abs(at - sight.received_at) <= window]


def _sight(one: Examined, choice: Choice) -> Sight:
    contact = one.contact
    persons = (contact.person, *contact.aliases) if contact.person is not None else ()
    return Sight(
        contact.contact_id,
        choice.case_id,
        persons,
        contact.received_at,
        one.grams,
        one.marks,
        one.particulars,
    )
