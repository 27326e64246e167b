"""From a decision to the row that is stored and the record that is produced. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.codec import decode, encode
from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled, QuietHours
from services.domain.notice_store import NoticeRow, Told
from services.domain.unreached import is_unreached
from services.notification.gates import BUNDLED, NightThere
from services.notification.knowing import Arrival
from services.notification.logic import Decision, digest_id_of


def row_of(arrival: Arrival, decision: Decision, now: datetime, policy: str) -> NoticeRow:
    """Return what is stored of a decision."""
    to, change, digest = decision.to, arrival.change, decision.digest
    told = Told(
        who=to.who,
        seq=change.seq,
        kind=decision.kind,
        at=change.at,
        is_requested=decision.suppressed is None,
        contact_id=to.contact_id,
        channel=to.usual or to.channel,
        language=to.language,
        calling_code=to.calling_code,
    )
    bundle = None
    if digest is not None:
        # A storm's cases are told of by their incident; the digest of the day is one whole.
        incident = change.incident_id if digest.rule == BUNDLED else None
        bundle = digest_id_of(change.tenant, digest, decision.kind, to.name, incident)
    goes_alone = to.who is None and told.is_requested
    record = _record(arrival, decision, now, policy, bundle)
    return NoticeRow(
        decision.notice_id,
        arrival.case_key,
        str(arrival.inbound.source),
        told,
        encode(record),
        due=decision.not_before,
        partition=arrival.inbound.partition,
        to=to.name if goes_alone else None,
        decided_at=now if goes_alone else None,
        digest=bundle,
        digest_due=digest.due if digest else None,
        unreached_at=now if isinstance(record, NoticeSettled) and is_unreached(record) else None,
    )


def digest_row(bundled: NoticeRow, partition: int, policy: str) -> NoticeRow:
    """Return the request for the digest that tells of a bundled notice, among others."""
    said, told = decode(NoticeSettled, bundled.out), bundled.told
    if bundled.digest is None or bundled.digest_due is None:
        raise ValueError("a notice that was not bundled has no digest")
    word = (said.reason or "").partition(":")[0]
    record = NoticeRequested(
        tenant=said.tenant,
        case_id=said.case_id,
        notice_id=bundled.digest,
        case_seq=told.seq,
        kind=NoticeKind.DIGEST,
        recipient=said.recipient,
        channel=NoticeChannel(told.channel),
        fallback=said.digest_fallback,
        language=told.language,
        mandatory=True,
        template=NoticeKind.DIGEST,
        reason=word,
        requested_at=said.at,
        policy=policy,
        not_before=bundled.digest_due,
        quiet=said.digest_quiet,
        incident_id=said.incident_id if word == BUNDLED else None,
    )
    # Held until its time, and counted for nobody: those that it tells of are.
    return replace(
        bundled,
        key=bundled.digest,
        told=replace(told, kind=NoticeKind.DIGEST, is_requested=True),
        out=encode(record),
        due=bundled.digest_due,
        partition=partition,
        to=None,
        decided_at=None,
        digest=None,
        digest_due=None,
    )


def _record(
    arrival: Arrival, decision: Decision, now: datetime, policy: str, bundle: str | None
) -> NoticeRequested | NoticeSettled:
    to, change = decision.to, arrival.change
    common: dict[str, Any] = {
        "tenant": change.tenant,
        "case_id": change.case_id,
        "notice_id": decision.notice_id,
        "kind": decision.kind,
        "recipient": to.name,
        "channel": NoticeChannel(to.channel),
        "policy": policy,
    }
    if decision.suppressed is not None:
        return NoticeSettled(
            **common,
            state=NoticeState.SUPPRESSED,
            attempts=0,
            reason=decision.suppressed,
            rule=decision.rule,
            mandatory=decision.mandatory or None,
            digest=bundle,
            digest_due=decision.digest.due if decision.digest else None,
            digest_fallback=to.fallback if decision.digest else None,
            digest_quiet=_quiet(decision.digest.night) if decision.digest else None,
            incident_id=change.incident_id,
            at=now,
        )
    return NoticeRequested(
        **common,
        case_seq=change.seq,
        fallback=to.fallback,
        language=to.language,
        mandatory=decision.mandatory,
        passes_caps=decision.passes or None,
        template=decision.kind,
        reason=decision.rule,
        requested_at=now,
        not_before=decision.not_before,
        quiet=_quiet(decision.night),
        incident_id=change.incident_id,
    )


def _quiet(night: NightThere | None) -> QuietHours | None:
    if night is None:
        return None
    begins, ends = (one.isoformat("minutes") for one in (night.hours.begins, night.hours.ends))
    return QuietHours(begins=begins, ends=ends, zone=night.zone)
