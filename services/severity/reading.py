"""Everything a text says that the policy knows, before anything is decided."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from services.severity.amounts import AmountReader, MoneyWords, at_stake
from services.severity.counting import Counter, CountWords
from services.severity.denial import Denials
from services.severity.folding import Folder, is_traditional
from services.severity.groups import Found, Signs
from services.severity.lexicon import Lexicon, SignWords
from services.severity.limits import Limits, LimitWords
from services.severity.naming import Naming
from services.severity.numerals import Numeral, numerals
from services.severity.particulars import Particulars, ParticularWords
from services.severity.places import PlaceMarker, Places
from services.severity.policy import SeverityPolicy
from services.severity.quoting import own_words
from services.severity.stakes import Stakes, StakeWords


class Reading(NamedTuple):
    """What one contact says: signs, the sum at stake, earlier contacts, customers hit."""

    text: str
    """Folded."""
    numbers: Sequence[Numeral]
    signs: Mapping[str, Found]
    present: frozenset[str]
    amount_cny: float | None
    earlier_contacts: int
    contacts_of_field: int
    customers: int
    particulars: Sequence[tuple[int, int]] = ()
    """Stretches that only say who writes, where, or of which parcel."""
    unmeant: Sequence[tuple[int, int]] = ()
    """Sums that are not at stake, and figures of speech."""


class Said(NamedTuple):
    """The text and the fields of a contact that are read."""

    text: str
    declared_cny: float | None = None
    earlier_contacts: int = 0
    goods: str | None = None


PRESENT_FROM: Final = 0.3
"""A sign that counts for less starts no rule. Harm that is conceded is still harm: only its
weight for the category is less."""


class Reader:
    """Reads texts by a policy; made once, as it compiles thousands of patterns."""

    def __init__(self, policy: SeverityPolicy) -> None:
        classes = policy.classes
        denials = Denials(
            {name: (kind.words, kind.fillers) for name, kind in policy.denials.items()}, classes
        )
        self._folder = Folder(policy.spellings)
        markers = [PlaceMarker(one.words, one.reach, one.factor) for one in policy.places]
        self._lexicon = Lexicon(
            {name: SignWords(sign.words, sign.denied_by) for name, sign in policy.signs.items()},
            classes,
            denials,
            Places(markers, classes),
            policy.roles.unmeant,
        )
        money = policy.money
        self._stakes = Stakes(
            StakeWords(
                money.not_at_stake,
                money.not_at_stake_after,
                money.supposed,
                money.denied,
                money.denied_fillers,
                money.disputed,
                money.claimed,
            ),
            classes,
            [unit for one in money.currencies.values() for unit in one.units],
        )
        self._amounts = AmountReader(
            MoneyWords(
                {name: (one.cny, one.units) for name, one in money.currencies.items()},
                money.dollar_in_traditional,
                money.worth,
                money.bought,
                money.not_money_after,
            ),
            self._stakes,
        )
        self._claimed_for = frozenset(money.claimed_for)
        self._naming = Naming(policy.naming.labels)
        self._particulars = Particulars(ParticularWords(**policy.particulars.model_dump()))
        self._limits = Limits(LimitWords(**policy.limits.model_dump()))
        self._counter = Counter(CountWords(**policy.counting.model_dump()))
        self._roles = policy.roles

    def read(
        self, text: str, declared_cny: float | None, earlier_contacts: int, goods: str | None
    ) -> Reading:
        """Return what one contact says."""
        return self.read_all([Said(text, declared_cny, earlier_contacts, goods)])[0]

    def read_all(self, some: Sequence[Said]) -> list[Reading]:
        """Return what contacts say; the larger of field and text wins each time.

        Step by step over all of them: each step's tables then stay in the processor's cache.
        """
        folded = [self._folder.fold(own_words(one.text)) for one in some]
        signs = self._lexicon.find_all(folded)
        numbers = [self._numbers(text) for text in folded]
        return [self._reading(*each) for each in zip(some, folded, signs, numbers, strict=True)]

    def _reading(self, said: Said, folded: str, in_text: Signs, numbers: list[Numeral]) -> Reading:
        signs = in_text.found
        if said.goods:
            signs = {**self._lexicon.find(self._folder.fold(said.goods)), **signs}
        present = frozenset(name for name, found in signs.items() if found.strength >= PRESENT_FROM)
        earlier = max(said.earlier_contacts, self._earlier(folded, numbers, present))
        is_settled = self._roles.settled in present
        # Only a bare "$" asks who writes it.
        is_local = "$" in folded and is_traditional(said.text)
        aside = self._stakes.aside(folded, numbers) if numbers else frozenset()
        stated = [one for one in numbers if one not in aside] if aside else numbers
        amounts = self._amounts.read(folded, stated, is_traditional=is_local) if stated else ()
        is_harmed = not self._claimed_for.isdisjoint(present)
        is_shop = self._roles.shop in present
        is_one = self._roles.only_mine in present
        return Reading(
            text=folded,
            numbers=numbers,
            signs=signs,
            present=present,
            amount_cny=at_stake(amounts, said.declared_cny, is_harmed=is_harmed),
            earlier_contacts=0 if is_settled else earlier,
            contacts_of_field=0 if is_settled else said.earlier_contacts,
            customers=1 if is_one else self._counter.customers(folded, numbers, is_shop=is_shop),
            particulars=self._particulars.find(folded, numbers),
            unmeant=[*((one.start, one.end) for one in aside), *in_text.unmeant],
        )

    def _numbers(self, folded: str) -> list[Numeral]:
        return self._limits.read(folded, self._naming.read(folded, list(numerals(folded))))

    def _earlier(self, folded: str, numbers: list[Numeral], present: frozenset[str]) -> int:
        """Return how many earlier contacts the text names or implies."""
        roles = self._roles
        implied = 2 if roles.asked_often in present else int(roles.asked_before in present)
        if roles.missed_call_back in present and roles.arrived not in present:
            implied = max(implied, 1)
        return max(implied, self._counter.earlier_contacts(folded, numbers))
