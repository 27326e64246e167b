"""Which lane a contact takes: a cheap hint by channel and words, within a budget. Time comes in.

A hint decides only who waits behind whom (ADR 0021). It is not stored, and severity does not
hear of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from schemas.contacts import ContactReceived
from schemas.topics import RECEIVED, RECEIVED_EXPRESS, Topic
from schemas.vocabulary import Channel
from services.domain.policies import PolicyPart, load_policy_file

DEFAULT_FILE: Final = Path(__file__).with_name("express.yaml")
LOOKED_AT: Final = 4000
"""Characters of a text that are searched for signs: what is urgent is not said after two pages."""

Sign = Annotated[str, Field(min_length=2, max_length=40)]
Hint = Literal["channel", "sign"]


class ExpressPolicy(PolicyPart):
    """The whole file; see it for what the words mean."""

    version: str
    channels: frozenset[Channel] = frozenset()
    declared_value_cny_from: Annotated[float, Field(gt=0)] | None = None
    signs: Mapping[str, tuple[Sign, ...]] = {}
    share: Annotated[float, Field(ge=0, le=0.5)]
    per_minute: Annotated[float, Field(gt=0)]
    burst: Annotated[int, Field(ge=1)]


def load_express(path: Path | None = None) -> ExpressPolicy:
    """Read the policy.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(ExpressPolicy, "express policy", path or DEFAULT_FILE)


class Signposts:
    """The hint of a policy, without its budget."""

    def __init__(self, policy: ExpressPolicy) -> None:
        words = sorted({word.lower() for some in policy.signs.values() for word in some})
        self._policy = policy
        self._signs = re.compile("|".join(map(re.escape, words))) if words else None

    def hint(self, channel: Channel, text: str, value_cny: float | None = None) -> Hint | None:
        """Return what speaks for the express lane; None: nothing."""
        if channel in self._policy.channels:
            return "channel"
        limit = self._policy.declared_value_cny_from
        if limit is not None and value_cny is not None and value_cny >= limit:
            return "sign"
        if self._signs is not None and self._signs.search(text[:LOOKED_AT].lower()):
            return "sign"
        return None


class Choice(NamedTuple):
    """The topic of a contact, and why: the label of a metric."""

    topic: Topic
    why: Literal["channel", "sign", "none", "over_budget"]

    @property
    def is_express(self) -> bool:
        return self.topic is RECEIVED_EXPRESS


@dataclass(slots=True)
class _Budget:
    """Tokens of one kind of hint, as they stood at ``at``, when so many contacts had arrived."""

    tokens: float
    arrived: int
    at: float


class Lanes:
    """Chooses for the contacts of one API process."""

    def __init__(self, policy: ExpressPolicy) -> None:
        self._policy = policy
        self._signposts = Signposts(policy)
        self._arrived = 0
        self._budgets: dict[Hint, _Budget] = {}

    def choose(self, contact: ContactReceived, now: float) -> Choice:
        """Return the lane of a contact that is taken in; ``now`` in seconds. A clock that was put
        back gives no tokens and takes none."""
        self._arrived += 1
        value = contact.facts.declared_value_cny
        hint = self._signposts.hint(contact.channel, contact.text, value)
        if hint is None:
            return Choice(RECEIVED, "none")
        if not self._affords(hint, now):
            return Choice(RECEIVED, "over_budget")
        return Choice(RECEIVED_EXPRESS, hint)

    def _affords(self, hint: Hint, now: float) -> bool:
        policy, most = self._policy, float(self._policy.burst)
        budget = self._budgets.get(hint)
        if budget is None:
            budget = self._budgets[hint] = _Budget(most, self._arrived, now)
        by_share = (self._arrived - budget.arrived) * policy.share
        by_time = max(0.0, now - budget.at) * policy.per_minute / 60
        budget.tokens = min(most, budget.tokens + by_share + by_time)
        budget.arrived, budget.at = self._arrived, now
        if budget.tokens < 1:
            return False
        budget.tokens -= 1
        return True
