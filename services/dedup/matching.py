"""How like an earlier contact is: the policy's rules over what the two have in common. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from schemas.contacts import LikeCase
from services.dedup.examining import Examined, pieces_among
from services.dedup.particulars import Grouped, contradict, grouped
from services.dedup.pieces import GOODS, SAYS_NOTHING
from services.dedup.policy import DedupPolicy, Goods, LikeRule, Who
from services.dedup.slips import Likeness, likeness
from services.domain.dedup_store import Sight

SKEW: Final = timedelta(minutes=5)
"""By how much the channels' clocks may differ."""
_SUREST: Final = 0.98
"""Nothing but a waybill makes certain."""


class Match(NamedTuple):
    """A case that one of its contacts makes likely."""

    case_id: str
    rule: str
    confidence: float
    received: timedelta
    """How far apart the two contacts are; of equals the nearest counts."""
    shared: int = 0
    """So many telling pieces are in both texts, if they are of one person."""

    def suggested(self) -> LikeCase:
        """Return what a clerk is shown."""
        return LikeCase(case_id=self.case_id, confidence=self.confidence, rule=self.rule)


@dataclass(frozen=True, slots=True)
class Matches:
    """What a contact is like: the case to join, if any, and those to suggest."""

    best: Match | None
    perhaps: tuple[LikeCase, ...]

    def all(self) -> tuple[LikeCase, ...]:
        """Return all as suggestions, for a contact whose case something else chose."""
        return (self.best.suggested(), *self.perhaps) if self.best else self.perhaps


_NOTHING: Final = Matches(None, ())


class _Named(NamedTuple):
    """How the particulars of a contact relate to all that a case's contacts name."""

    differs: bool
    shared: frozenset[int]
    """The codes of the kinds of which both name the same."""


_NOTHING_NAMED: Final = _Named(False, frozenset())


class _Pair(NamedTuple):
    """What two contacts have in common."""

    who: Who
    shared: int
    share: float
    pieces: int
    goods: Goods
    brings_goods: bool
    differs: bool
    named: frozenset[int]
    is_identical: bool
    is_later: bool
    is_sole: bool
    is_tail: bool
    apart: timedelta


def matches(own: Examined, sights: Sequence[Sight], policy: DedupPolicy) -> Matches:
    """Return what ``sights`` say about where the contact belongs.

    A case that has a waybill of its own, other than the contact's and no slip of it, is out.
    The answer does not depend on the order of the sights.
    """
    if not sights:
        return _NOTHING
    others = [sight for sight in sights if sight.contact_id != own.contact.contact_id]
    own_cases = {one.case_id for one in others if not own.persons.isdisjoint(one.persons)}
    found: dict[str, Match] = {}
    by_waybill: dict[str, Match] = {}
    ruled_out: set[str] = set()
    named = _named(own, others)
    for sight in others:
        if sight.marks and own.marks and own.mark_set.isdisjoint(sight.marks):
            ruled_out.add(sight.case_id)
            continue
        waybill = likeness(own.marks, sight.marks)
        if waybill is Likeness.OTHER:
            ruled_out.add(sight.case_id)
            continue
        pair = _compare(own, sight, len(own_cases) == 1, named.get(sight.case_id, _NOTHING_NAMED))
        rules = policy.like_rules[pair.who, waybill]
        rule = next((one for one in rules if _fits(one, own, pair, policy)), None)
        if rule is None:
            continue
        confidence = min(_SUREST, round(rule.confidence + rule.gain * pair.share, 3))
        shared = pair.shared if pair.who is Who.SAME else 0
        match = Match(sight.case_id, rule.rule, confidence, pair.apart, shared)
        kind = found if waybill is Likeness.MISSING else by_waybill
        if sight.case_id not in kind or _rank(match) < _rank(kind[sight.case_id]):
            kind[sight.case_id] = match
    # Of a case that has a waybill, what it says about the contact's counts alone.
    likely = {one: match for one, match in found.items() if one not in ruled_out} | by_waybill
    ranked = sorted(likely.values(), key=_rank)
    best = ranked[0] if ranked and ranked[0].confidence >= policy.join_from else None
    if best and any(_rivals(one, best, policy) for one in ranked[1:]):
        best = None  # It may be either.
    return Matches(best, tuple(_suggestions(ranked, best, policy)))


def _rivals(other: Match, best: Match, policy: DedupPolicy) -> bool:
    """Return whether the contact may as well belong to the other case: it is nearly as likely, or
    the text says as much of it (who has two parcels may name both)."""
    if other.confidence > best.confidence - policy.doubt:
        return True
    return best.confidence < policy.sure_from and other.shared >= best.shared > 0


def _suggestions(
    ranked: Iterable[Match], best: Match | None, policy: DedupPolicy
) -> Iterable[LikeCase]:
    left = policy.most_suggested
    for match in ranked:
        if left and match is not best and match.confidence >= policy.suggest_from:
            left -= 1
            yield match.suggested()


def _rank(match: Match) -> tuple[float, timedelta, str]:
    return -match.confidence, match.received, match.case_id


def _named(own: Examined, sights: Sequence[Sight]) -> dict[str, _Named]:
    """Return how the contact's particulars relate to those of each case that has some.

    To all of the case: a contact between that named none must not lead one of another item to it.
    """
    if not own.apart:
        return {}
    of_case: dict[str, set[int]] = {}
    for sight in sights:
        if sight.particulars:
            of_case.setdefault(sight.case_id, set()).update(sight.particulars)
    return {case_id: _relate(own.apart, grouped(theirs)) for case_id, theirs in of_case.items()}


def _relate(own: Grouped, theirs: Grouped) -> _Named:
    shared = {
        code
        for code, values in own.items()
        if code in theirs and not values.isdisjoint(theirs[code])
    }
    return _Named(contradict(own, theirs), frozenset(shared))


def _compare(own: Examined, sight: Sight, is_sole: bool, named: _Named) -> _Pair:
    shared = len(own.pieces.intersection(sight.grams))
    shorter = min(len(own.pieces), pieces_among(sight.grams, sight.marks))
    received_at = own.contact.received_at
    if not own.persons or not sight.persons:
        who = Who.UNKNOWN
    else:
        who = Who.OTHER if own.persons.isdisjoint(sight.persons) else Who.SAME
    is_tail = not own.tails.isdisjoint(sight.grams)
    return _Pair(
        who=who,
        shared=shared,
        share=shared / shorter if shorter else 0.0,
        pieces=shorter,
        goods=_goods(own, sight.grams),
        brings_goods=bool(own.goods) and not any(one & GOODS for one in sight.grams),
        differs=named.differs or bool(own.tails and sight.marks and not is_tail),
        named=named.shared,
        is_identical=own.print != SAYS_NOTHING and own.print in sight.grams,
        is_later=received_at + SKEW >= sight.received_at,
        is_sole=is_sole,
        is_tail=is_tail,
        apart=abs(received_at - sight.received_at),
    )


def _goods(own: Examined, grams: tuple[int, ...]) -> Goods:
    theirs = {one for one in grams if one & GOODS} if own.goods else set()
    if not theirs:
        return Goods.UNNAMED
    if own.goods.isdisjoint(theirs):
        return Goods.OTHER
    # Each names more than the other: what they share may be no more than a part, or packing.
    return Goods.UNNAMED if own.goods - theirs and theirs - own.goods else Goods.SHARED


def _fits(rule: LikeRule, own: Examined, pair: _Pair, policy: DedupPolicy) -> bool:
    return (
        pair.shared >= rule.least_shared
        and pair.share >= rule.least_share
        and (rule.most_pieces is None or pair.pieces <= rule.most_pieces)
        and (rule.goods is None or pair.goods in rule.goods)
        and rule.brings_goods in (None, pair.brings_goods)
        and rule.differs in (None, pair.differs)
        and (rule.names is None or not policy.named_codes[rule.names].isdisjoint(pair.named))
        and rule.has_waybill in (None, bool(own.marks))
        and rule.identical in (None, pair.is_identical)
        and rule.refers in (None, own.refers and pair.is_later)
        and rule.recalls in (None, own.recalls and pair.is_later)
        and rule.waits in (None, own.waits and pair.is_later)
        and rule.another in (None, own.names_another)
        and rule.sole in (None, pair.is_sole)
        and rule.tail in (None, pair.is_tail)
        and rule.sender in (None, own.is_sender)
        and rule.forward in (None, own.is_forward)
        and (rule.within_days is None or pair.apart <= timedelta(days=rule.within_days))
    )
