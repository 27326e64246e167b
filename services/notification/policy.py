"""The table of notices: loaded once, checked whole, never half applied."""

from collections.abc import Callable
from datetime import time
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.scores import Level
from schemas.vocabulary import ChangeKind, Channel, ClockName
from services.domain.night import Night
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.preferences import zone_named

SHIPPED: Final = Path(__file__).with_name("policy.yaml")
_OF_CLOCKS: Final = frozenset(
    {
        ChangeKind.CLOCK_WARNED,
        ChangeKind.CLOCK_BREACHED,
        ChangeKind.ESCALATED,
        ChangeKind.ESCALATION_SKIPPED,
        ChangeKind.BREACH_RETRACTED,
        ChangeKind.EXTENDED,
    }
)
Zone = Annotated[str, AfterValidator(zone_named)]
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
    CLERK = "clerk"
    PARTNER = "partner"
    HOLDER = "holder"
    MANAGERS = "managers"


OF_CUSTOMERS: Final = frozenset({Whom.COMPLAINANT, Whom.COMPLAINANTS})


class Way(PolicyPart):
    """A channel and what it takes."""

    channel: Sendable
    needs: Literal["email", "phone", "account", "post"]
    contact_channels: tuple[Channel, ...] = ()


class TeamWay(PolicyPart):
    """How teams are told."""

    channel: Sendable
    language: Literal["zh", "en"]
    fallback: str


class StaffWay(PolicyPart):
    """How clerks or partners are told."""

    channel: Sendable
    language: Literal["zh", "en"]


class ManagersWay(PolicyPart):
    """Which team the managers are, and when their digest of the day goes out."""

    team: str
    channel: Sendable
    language: Literal["zh", "en"]
    daily_at: time
    zone: Zone


class Quiet(Night):
    """When complainants are left alone; see ``policy.yaml``."""

    default_zone: Zone
    zones: dict[Annotated[str, Field(pattern=r"^[1-9]\d{0,3}$")], Zone]

    def zone_of(self, calling_code: str | None) -> Zone:
        """Return the zone of the longest prefix of a phone's first digits."""
        code = calling_code or ""
        known = (self.zones[code[:n]] for n in range(len(code), 0, -1) if code[:n] in self.zones)
        return next(known, self.default_zone)


class Rate(PolicyPart):
    """So many notices by themselves within so many minutes; what is above is bundled."""

    most: Annotated[int, Field(ge=1, le=10_000)]
    minutes: Annotated[int, Field(ge=1, le=1440)]


class Storm(PolicyPart):
    """See ``policy.yaml``."""

    rates: dict[Literal["team", "clerk", "partner"], Rate]
    settle_seconds: Annotated[int, Field(ge=5, le=600)]

    def rate_of(self, recipient: str) -> Rate | None:
        """Return the rate of a recipient by the kind in its name; None where there is none."""
        return self._by_kind.get(recipient.partition(":")[0])

    @cached_property
    def _by_kind(self) -> dict[str, Rate]:
        return {str(kind): rate for kind, rate in self.rates.items()}


class Rule(PolicyPart):
    """One line of the table; see ``policy.yaml``."""

    rule: RuleId
    tell: NoticeKind
    whom: Whom
    mandatory: bool = False
    if_first: bool | None = None
    from_level: Level | None = None
    every_hours: Annotated[float, Field(gt=0, le=24 * 366)] | None = None
    clocks: tuple[ClockName, ...] = ()
    of_head: tuple[ChangeKind, ...] = ()
    daily: bool = False
    handed_over: bool = False
    if_failed: bool | None = None
    one_of_many: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.tell is NoticeKind.UNKNOWN:
            raise ValueError(f"{self.rule}: unknown is no kind of notice")
        if self.if_first is not None and self.whom is not Whom.COMPLAINANT:
            raise ValueError(f"{self.rule}: if_first is about the complainant of one contact")
        if self.every_hours is not None and self.mandatory:
            raise ValueError(f"{self.rule}: what is mandatory is not throttled")
        if self.daily and (self.whom in OF_CUSTOMERS or self.mandatory):
            raise ValueError(f"{self.rule}: a complainant's own notice is never bundled")
        if self.one_of_many and self.whom in OF_CUSTOMERS:
            raise ValueError(f"{self.rule}: one_of_many is about staff, who get digests")
        if (self.whom is Whom.MANAGERS) is not self.daily:
            raise ValueError(f"{self.rule}: managers are told once a day, others are not")
        return self


class NoticePolicy(PolicyPart):
    """See ``policy.yaml``, where each value is explained."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    channels: Annotated[tuple[Way, ...], Field(min_length=1)]
    teams: TeamWay
    clerks: StaffWay
    partners: StaffWay
    managers: ManagersWay
    quiet: Quiet
    storm: Storm
    passing_level: Level
    changes: dict[ChangeKind, tuple[Rule, ...]]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        missing = set(ChangeKind) - {ChangeKind.UNKNOWN} - set(self.changes)
        if missing:
            raise ValueError(f"changes: nothing is said about {', '.join(sorted(missing))}")
        if ChangeKind.UNKNOWN in self.changes:
            raise ValueError("changes: nothing can be said about an unknown change")
        about_contacts = (ChangeKind.OPENED, ChangeKind.CONTACT_ADDED, ChangeKind.APPEAL_OPENED)
        for kind, rules in self.changes.items():
            for rule in rules:
                if rule.clocks and kind not in _OF_CLOCKS:
                    raise ValueError(f"{rule.rule}: {kind} is not about a clock")
                if rule.of_head and kind is not ChangeKind.HEAD_CHANGED:
                    raise ValueError(f"{rule.rule}: {kind} is not about the head of a merge")
                if rule.if_failed is not None and kind is not ChangeKind.PAYMENT_SETTLED:
                    raise ValueError(f"{rule.rule}: {kind} is not what the payer says")
                if rule.whom is Whom.COMPLAINANT and kind not in about_contacts:
                    raise ValueError(f"{rule.rule}: {kind} brings no contact; say complainants")
        return self

    def rank(self, channel: str) -> int:
        """Return how good a channel is: the earlier in the table, the better."""
        return self._ranks.get(channel, len(self.channels))

    def for_staff(self, kind: ChangeKind) -> tuple[Rule, ...]:
        """Return the lines about ``kind`` that tell others than complainants."""
        return self._for_staff.get(kind, ())

    def hangs_on_standing(self, kind: ChangeKind) -> bool:
        """Return whether who is told of ``kind`` may depend on where the case stands."""
        return kind in self._hanging

    @cached_property
    def _hanging(self) -> frozenset[ChangeKind]:
        return self._kinds(lambda rule: rule.whom not in OF_CUSTOMERS or bool(rule.from_level))

    def tells_all(self, kind: ChangeKind) -> bool:
        """Return whether a line about ``kind`` may tell all complainants of the case."""
        return kind in self._telling_all

    @cached_property
    def _telling_all(self) -> frozenset[ChangeKind]:
        return self._kinds(lambda rule: rule.whom is Whom.COMPLAINANTS)

    def _kinds(self, is_meant: Callable[[Rule], bool]) -> frozenset[ChangeKind]:
        """Return the kinds of change about which there is such a line."""
        return frozenset(kind for kind, rules in self.changes.items() if any(map(is_meant, rules)))

    @cached_property
    def _ranks(self) -> dict[str, int]:
        ranks: dict[str, int] = {}
        for at, way in enumerate(self.channels):
            ranks.setdefault(way.channel, at)
        return ranks

    @cached_property
    def _for_staff(self) -> dict[ChangeKind, tuple[Rule, ...]]:
        return {
            kind: tuple(rule for rule in rules if rule.whom not in OF_CUSTOMERS)
            for kind, rules in self.changes.items()
        }


def load_policy(path: Path | None = None) -> NoticePolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(NoticePolicy, "notification policy", path or SHIPPED)
