"""How notices are sent: loaded once, checked whole, never half applied."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from services.domain.policies import PolicyPart, load_policy_file
from services.sender.gateways import Gateway

SHIPPED: Final = Path(__file__).with_name("policy.yaml")
OnUnknown = Literal["resend_same_id", "hold"]
Seconds = Annotated[float, Field(gt=0)]
LONGEST_BATCH: Final = 20.0
SENDABLE: Final = frozenset(NoticeChannel) - {NoticeChannel.NONE, NoticeChannel.UNKNOWN}
GATEWAYS: Final = frozenset({NoticeChannel.SMS, NoticeChannel.VOICE, NoticeChannel.PUSH})
"""Channels whose request is written in the policy."""


class Doubt(PolicyPart):
    """What to do about a notice of which nobody knows whether it was sent."""

    mandatory: OnUnknown
    other: OnUnknown


class Rate(PolicyPart):
    """How fast a provider is written to: ``per_second`` on the long run, ``burst`` at once after
    it was quiet."""

    per_second: Annotated[float, Field(gt=0)]
    burst: Annotated[float, Field(ge=1)]


class Cap(PolicyPart):
    """At most so many notices to one address within so many seconds."""

    most: Annotated[int, Field(ge=1)]
    seconds: Seconds


class Only(PolicyPart):
    """What a channel is for, where it is not for everything: what is mandatory, and what these
    lines of the table of notices tell."""

    mandatory: bool
    rules: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], ...] = ()


class ChannelPolicy(PolicyPart):
    """See ``policy.yaml``."""

    on_unknown: Doubt
    resends: Annotated[int, Field(ge=0, le=10)]
    attempts: Annotated[int, Field(ge=1, le=20)]
    pauses: Annotated[tuple[Seconds, ...], Field(min_length=1)]
    trip: Annotated[int, Field(ge=1)]
    leave_alone_seconds: Seconds
    leave_alone_longest: Seconds
    give_up_hours: Annotated[float, Field(gt=0)]
    pass_on_minutes: Annotated[float, Field(gt=0)]
    jitter: Annotated[float, Field(ge=0, le=1)]
    slow_seconds: Seconds
    rate: Rate
    caps: tuple[Cap, ...] = ()
    only: Only | None = None

    def takes(self, notice: NoticeRequested) -> bool:
        """Return whether the channel is for such a notice."""
        only = self.only
        return only is None or (only.mandatory and notice.mandatory) or notice.reason in only.rules

    def pause_after(self, refusals: int, chance: float = 0.0) -> float:
        """Return how long to wait after so many refusals; ``chance`` is from 0 to 1, so that
        those who were refused together do not come back together."""
        pause = self.pauses[min(max(refusals, 1), len(self.pauses)) - 1]
        return pause * (1 + self.jitter * chance)


class SendingPolicy(PolicyPart):
    """See ``policy.yaml``, where each value is explained."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    patience_seconds: Seconds
    budget_seconds: Seconds
    call_seconds: Seconds
    channels: dict[NoticeChannel, ChannelPolicy]
    failover: dict[NoticeChannel, tuple[NoticeChannel, ...]]
    gateways: dict[NoticeChannel, Gateway]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.budget_seconds + self.call_seconds > LONGEST_BATCH:
            raise ValueError(f"budget and call together exceed {LONGEST_BATCH:g} seconds")
        if {*self.channels} != SENDABLE:
            raise ValueError(f"channels: {', '.join(sorted(SENDABLE))} are needed")
        if {*self.gateways} != GATEWAYS:
            raise ValueError(f"gateways: {', '.join(sorted(GATEWAYS))} are needed")
        for channel, others in self.failover.items():
            if channel in others or not SENDABLE.issuperset(others):
                raise ValueError(f"failover: {channel}: other channels than itself are needed")
        return self


def load_policy(path: Path | None = None) -> SendingPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(SendingPolicy, "sender policy", path or SHIPPED)
