"""Rules made ready: looked at only when a sign they need is there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from schemas.vocabulary import Category, Channel
from services.severity.policy import Condition

R = TypeVar("R", bound=Condition)


@dataclass(frozen=True, slots=True)
class _Ready(Generic[R]):
    rule: R
    order: int
    all: frozenset[str]
    any: frozenset[str]
    none: frozenset[str]
    categories: frozenset[Category]
    channels: frozenset[Channel]


class Rules(Generic[R]):
    """Some rules of one kind, found by one of the signs that each needs."""

    def __init__(self, rules: Iterable[R]) -> None:
        self._by_sign: dict[str, list[_Ready[R]]] = defaultdict(list)
        self._always: list[_Ready[R]] = []
        for order, rule in enumerate(rules):
            ready = _Ready(
                rule,
                order,
                frozenset(rule.all),
                frozenset(rule.any),
                frozenset(rule.none),
                frozenset(rule.category),
                frozenset(rule.channel),
            )
            if rule.all:
                self._by_sign[rule.all[0]].append(ready)
            elif rule.any:
                for name in rule.any:
                    self._by_sign[name].append(ready)
            else:
                self._always.append(ready)

    def that_hold(
        self, present: frozenset[str], category: Category | None, channel: Channel | None
    ) -> Sequence[R]:
        """Return the rules whose conditions are met, in the order of the policy."""
        candidates = [*self._always]
        for name in present & self._by_sign.keys():
            candidates += self._by_sign[name]
        held = {
            ready.order: ready.rule
            for ready in candidates
            if ready.all <= present
            and (not ready.any or not ready.any.isdisjoint(present))
            and ready.none.isdisjoint(present)
            and (not ready.categories or category in ready.categories)
            and (not ready.channels or channel in ready.channels)
        }
        return [held[order] for order in sorted(held)]
