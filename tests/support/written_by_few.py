"""Many different texts written by a few persons, and how like the joined ones are to each other."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from random import Random
from typing import Final, NamedTuple

from schemas.contacts import ContactDeduplicated, ContactReceived
from services.dedup.examining import Examined, examine
from services.dedup.matching import matches
from services.dedup.policy import DedupPolicy, Who
from services.dedup.slips import Likeness
from services.dedup.texts import fingerprint
from services.domain.dedup_store import Sight
from services.domain.telling import fold
from tests.support.builders import KEYS, a_contact, at
from tests.support.dedup_desk import Desk

_BATCH: Final = 50


class Pair(NamedTuple):
    """Two different lines of one person in one case, the later one first."""

    line: str
    earlier: str
    rule: str
    """By which the later one joined."""
    confidence: float
    """Of the matcher, asked about these two alone; 0 where it finds nothing."""
    share: float
    """Part of the shorter line's telling pieces that is in both."""
    asks_again: bool
    """The later one says, by the policy's words, that it comes back to something."""

    def __str__(self) -> str:
        return (
            f"{self.rule} {self.confidence:.2f}, share {self.share:.2f}"
            f"{', asks again' if self.asks_again else ''}: {self.line[:60]} | {self.earlier[:60]}"
        )


class Joined(NamedTuple):
    """What became of the lines."""

    nearest: list[Pair]
    """Of each line that joined a case, with the line of this case that it is likest to."""
    pairs: list[Pair]
    """All pairs of lines of one case."""
    cases: int


def different(lines: Sequence[str]) -> list[str]:
    """Return the lines that differ in more than spaces and punctuation, each once."""
    return list({fingerprint(fold(line)): line for line in reversed(lines)}.values())[::-1]


def least_share(policy: DedupPolicy) -> float:
    """Return the least share with which a rule joins two texts of one person by what they share."""
    rules = policy.like_rules[Who.SAME, Likeness.MISSING]
    return min(
        one.least_share
        for one in rules
        if one.confidence >= policy.join_from and one.least_share > 0
    )


def written(lines: Sequence[str], persons: int, seed: int, policy: DedupPolicy) -> Joined:
    """Decide about lines that so many persons write in turn, two hours apart, without a waybill;
    ``seed`` shuffles them."""
    dealt = list(lines)
    Random(seed).shuffle(dealt)
    contacts = [
        a_contact(
            f"r{number}",
            waybill=None,
            customer=f"person-{number % persons}",
            text=line,
            received_at=at(hours=2 * number),
        )
        for number, line in enumerate(dealt)
    ]
    desk = Desk()
    decided = [
        one
        for start in range(0, len(contacts), _BATCH)
        for one in desk.take(*contacts[start : start + _BATCH])
    ]
    return _joined(contacts, decided, policy)


def _joined(
    contacts: Sequence[ContactReceived],
    decided: Sequence[ContactDeduplicated],
    policy: DedupPolicy,
) -> Joined:
    cases: defaultdict[str, list[tuple[Examined, str]]] = defaultdict(list)
    for contact, made in zip(contacts, decided, strict=True):
        assert contact.contact_id == made.contact.contact_id
        cases[made.case_id].append((examine(contact, KEYS, policy), made.reasons[0].rule))
    nearest, pairs = [], []
    for members in cases.values():
        of_case = [
            _pair(late, early, rule, policy)
            for (early, _), (late, rule) in combinations(members, 2)
        ]
        pairs += of_case
        for late, _ in members[1:]:
            own = [one for one in of_case if one.line == late.contact.text]
            nearest.append(max(own, key=lambda one: (one.confidence, one.share)))
    return Joined(nearest, pairs, len(cases))


def _pair(late: Examined, early: Examined, rule: str, policy: DedupPolicy) -> Pair:
    contact = early.contact
    sight = Sight(
        contact.contact_id,
        early.own_case,
        tuple(early.persons),
        contact.received_at,
        early.grams,
        early.marks,
        early.particulars,
    )
    found = matches(late, [sight], policy).all()
    shorter = min(len(late.pieces), len(early.pieces))
    return Pair(
        late.contact.text,
        contact.text,
        rule,
        max((one.confidence for one in found), default=0.0),
        len(late.pieces & early.pieces) / shorter if shorter else 0.0,
        late.waits,
    )
