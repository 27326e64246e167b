"""Contacts through the policies that count and through a candidate, side by side. Decides only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar, cast

from schemas.contacts import Facts
from schemas.routes import Destination
from schemas.scores import Score
from services.cli.policies.casework import Contact, Given, Taken
from services.cli.policies.sides import Side
from services.cli.policies.sources import Replayed, Twice
from services.cli.policies.trial import Trial

FIELDS: Final = ("level", "category", "cause", "team", "operator", "inform", "tasks")
EXAMPLES: Final = 200
"""Contacts shown one by one at most; all are counted."""
_Value = TypeVar("_Value")
_PLACED_BY: Final = ("role", "product", "jurisdiction", "origin", "destination", "hub")


class Decision(NamedTuple):
    """What is decided about a contact, for people."""

    level: int
    category: str
    cause: str
    team: str
    operator: str | None
    inform: tuple[str, ...]
    tasks: tuple[str, ...]

    @classmethod
    def of(cls, score: Score, route: Destination) -> "Decision":
        """Return it of a score and a route."""
        return cls(
            score.level,
            str(score.category),
            str(score.cause),
            route.team,
            route.operator,
            route.inform,
            tuple(f"{task.holder} {task.part}" for task in route.tasks or ()),
        )


class Change(NamedTuple):
    """A contact about which the two disagree."""

    id: str
    text: str
    before: Decision
    after: Decision

    @property
    def fields(self) -> list[str]:
        """What they disagree about."""
        return [one for one in FIELDS if getattr(self.before, one) != getattr(self.after, one)]


@dataclass
class Outcome:
    """The sums of a replay."""

    contacts: int = 0
    changed: int = 0
    moved: dict[str, Counter[tuple[str, str]]] = field(
        default_factory=lambda: {one: Counter() for one in FIELDS}
    )
    """By field: (before, after) → contacts."""
    totals: dict[str, tuple[Counter[str], Counter[str]]] = field(
        default_factory=lambda: {one: (Counter(), Counter()) for one in ("level", "team")}
    )
    """By field: contacts of each value before and after."""
    examples: list[Change] = field(default_factory=list)

    def add(self, one: Replayed, before: Decision, after: Decision) -> None:
        """Count a contact."""
        self.contacts += 1
        for name, (old, new) in self.totals.items():
            old[str(getattr(before, name))] += 1
            new[str(getattr(after, name))] += 1
        if before == after:
            return
        self.changed += 1
        change = Change(one.id, one.text, before, after)
        for name in change.fields:
            self.moved[name][word(before, name), word(after, name)] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(change)


def word(decision: Decision, name: str) -> str:
    """Return one field of a decision for people."""
    value = getattr(decision, name)
    if isinstance(value, tuple):
        return ", ".join(value) or "nobody"
    return "none" if value is None else str(value)


class Replay:
    """Both sides. Severity decides anew only where a candidate of it is tried; else the scores
    are those that were, where they are known."""

    def __init__(self, trial: Trial) -> None:
        """Load both.

        Raises:
            SettingsError: a file breaks its rules.
        """
        self.before, self.after = Side(trial.before), Side(trial.after)
        self.contacts: tuple[list[Contact], list[Contact]] = ([], [])
        """What both sides made of the contacts, small enough to keep."""
        self._rescores = "severity" in trial.candidates
        if self._rescores:
            _ = self.after.judge  # refused now, not after the first contacts
        self._same: dict[object, object] = {}

    def run(self, some: Sequence[Twice]) -> list[tuple[Decision, Decision]]:
        """Return, for each contact, what is decided about it and what would be."""
        were = [one.before for one in some]
        old = self.before.scores(were) if self._rescores else self._scores_that_were(were)
        new = self.after.scores([one.after for one in some]) if self._rescores else old
        return [
            (self._decide(0, one.before, was), self._decide(1, one.after, would_be))
            for one, was, would_be in zip(some, old, new, strict=True)
        ]

    def _decide(self, number: int, one: Replayed, score: Score) -> Decision:
        side = (self.before, self.after)[number]
        route = side.route(one, score)
        self.contacts[number].append((self._taken(one), self._given(one, score, route)))
        return Decision.of(score, route)

    def _taken(self, one: Replayed) -> Taken:
        contact = one.deduplicated.contact
        facts = Facts.model_construct(**{name: getattr(contact.facts, name) for name in _PLACED_BY})
        return Taken(
            one.id,
            one.deduplicated.tenant,
            contact.contact_id,
            contact.person,
            contact.channel,
            contact.received_at,
            self._shared(facts),
            one.acknowledged_at,
            one.answered_at,
        )

    def _given(self, one: Replayed, score: Score, route: Destination) -> Given:
        decided = one.deduplicated
        judged = score.model_copy(update={"reasons": (), "confidence": 0.0})
        return Given(
            decided.case_id,
            decided.relation,
            decided.waybill_index,
            self._shared(judged),
            self._shared(route),
        )

    def _shared(self, value: _Value) -> _Value:
        """Return the first value that was equal: a million contacts have few different ones."""
        return cast("_Value", self._same.setdefault(value, value))

    def _scores_that_were(self, some: Sequence[Replayed]) -> list[Score]:
        unscored = [one for one in some if one.score is None]
        judged = iter(self.before.scores(unscored) if unscored else [])
        return [one.score or next(judged) for one in some]
