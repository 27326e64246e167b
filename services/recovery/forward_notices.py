"""Rolling notices forward: who was to be told, and whoever was told is not told again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.notice_words import NoticeKind, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled
from schemas.topics import NOTICES, NOTICES_SETTLED
from services.adapters.instants import from_micros
from services.adapters.kafka_admin import committed_offsets
from services.adapters.mongo import Document
from services.adapters.mongo_asides import MongoAsideStore
from services.adapters.mongo_notices import MongoNoticeStore
from services.adapters.mongo_sends import MongoSendStore
from services.audit.logic.places import Span
from services.domain.aside_store import Aside
from services.domain.languages import language_of
from services.domain.notice_fates import end_of
from services.domain.notice_store import NoticeRow, Told
from services.domain.send_store import Claim, Outcome, Result
from services.domain.unreached import is_unreached
from services.notification.logic import DAILY_MARK, notice_id_of
from services.notification.writing import digest_row
from services.recovery.tail import Tail

OWNER: Final = "restore"
_CONTACT: Final = "contact:"
_AT_A_TIME: Final = 500
Notice = NoticeRequested | NoticeSettled


class NoticesForward:
    """See :meth:`run`. ``in_flight`` is how many notices a sender may have had in hand."""

    def __init__(self, tail: Tail, in_flight: int) -> None:
        self._tail = tail
        self._in_flight = in_flight
        self._notices = MongoNoticeStore(tail.database)
        self._sends = MongoSendStore(tail.database)
        self._asides = MongoAsideStore(tail.database)
        self.in_doubt = 0
        """How many may have been on their way when the database was lost."""

    def run(self) -> int:
        """Write what was decided and how it ended; return how many notices were decided."""
        count = 0
        for records in self._tail.read(self._tail.produced(NOTICES), "notices"):
            for some in _pieces(records):
                count += self._decided(_read(NoticeRequested, some))
        for records in self._tail.read(self._tail.produced(NOTICES_SETTLED), "ends of notices"):
            for some in _pieces(records):
                count += self._ended(_read(NoticeSettled, some))
        self._doubt()
        self._aside()
        return count

    def _decided(self, records: Sequence[tuple[Notice, bytes]]) -> int:
        people = self._people([record for record, _ in records])
        rows = []
        for record, value in records:
            seq = record.case_seq if isinstance(record, NoticeRequested) else self._seq_of(record)
            if seq is not None:
                rows.append(self._row(record, seq, value, people))
        if rows:
            self._notices.insert(rows)
        if digests := [digest for row in rows if (digest := digest_of(row)) is not None]:
            self._notices.insert(digests)
        return len(rows)

    def _ended(self, records: Sequence[tuple[Notice, bytes]]) -> int:
        """Write the ends of the sender, and the decisions of notification that nobody is told."""
        ids = [record.notice_id for record, _ in records]
        known = {
            row["_id"]: row
            for row in self._tail.database["notices"].find({"_id": {"$in": ids}}, {"requested": 1})
        }
        untold = [(r, value) for r, value in records if r.notice_id not in known]
        sent = [r for r, _ in records if known.get(r.notice_id, {}).get("requested")]
        self._attempted([r for r in sent if isinstance(r, NoticeSettled)])
        # One that waited on a lane at the time of the backup was told since: not once more.
        self._asides.take_away(r.notice_id for r in sent)
        return self._decided(untold) if untold else 0

    def _attempted(self, ends: Sequence[NoticeSettled]) -> None:
        claims: list[Claim] = []
        results: list[Result] = []
        for end in ends:
            key = case_key(end.tenant, end.case_id).decode()
            claims.extend(
                Claim(end.notice_id, attempt, key, end.channel, OWNER, end.at, texts=end.texts)
                for attempt in range(1, _claimed(end) + 1)
            )
            results.extend(_results(end))
        if claims:
            self._sends.claim(claims)
        if results:
            self._sends.record(results)

    def _doubt(self) -> None:
        """Claim what the sender may have had in hand: the first notices that it has not
        committed. Whoever is told twice then is told so by rule, and counted."""
        group = self._tail.settings.group("sender")
        name = self._tail.settings.topic(NOTICES.name)
        at = committed_offsets(self._tail.admin, group)
        spans = {
            spot: Span(at.get(spot, 0), span.end)
            for spot, span in self._tail.produced(NOTICES).items()
            if spot.topic == name and at.get(spot, 0) < span.end
        }
        first: dict[int, list[NoticeRequested]] = {}
        for records in self._tail.reader.read(spans):
            kept = first.setdefault(records[0].partition, [])
            kept += [
                r for r, _ in _read(NoticeRequested, records) if isinstance(r, NoticeRequested)
            ]
            del kept[self._in_flight :]
        waiting = [notice for notices in first.values() for notice in notices]
        tried = self._sends.attempts(notice.notice_id for notice in waiting)
        claims = [_doubtful(notice) for notice in waiting if notice.notice_id not in tried]
        if claims:
            self._sends.claim(claims)
        self.in_doubt = len(claims)

    def _aside(self) -> None:
        """Let those wait on lanes again that the sender had committed and not ended: they may be
        on their way, and are claimed for that."""
        name = self._tail.settings.topic(NOTICES.name)
        at = committed_offsets(self._tail.admin, self._tail.settings.group("sender"))
        spans = {
            spot: Span(span.start, min(span.end, at.get(spot, 0)))
            for spot, span in self._tail.produced(NOTICES).items()
            if spot.topic == name and at.get(spot, 0) > span.start
        }
        for records in self._tail.reader.read(spans):
            for some in _pieces(records):
                self._lay_aside(_read(NoticeRequested, some), some[0].partition)

    def _lay_aside(self, records: Sequence[tuple[Notice, bytes]], partition: int) -> None:
        asked = [
            (record, value)
            for record, value in records
            if isinstance(record, NoticeRequested) and record.not_before is None
        ]
        tried = self._sends.attempts(record.notice_id for record, _ in asked)
        left = [
            (record, value)
            for record, value in asked
            if end_of(tried.get(record.notice_id, [])) is None
        ]
        if not left:
            return
        rows = [
            Aside(r.notice_id, r.channel, partition, r.requested_at, value) for r, value in left
        ]
        self._asides.put(rows)
        claims = [_doubtful(r) for r, _ in left if r.notice_id not in tried]
        if claims:
            self._sends.claim(claims)
            self.in_doubt += len(claims)

    # ------------------------------------------------------------------ one decision

    def _people(self, records: Sequence[Notice]) -> dict[str, ContactDeduplicated]:
        """Return the contacts whose complainants were told, by ``<tenant>|<contact id>``."""
        wanted = {
            f"{record.tenant}|{record.recipient.removeprefix(_CONTACT)}"
            for record in records
            if record.recipient.startswith(_CONTACT)
        }
        found = self._tail.database["contacts"].find({"_id": {"$in": sorted(wanted)}}, {"out": 1})
        return {row["_id"]: decode(ContactDeduplicated, row["out"]) for row in found}

    def _seq_of(self, record: NoticeSettled) -> int | None:
        """Return the change that a notice which nobody got was about: its id names it."""
        prefix = f"e|{case_key(record.tenant, record.case_id).decode()}|"
        for change in self._tail.finds.beginning(prefix):
            seq = int(change["seq"])
            told = notice_id_of(record.tenant, record.case_id, seq, record.kind, record.recipient)
            if told == record.notice_id.removesuffix(DAILY_MARK):
                return seq
        return None

    def _row(
        self, record: Notice, seq: int, value: bytes, people: Mapping[str, ContactDeduplicated]
    ) -> NoticeRow:
        key = case_key(record.tenant, record.case_id).decode()
        mark = f"e|{key}|{seq:08}"
        change: Document = self._tail.finds.get([mark]).get(mark, {})
        is_requested = isinstance(record, NoticeRequested)
        made_at = record.requested_at if isinstance(record, NoticeRequested) else record.at
        who, contact_id, language = _whom(record, people)
        told = Told(
            who=who,
            seq=seq,
            kind=record.kind,
            at=from_micros(change["at_us"]) if change else made_at,
            is_requested=is_requested,
            contact_id=contact_id,
            channel=record.channel,
            language=record.language if isinstance(record, NoticeRequested) else language,
        )
        source = str(change.get("source") or f"restored:0:{seq}")
        held = record.not_before if isinstance(record, NoticeRequested) else None
        ended = record if isinstance(record, NoticeSettled) else None
        # The list of partition 0: which one says that the time has come only spreads the work.
        # Staff that was told by itself is counted, so that a storm is known as one.
        goes_alone = who is None and is_requested and record.kind is not NoticeKind.DIGEST
        return NoticeRow(
            record.notice_id,
            key,
            source,
            told,
            value,
            due=held,
            digest=ended.digest if ended else None,
            digest_due=ended.digest_due if ended else None,
            to=record.recipient if goes_alone else None,
            decided_at=made_at if goes_alone else None,
            unreached_at=made_at if ended and is_unreached(ended) else None,
        )


def digest_of(bundled: NoticeRow) -> NoticeRow | None:
    """Return the digest that is to tell of a bundled notice, to be written where it is not there
    yet: whoever asked for it first, for a notice of another case, may have died before it was
    said, and decide otherwise when it decides again."""
    if bundled.digest is None or bundled.digest_due is None:
        return None
    policy = decode(NoticeSettled, bundled.out).policy
    return digest_row(bundled, bundled.partition, policy or "")


def _whom(record: Notice, people: Mapping[str, ContactDeduplicated]) -> tuple[str | None, str, str]:
    """Return who was told, by which contact, in which language."""
    if not record.recipient.startswith(_CONTACT):
        return None, record.recipient, "zh"
    contact_id = record.recipient.removeprefix(_CONTACT)
    decision = people.get(f"{record.tenant}|{contact_id}")
    if decision is None:
        return contact_id, contact_id, "zh"
    said = decision.contact
    return said.person or contact_id, contact_id, language_of(said.facts.language, said.text)


def _doubtful(notice: NoticeRequested) -> Claim:
    """Return the claim of whoever may have been sending it."""
    key = case_key(notice.tenant, notice.case_id).decode()
    return Claim(notice.notice_id, 1, key, notice.channel, OWNER, notice.requested_at)


def _claimed(end: NoticeSettled) -> int:
    """Return how many attempts to write: those that may have arrived, and one that surely did
    not where a provider said no."""
    return end.attempts + (end.state is NoticeState.FAILED)


def _results(end: NoticeSettled) -> Iterator[Result]:
    """Yield results that add up to this end."""
    reason = end.reason or ""
    doubts = end.attempts - (end.state is NoticeState.SENT)
    for attempt in range(1, doubts + 1):
        yield Result(end.notice_id, attempt, Outcome.UNKNOWN, "", end.at)
    match end.state:
        case NoticeState.SENT:
            yield Result(end.notice_id, end.attempts, Outcome.SENT, reason, end.at)
        case NoticeState.FAILED:
            yield Result(end.notice_id, end.attempts + 1, Outcome.FAILED, reason, end.at)
        case NoticeState.SUPPRESSED:
            yield Result(end.notice_id, 0, Outcome.SUPPRESSED, reason, end.at)
        case _:
            yield Result(end.notice_id, 0, Outcome.GIVEN_UP, reason, end.at)


def _read(
    kind: type[NoticeRequested] | type[NoticeSettled], records: Sequence[Any]
) -> list[tuple[Notice, bytes]]:
    found: list[tuple[Notice, bytes]] = []
    for record in records:
        with suppress(MalformedRecordError):
            found.append((decode(kind, record.value), record.value))
    return found


def _pieces(records: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(records), _AT_A_TIME):
        yield records[begin : begin + _AT_A_TIME]
