"""The table of notices: loaded once, checked whole, never half applied."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.scores import Level
from schemas.vocabulary import ChangeKind, Channel, NoticeChannel, NoticeKind
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("policy.yaml")
RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Sendable = Literal[
    NoticeChannel.EMAIL,
    NoticeChannel.SMS,
    NoticeChannel.VOICE,
    NoticeChannel.PUSH,
    NoticeChannel.CHAT,
    NoticeChannel.LETTER,
    NoticeChannel.WEBHOOK,
]


class Whom(StrEnum):
    """Who is told."""

    COMPLAINANT = "complainant"
    COMPLAINANTS = "complainants"
    TEAM = "team"
    NEXT_TEAM = "next_team"
    INFORMED = "informed"


class Way(PolicyPart):
    """A channel and what it takes."""

    channel: Sendable
    needs: Literal["email", "phone", "account"]
    contact_channels: tuple[Channel, ...] = ()


class TeamWay(PolicyPart):
    """How teams are told."""

    channel: Sendable
    language: Literal["zh", "en"]
    fallback: str


class Rule(PolicyPart):
    """One line of the table; see ``policy.yaml``."""

    rule: RuleId
    tell: NoticeKind
    whom: Whom
    mandatory: bool = False
    if_first: bool | None = None
    from_level: Level | None = None
    every_hours: Annotated[float, Field(gt=0, le=24 * 366)] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.tell is NoticeKind.UNKNOWN:
            raise ValueError(f"{self.rule}: unknown is no kind of notice")
        if self.if_first is not None and self.whom is not Whom.COMPLAINANT:
            raise ValueError(f"{self.rule}: if_first is about the complainant of one contact")
        if self.every_hours is not None and self.mandatory:
            raise ValueError(f"{self.rule}: what is mandatory is not throttled")
        return self


class NoticePolicy(PolicyPart):
    """See ``policy.yaml``, where each value is explained."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    channels: Annotated[tuple[Way, ...], Field(min_length=1)]
    teams: TeamWay
    changes: dict[ChangeKind, tuple[Rule, ...]]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        missing = set(ChangeKind) - {ChangeKind.UNKNOWN} - set(self.changes)
        if missing:
            raise ValueError(f"changes: nothing is said about {', '.join(sorted(missing))}")
        if ChangeKind.UNKNOWN in self.changes:
            raise ValueError("changes: nothing can be said about an unknown change")
        about_contacts = (ChangeKind.OPENED, ChangeKind.CONTACT_ADDED)
        for kind, rules in self.changes.items():
            for rule in rules:
                if rule.whom is Whom.COMPLAINANT and kind not in about_contacts:
                    raise ValueError(f"{rule.rule}: {kind} brings no contact; say complainants")
        return self

    def rank(self, channel: str) -> int:
        """Return how good a channel is: the earlier in the table, the better."""
        order = [way.channel for way in self.channels]
        return next((at for at, known in enumerate(order) if known == channel), len(order))


def load_policy(path: Path | None = None) -> NoticePolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(NoticePolicy, "notification policy", path or SHIPPED)
