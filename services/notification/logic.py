"""The decision: who is told what about a change, over what; or why not. Pure.

What was decided earlier about the case comes in as :class:`Told`; only rows of earlier
changes count, so that a replay decides as the first time did (ADR 0008).
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schemas.cases import CaseChanged
from schemas.vocabulary import NoticeChannel, NoticeKind
from services.domain.notice_store import Reach, Told
from services.domain.teams import Teams
from services.notification.policy import NoticePolicy, Rule, Whom

NO_ADDRESS: Final = "no_address"
CONTACT_UNKNOWN: Final = "contact_unknown"
NO_TEAM_ABOVE: Final = "no_team_above"
MERGED: Final = "merged"
_CROCKFORD: Final = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to tell. ``who`` is None for a team; ``trouble`` why nobody can be reached."""

    name: str
    who: str | None
    contact_id: str
    channel: str
    language: str
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A notice to be sent or, with ``suppressed``, not to be sent and why."""

    notice_id: str
    kind: NoticeKind
    to: Recipient
    mandatory: bool
    rule: str
    suppressed: str | None = None


def notice_id_of(tenant: str, case_id: str, seq: int, kind: str, recipient: str) -> str:
    """Return the notice's id (120 bits): the same decision has the same id for ever."""
    told = "\x1f".join(("notice", tenant, case_id, str(seq), kind, recipient))
    digest = hashlib.sha256(told.encode()).digest()[:15]
    return "N" + base64.b32encode(digest).decode("ascii").translate(_CROCKFORD)


def who_of(change: CaseChanged) -> str | None:
    """Return who the complainant of the change's contact is: a person, or an anonymous one
    known by the contact alone; None when the change brings no contact."""
    contact = change.contact
    return None if contact is None else contact.person or contact.contact_id


def decide(
    change: CaseChanged,
    reach: Reach | None,
    known: Iterable[Told],
    policy: NoticePolicy,
    teams: Teams,
) -> list[Decision]:
    """Return what follows from ``change``, in the order of the policy's lines.

    ``reach`` is of the change's contact; ``known`` what was decided about the case's
    complainants (rows of this and later changes are passed over).
    """
    earlier = [told for told in known if told.seq < change.seq]
    found: dict[str, Decision] = {}
    for rule in policy.changes.get(change.kind, ()):
        if not _applies(rule, change, earlier):
            continue
        for recipient in _recipients(rule.whom, change, reach, earlier, policy, teams):
            notice_id = notice_id_of(
                change.tenant, change.case_id, change.seq, rule.tell, recipient.name
            )
            suppressed = (
                recipient.trouble
                or _through_head(change, recipient)
                or _throttle(rule, change, recipient, earlier)
            )
            decision = Decision(
                notice_id, rule.tell, recipient, rule.mandatory, rule.rule, suppressed
            )
            found.setdefault(notice_id, decision)
    return list(found.values())


def _applies(rule: Rule, change: CaseChanged, earlier: Sequence[Told]) -> bool:
    if rule.from_level is not None and (change.level is None or change.level < rule.from_level):
        return False
    if rule.if_first is None:
        return True
    who = who_of(change)
    return rule.if_first is not any(told.who == who for told in earlier)


def _through_head(change: CaseChanged, recipient: Recipient) -> str | None:
    """Teams hear of a merged case through its head."""
    return MERGED if change.merged_into is not None and recipient.who is None else None


def _throttle(
    rule: Rule, change: CaseChanged, recipient: Recipient, earlier: Sequence[Told]
) -> str | None:
    if rule.every_hours is None:
        return None
    since = change.at - timedelta(hours=rule.every_hours)
    is_recent = any(
        told.is_requested
        and told.who == recipient.who
        and told.kind == rule.tell
        and told.at > since
        for told in earlier
    )
    return f"throttled:{rule.rule}" if is_recent else None


# ------------------------------------------------------------------ who


def _recipients(
    whom: Whom,
    change: CaseChanged,
    reach: Reach | None,
    earlier: Sequence[Told],
    policy: NoticePolicy,
    teams: Teams,
) -> Iterator[Recipient]:
    match whom:
        case Whom.COMPLAINANT:
            who = who_of(change)
            if who is not None:
                own = [told for told in earlier if told.who == who]
                yield _best(who, own, _of_contact(change, who, reach, policy), policy)
        case Whom.COMPLAINANTS:
            yield from _everybody(earlier, policy)
        case Whom.TEAM:
            yield _team(change.team or policy.teams.fallback, policy)
        case Whom.NEXT_TEAM:
            team = change.team or policy.teams.fallback
            above = teams.above(team)
            yield _team(above, policy) if above else _nobody_above(team)
        case Whom.INFORMED:
            for team in change.inform:
                yield _team(team, policy)


def _everybody(earlier: Sequence[Told], policy: NoticePolicy) -> Iterator[Recipient]:
    by_who: dict[str, list[Told]] = {}
    for told in earlier:
        if told.who is not None:
            by_who.setdefault(told.who, []).append(told)
    for who, own in by_who.items():
        yield _best(who, own, None, policy)


def _of_contact(
    change: CaseChanged, who: str, reach: Reach | None, policy: NoticePolicy
) -> Recipient:
    contact_id = change.contact.contact_id if change.contact else who
    name = f"contact:{contact_id}"
    if reach is None:
        return Recipient(name, who, contact_id, NoticeChannel.NONE, "zh", CONTACT_UNKNOWN)
    channel = channel_of(reach, policy)
    trouble = NO_ADDRESS if channel is NoticeChannel.NONE else None
    return Recipient(name, who, contact_id, channel, reach.language, trouble)


def channel_of(reach: Reach, policy: NoticePolicy) -> NoticeChannel:
    """Return the first channel of the policy that this contact allows."""
    has = {"email": reach.has_email, "phone": reach.has_phone, "account": reach.has_account}
    for way in policy.channels:
        if has[way.needs] and (not way.contact_channels or reach.channel in way.contact_channels):
            return way.channel
    return NoticeChannel.NONE


def _best(
    who: str, earlier: Sequence[Told], newest: Recipient | None, policy: NoticePolicy
) -> Recipient:
    """Return the best address among this person's contacts; of equal ones the newest."""
    best = newest
    for told in sorted(earlier, key=lambda told: told.seq, reverse=True):
        if best is None or policy.rank(told.channel) < policy.rank(best.channel):
            trouble = NO_ADDRESS if told.channel == NoticeChannel.NONE else None
            best = Recipient(
                f"contact:{told.contact_id}",
                who,
                told.contact_id,
                told.channel,
                told.language,
                trouble,
            )
    if best is None:
        raise ValueError("a complainant without a contact")
    return best


def _team(team: str, policy: NoticePolicy) -> Recipient:
    name = f"team:{team}"
    return Recipient(name, None, name, policy.teams.channel, policy.teams.language)


def _nobody_above(team: str) -> Recipient:
    name = f"team:above-{team}"
    return Recipient(name, None, name, NoticeChannel.NONE, "zh", NO_TEAM_ABOVE)
