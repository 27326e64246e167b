"""What may keep a notice back: a choice, the night, a storm, a digest of the day. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.cases import CaseChanged
from schemas.notice_words import NoticeKind
from schemas.vocabulary import ClockName
from services.domain.night import Night
from services.domain.notice_store import Told, Waiting
from services.domain.preferences import NOTHING_CHOSEN, Preferences
from services.notification.policy import ManagersWay, NoticePolicy, Rate, Rule
from services.notification.recipients import Around, Recipient

BUNDLED: Final = "bundled"
DAILY: Final = "daily"


@dataclass(frozen=True, slots=True)
class Moment:
    """``sent`` counts what went out to each of the staff by itself within the time that its rate
    is about."""

    now: datetime
    sent: Counter[str]


class NightThere(NamedTuple):
    """Hours of the night, and the zone by whose clock they are."""

    hours: Night
    zone: str

    def until(self, at: datetime) -> datetime | None:
        """Return when the night in which ``at`` lies ends; None when it lies in none."""
        return self.hours.until(at, self.zone)


@dataclass(frozen=True, slots=True)
class Digest:
    """Which digest a notice goes into: ``bundled`` or ``daily``; what time it tells of ends at
    ``ends``, and it goes out at ``due``, never in the ``night`` of whoever gets it."""

    rule: str
    ends: datetime
    due: datetime
    night: NightThere | None = None


def opted_out(rule: Rule, to: Recipient, around: Around) -> str | None:
    """Return why a complainant who does not want to be told is not: never of what is mandatory."""
    if rule.mandatory or to.who is None:
        return None
    return f"opted_out:{rule.rule}" if _chosen(to, around).opt_out else None


def left_alone(
    rule: Rule, to: Recipient, change: CaseChanged, around: Around, policy: NoticePolicy
) -> NightThere | None:
    """Return the hours in which somebody is left alone with this; None when he is told at any.
    What is mandatory passes to complainants; to staff that only means that a doubt is followed
    up."""
    if passes(rule, change, around, policy):
        return None
    if to.who is None:
        return _night_of(to)
    if rule.mandatory:
        return None
    zone = _chosen(to, around).zone or policy.quiet.zone_of(to.calling_code)
    return NightThere(policy.quiet, zone)


def bundled(
    rule: Rule,
    to: Recipient,
    change: CaseChanged,
    around: Around,
    policy: NoticePolicy,
    moment: Moment,
) -> Digest | None:
    """Return the digest that a notice to staff goes into; None when it goes out by itself, which
    a complainant's always does."""
    if to.who is not None:
        return None
    settle = timedelta(seconds=policy.storm.settle_seconds)
    if rule.daily:
        ends = _next_morning(moment.now, policy.managers)
        return _digest(DAILY, ends, settle, to)
    rate = policy.storm.rate_of(to.name)
    if rate is None or moment.sent[to.name] < rate.most or passes(rule, change, around, policy):
        return None
    ends = began(moment.now, rate) + timedelta(minutes=rate.minutes)
    return _digest(BUNDLED, ends, settle, to)


def overtaken(held: Waiting, decided: Iterable[Told]) -> bool:
    """Return whether a complainant was told the result since his notice of progress was held:
    what was news in the evening is none any more."""
    return held.kind == NoticeKind.PROGRESS and any(
        told.is_requested and told.kind == NoticeKind.RESULT and told.seq > held.seq
        for told in decided
        if told.who == held.who
    )


def began(now: datetime, rate: Rate) -> datetime:
    """Return when the time began that is counted now: by the clock, the same for all workers."""
    seconds = rate.minutes * 60
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def passes(rule: Rule, change: CaseChanged, around: Around, policy: NoticePolicy) -> bool:
    """Return whether the change is so grave, or about a legal limit, that no night, no storm
    and no cap of an address keeps back what it tells; what is one of many never is."""
    if rule.one_of_many:
        return False
    level = max(change.level or 0, around.standing.level)
    is_law = change.clock in (ClockName.STATUTORY, ClockName.REGULATOR)
    return is_law or level >= policy.passing_level


def _digest(rule: str, ends: datetime, settle: timedelta, to: Recipient) -> Digest:
    """Return a digest to one of the staff. What is bundled is not what passes through the night:
    however late it is let go, it waits for the morning."""
    night, due = _night_of(to), ends + settle
    morning = None if night is None else night.until(due)
    return Digest(rule, ends, morning or due, night)


def _night_of(to: Recipient) -> NightThere | None:
    """Return when one of the staff is left alone."""
    return None if to.quiet is None or to.zone is None else NightThere(to.quiet, to.zone)


def _chosen(to: Recipient, around: Around) -> Preferences:
    return around.chosen.get(to.who or "", NOTHING_CHOSEN)


def _next_morning(now: datetime, way: ManagersWay) -> datetime:
    here = now.astimezone(ZoneInfo(way.zone))
    today = datetime.combine(here.date(), way.daily_at, here.tzinfo)
    day = here.date() if here < today else here.date() + timedelta(days=1)
    return datetime.combine(day, way.daily_at, here.tzinfo).astimezone(UTC)
