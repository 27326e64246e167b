"""Quotas at intake: token buckets by a policy file. Time comes in; nothing here reads a clock.

A refusal is honest and cheap: nothing was stored, and the answer says when to send again.
"""

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from schemas.vocabulary import Channel
from services.api.errors import Problem
from services.domain.policies import PolicyPart, load_policy_file

DEFAULT_FILE: Final = Path(__file__).with_name("quotas.yaml")
MOST_BUCKETS: Final = 200_000
"""Buckets kept; beyond, the one used longest ago is forgotten, and is full when it comes again."""


class Rule(PolicyPart):
    """One line of the policy; see the file for what the words mean."""

    rule: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    per: Literal["channel", "customer", "bulk_sender"]
    per_minute: Annotated[float, Field(gt=0)]
    burst: Annotated[int, Field(ge=1)]
    channels: frozenset[Channel] = frozenset()
    except_channels: frozenset[Channel] = frozenset()

    @property
    def field(self) -> str:
        """The field of a contact that the rule is about."""
        return "channel" if self.per == "channel" else "customer"

    def is_about(self, channel: Channel) -> bool:
        """Return whether the rule counts contacts of this channel."""
        return channel not in self.except_channels and (
            not self.channels or channel in self.channels
        )


class QuotaPolicy(PolicyPart):
    """The whole file."""

    version: str
    rules: tuple[Rule, ...] = ()
    bulk_senders: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "QuotaPolicy":
        names = [rule.rule for rule in self.rules]
        if len(set(names)) < len(names):
            raise ValueError("two rules have one name")
        return self


def load_quotas(path: Path | None = None) -> QuotaPolicy:
    """Read the policy.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(QuotaPolicy, "quota policy", path or DEFAULT_FILE)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Quotas:
    """Counts the contacts of one API process."""

    def __init__(self, policy: QuotaPolicy) -> None:
        self._policy = policy
        self._buckets: OrderedDict[tuple[str, str, str], _Bucket] = OrderedDict()

    def is_bulk_sender(self, customer: str | None) -> bool:
        """Return whether this customer number is a merchant's or platform's."""
        return customer is not None and customer in self._policy.bulk_senders

    def admit(
        self, tenant: str, channel: Channel, person: str | None, is_bulk: bool, now: float
    ) -> None:
        """Take a token of every rule that is about the contact, or of none.

        ``person`` is the index of the complainant, ``now`` in seconds; a clock that was put back
        gives no tokens and takes none.

        Raises:
            Problem: a rule has none left; it says which and for how long.
        """
        found: list[_Bucket] = []
        for rule in self._policy.rules:
            if (whom := _whom(rule, channel, person, is_bulk)) is None:
                continue
            bucket = self._bucket(rule, tenant, whom, now)
            if bucket.tokens < 1:
                raise _refusal(rule, (1 - bucket.tokens) * 60 / rule.per_minute)
            found.append(bucket)
        for bucket in found:
            bucket.tokens -= 1

    def _bucket(self, rule: Rule, tenant: str, whom: str, now: float) -> _Bucket:
        key = (rule.rule, tenant, whom)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rule.burst, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
            return bucket
        self._buckets.move_to_end(key)
        earned = max(0.0, now - bucket.at) * rule.per_minute / 60
        bucket.tokens, bucket.at = min(float(rule.burst), bucket.tokens + earned), now
        return bucket


def _whom(rule: Rule, channel: Channel, person: str | None, is_bulk: bool) -> str | None:
    """Return whose bucket a rule takes from; None when it is not about the contact."""
    if not rule.is_about(channel):
        return None
    if rule.per == "channel":
        return channel
    return person if is_bulk == (rule.per == "bulk_sender") else None


def _refusal(rule: Rule, seconds: float) -> Problem:
    return Problem(
        429,
        "too_many",
        f"More contacts than the quota {rule.rule} allows. Nothing was stored: send it again "
        "later, with the same id or Idempotency-Key if you gave one.",
        field=rule.field,
        rule=rule.rule,
        retry_after=max(1, ceil(seconds)),
    )
