"""Contacts through the policy that counts and through a candidate, side by side. Decides only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from schemas.scores import ContactScored, Score
from services.cli.policies.kinds import Kind
from services.cli.policies.sources import Replayed
from services.domain.calendars.policy import load_calendars
from services.domain.clock import Clock
from services.domain.clocks.limits import load_limits
from services.domain.clocks.policy import load_policy as load_sla
from services.domain.clocks.terms import Terms
from services.domain.errors import SettingsError
from services.domain.teams import load_teams
from services.routing.logic import Router
from services.routing.policy import load_policy as load_routing
from services.routing.subject import question_of
from services.severity.loading import load_judge
from services.severity.logic import Contact, Judge

COMPARED: Final = ("severity", "routing", "teams", "sla", "limits", "calendars")
TIMED: Final = ("severity", "sla", "limits", "calendars")
"""Kinds that may change which clocks are missed."""
FIELDS: Final = ("level", "category", "cause", "team", "operator", "inform")
EXAMPLES: Final = 200
"""Contacts shown one by one at most; all are counted."""


class Decision(NamedTuple):
    """What the pipeline would make of a contact."""

    level: int
    category: str
    cause: str
    team: str
    operator: str | None
    inform: tuple[str, ...]


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
        return " ".join(value) or "nobody"
    return "none" if value is None else str(value)


class _Side:
    """One set of policies."""

    def __init__(self, kind: Kind | None, policy: Path | None) -> None:
        def file_of(name: str) -> Path | None:
            return policy if kind is not None and kind.name == name else None

        teams = load_teams(file_of("teams"))
        routing = load_routing(file_of("routing"), teams)
        calendars = load_calendars(file_of("calendars"))
        self.router = Router(routing, teams, calendars)
        self.terms = Terms(load_sla(file_of("sla")), calendars, load_limits(file_of("limits")))
        self._severity = file_of("severity")

    @cached_property
    def _judge(self) -> Judge:
        """Policy and model, as the worker has them; slow to load and not always asked."""
        return load_judge(self._severity)

    def load(self) -> None:
        """Load all of it now.

        Raises:
            SettingsError: a file breaks its rules, or the model is not the one it was tried with.
        """
        _ = self._judge

    def scores(self, some: Sequence[Replayed]) -> list[Score]:
        """Return what severity makes of contacts: much faster than one by one."""
        return self._judge.judge_all([Contact.of(one.deduplicated.contact) for one in some])

    def decide(self, one: Replayed, score: Score, clock: Clock) -> Decision:
        scored = ContactScored.model_construct(
            tenant=one.deduplicated.tenant,
            case_id=one.deduplicated.case_id,
            deduplicated=one.deduplicated,
            score=score,
            scored_at=clock.now(),
        )
        route = self.router.route(question_of(scored, self.router.policy.network))
        return Decision(
            score.level,
            str(score.category),
            str(score.cause),
            route.team,
            route.operator,
            route.inform,
        )


class Replay:
    """Both sides; a candidate for routing is given the scores that were, where they are known."""

    def __init__(self, kind: Kind, candidate: Path, current: Path | None, clock: Clock) -> None:
        """Load both.

        Raises:
            SettingsError: a file breaks its rules, or its kind decides about no contact.
        """
        if kind.name not in COMPARED:
            raise SettingsError(
                f"{candidate}: a {kind.name} policy decides about no contact by itself; "
                f"what-if compares dedup, {', '.join(COMPARED)}"
            )
        self.is_timed = kind.name in TIMED
        self._rescores = kind.name == "severity"
        self._before = _Side(kind if current else None, current)
        self._after = _Side(kind, candidate)
        if self._rescores:
            self._after.load()
        self._clock = clock

    @property
    def terms(self) -> tuple[Terms, Terms]:
        """The time limits of both."""
        return self._before.terms, self._after.terms

    def run(self, some: Sequence[Replayed]) -> list[tuple[Decision, Decision]]:
        """Return, for each contact, what is decided about it and what would be."""
        old = self._before.scores(some) if self._rescores else self._scores_that_were(some)
        new = self._after.scores(some) if self._rescores else old
        return [
            (
                self._before.decide(one, was, self._clock),
                self._after.decide(one, would_be, self._clock),
            )
            for one, was, would_be in zip(some, old, new, strict=True)
        ]

    def _scores_that_were(self, some: Sequence[Replayed]) -> list[Score]:
        unscored = [one for one in some if one.score is None]
        judged = iter(self._before.scores(unscored) if unscored else [])
        return [one.score or next(judged) for one in some]
