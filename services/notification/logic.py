"""The decision: who is told what about a change, over what and when; or why not. Pure.

What was decided earlier about the case comes in as :class:`Told`; only rows of earlier
changes count, so that a replay decides as the first time did (ADR 0008).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from schemas.cases import CaseChanged
from schemas.notice_words import NoticeKind
from schemas.personal import base32
from schemas.vocabulary import ChangeKind
from services.domain.notice_store import Told
from services.domain.teams import Teams
from services.notification.gates import (
    Digest,
    Moment,
    NightThere,
    bundled,
    left_alone,
    opted_out,
    passes,
)
from services.notification.policy import NoticePolicy, Rule
from services.notification.recipients import Around, Recipient, recipients, who_of

DECIDED_BY: Final = (
    "tenant",
    "case_id",
    "seq",
    "at",
    "kind",
    "contact.contact_id",
    "contact.person",
    "contact.accepted_at",
    "assignee",
    "level",
    "team",
    "inform",
    "clock",
    "waiting_for",
    "merged_into",
    "merge.kind",
    "incident_id",
    "incident.level",
    "task.holder",
    "payment.is_paid",
)
"""All of a change that is looked at here: the grounds of its judgement are most of it."""
MERGED: Final = "merged"
QUIET: Final = "quiet"
_CROCKFORD: Final = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)
DAILY_MARK: Final = "-daily"
"""Ends the id of what is told in a digest of the day: the same team may be told at once, too."""


class Decision(NamedTuple):
    """A notice to be sent or, with ``suppressed``, not to be sent and why; ``digest`` is the one
    that tells of it instead. What ``passes`` is held up by no cap of its address; in the ``night``,
    where there is one, it is not to be sent, however late it comes to that."""

    notice_id: str
    kind: NoticeKind
    to: Recipient
    mandatory: bool
    passes: bool
    rule: str
    suppressed: str | None = None
    not_before: datetime | None = None
    night: NightThere | None = None
    digest: Digest | None = None


def withheld_by(decision: Decision) -> str | None:
    """Return in a word why nobody is told of it now; None when somebody is."""
    if decision.suppressed is not None:
        return decision.suppressed.partition(":")[0]
    return QUIET if decision.not_before is not None else None


def notice_id_of(tenant: str, case_id: str, seq: int, kind: str, recipient: str) -> str:
    """Return the notice's id (120 bits): the same decision has the same id for ever."""
    return _hashed("notice", tenant, case_id, str(seq), kind, recipient)


def digest_id_of(
    tenant: str, digest: Digest, kind: str, recipient: str, incident_id: str | None = None
) -> str:
    """Return the id of a digest: all that are bundled for one recipient, kind, incident and time
    name it, in whichever worker."""
    ends = str(int(digest.ends.timestamp()))
    incident = () if incident_id is None else (incident_id,)
    return _hashed("digest", tenant, digest.rule, ends, kind, recipient, *incident)


def _hashed(*told: str) -> str:
    digest = hashlib.sha256("\x1f".join(told).encode()).digest()[:15]
    return "N" + base32(digest).translate(_CROCKFORD)


def decide(
    change: CaseChanged,
    around: Around,
    policy: NoticePolicy,
    teams: Teams,
    moment: Moment,
) -> list[Decision]:
    """Return what follows from ``change``, in the order of the policy's lines.

    Rows of this and later changes are passed over. ``moment`` says what time it is and what went
    out to staff lately; who is decided about is counted there.
    """
    earlier = [told for told in around.earlier if told.seq < change.seq]
    around = around._replace(earlier=earlier)
    found: dict[str, Decision] = {}
    for rule in policy.changes.get(change.kind, ()):
        if not _applies(rule, change, around):
            continue
        for recipient in recipients(rule.whom, change, around, policy, teams):
            notice_id = notice_id_of(
                change.tenant, change.case_id, change.seq, rule.tell, recipient.name
            )
            notice_id += DAILY_MARK if rule.daily else ""
            if notice_id not in found:
                is_passing = passes(rule, change, around, policy)
                decision = Decision(
                    notice_id, rule.tell, recipient, rule.mandatory, is_passing, rule.rule
                )
                found[notice_id] = _gated(decision, rule, change, around, policy, moment)
    return list(found.values())


def staff_of(
    change: CaseChanged, around: Around, policy: NoticePolicy, teams: Teams
) -> frozenset[str]:
    """Return which staff the change may be told to: of them it must be known what they got."""
    return frozenset(
        recipient.name
        for rule in policy.for_staff(change.kind)
        if _applies(rule, change, around)
        for recipient in recipients(rule.whom, change, around, policy, teams)
    )


def _applies(rule: Rule, change: CaseChanged, around: Around) -> bool:
    if rule.from_level is not None and _level_of(change, around) < rule.from_level:
        return False
    if rule.clocks and change.clock not in rule.clocks:
        return False
    if rule.of_head and (change.merge is None or change.merge.kind not in rule.of_head):
        return False
    if rule.handed_over and change.team is None:
        return False
    if rule.if_failed is not None and rule.if_failed is not _has_failed(change):
        return False
    if rule.if_first is None:
        return True
    who = who_of(change)
    return rule.if_first is not any(told.who == who for told in around.earlier)


def _has_failed(change: CaseChanged) -> bool:
    return change.payment is not None and not change.payment.is_paid


def _is_of_own_money(change: CaseChanged) -> bool:
    return change.kind is ChangeKind.PAYMENT_UNANSWERED or _has_failed(change)


def _level_of(change: CaseChanged, around: Around) -> int:
    """Return the level that a case has by the change. That a case is raised to its incident's is a
    change of its own, which the standing may have or not have yet."""
    if change.kind is ChangeKind.INCIDENT_JOINED and change.incident is not None:
        return change.incident.level
    return change.level or around.standing.level


def _gated(
    decision: Decision,
    rule: Rule,
    change: CaseChanged,
    around: Around,
    policy: NoticePolicy,
    moment: Moment,
) -> Decision:
    """Return the decision after all that may keep it back."""
    to = decision.to
    refused = (
        to.trouble
        or _through_head(change, to)
        or opted_out(rule, to, around)
        or _throttle(rule, change, to, around.earlier)
    )
    if refused is not None:
        return decision._replace(suppressed=refused)
    digest = bundled(rule, to, change, around, policy, moment)
    if digest is not None:
        return decision._replace(suppressed=f"{digest.rule}:{rule.rule}", digest=digest)
    if to.who is None:
        moment.sent[to.name] += 1
    night = left_alone(rule, to, change, around, policy)
    if night is None:
        return decision
    return decision._replace(night=night, not_before=night.until(moment.now))


def _through_head(change: CaseChanged, recipient: Recipient) -> str | None:
    """Teams hear of a merged case through its head, but for whoever has a task in it, and of its
    own payments that failed or were not answered: their answers come to it, and the head tells
    nobody."""
    if change.merged_into is None or recipient.who is not None or _is_of_own_money(change):
        return None
    return None if change.task is not None and change.task.holder == recipient.name else MERGED


def _throttle(
    rule: Rule, change: CaseChanged, recipient: Recipient, earlier: Sequence[Told]
) -> str | None:
    if rule.every_hours is None:
        return None
    since = change.at - timedelta(hours=rule.every_hours)
    own = [told for told in earlier if told.is_requested and told.who == recipient.who]
    # What was told before the answer is no news of what came after it.
    answered = max((told.seq for told in own if told.kind == NoticeKind.RESULT), default=0)
    is_recent = any(
        told.kind == rule.tell and told.at > since and told.seq > answered for told in own
    )
    return f"throttled:{rule.rule}" if is_recent else None
