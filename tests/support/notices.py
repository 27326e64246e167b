"""Many notices to send, as if they had been decided: contacts, decisions and requests."""

from collections.abc import Sequence

from schemas import topics
from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.keys import case_key
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.notices import NoticeRequested
from schemas.personal import Personal
from schemas.vocabulary import CaseStatus, ChangeKind
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_notices import MongoNoticeStore
from services.domain import identity
from services.domain.case_store import LogEntry, LoggedEvent
from services.domain.dedup_store import ContactRow
from services.domain.notice_store import NoticeRow, Told
from services.notification.logic import notice_id_of
from tests.support.builders import NOON, TENANT, a_contact, a_deduplicated, sealed
from tests.support.namespaces import Namespace
from tests.support.traffic import Kind, Sender, Sending

PIECE = 1000
TEAM = "team:claims"


def requests(
    namespace: Namespace,
    numbers: Sequence[int],
    channel: NoticeChannel,
    mandatory: bool = True,
    fallback: tuple[NoticeChannel, ...] = (),
) -> list[NoticeRequested]:
    """Store a contact and a decision for each number; return the requests."""
    made: list[NoticeRequested] = []
    for start in range(0, len(numbers), PIECE):
        made += _piece(namespace, numbers[start : start + PIECE], channel, mandatory, fallback)
    return made


def _piece(
    namespace: Namespace,
    numbers: Sequence[int],
    channel: NoticeChannel,
    mandatory: bool,
    fallback: tuple[NoticeChannel, ...],
) -> list[NoticeRequested]:
    contacts, rows, made = [], [], []
    for number in numbers:
        personal = Personal(email=f"c{number}@example.com", phone=f"138{number:08d}")
        contact = a_contact(f"{channel}-{number}", customer=None, personal=sealed(personal))
        record = a_deduplicated(contact)
        contacts.append(_contact_row(record.case_id, contact.contact_id, encode(record)))
        recipient = f"contact:{contact.contact_id}"
        notice = NoticeRequested(
            tenant=TENANT,
            case_id=record.case_id,
            notice_id=notice_id_of(TENANT, record.case_id, 1, "acknowledgement", recipient),
            case_seq=1,
            kind=NoticeKind.ACKNOWLEDGEMENT,
            recipient=recipient,
            channel=channel,
            fallback=fallback,
            mandatory=mandatory,
            template="texts/acknowledgement/zh",
            reason="first_contact",
            requested_at=NOON,
        )
        key = case_key(TENANT, record.case_id).decode()
        told = Told(
            contact.contact_id, 1, notice.kind, NOON, True, contact.contact_id, channel, "zh"
        )
        rows.append(NoticeRow(notice.notice_id, key, f"made:0:{number}", told, encode(notice)))
        made.append(notice)
    MongoDedupStore(namespace.database).insert_rows(contacts)
    MongoNoticeStore(namespace.database).insert(rows)
    return made


def team_requests(namespace: Namespace, numbers: Sequence[int]) -> list[NoticeRequested]:
    """Store a reopened case and the decision to tell its team for each number; return the
    requests, which go to the team's chat and must be told."""
    entries, rows, made = [], [], []
    for number in numbers:
        case_id = identity.case_id_of(TENANT, f"chat-{number}")
        key, source = case_key(TENANT, case_id).decode(), f"made:1:{number}"
        change = CaseChanged(
            tenant=TENANT, case_id=case_id, seq=1, at=NOON, kind=ChangeKind.REOPENED,
            actor="system", status=CaseStatus.RECEIVED, level=2,
        )  # fmt: skip
        event = LoggedEvent(1, source, encode(change))
        entries.append(LogEntry(key, 1, NOON, (source,), (), (event,)))
        notice = NoticeRequested(
            tenant=TENANT,
            case_id=case_id,
            notice_id=notice_id_of(TENANT, case_id, 1, "assigned", TEAM),
            case_seq=1,
            kind=NoticeKind.ASSIGNED,
            recipient=TEAM,
            channel=NoticeChannel.CHAT,
            fallback=(),
            mandatory=True,
            template="texts/assigned/zh",
            reason="reopened_team",
            requested_at=NOON,
        )
        told = Told(None, 1, notice.kind, NOON, True, TEAM, NoticeChannel.CHAT, "zh")
        rows.append(NoticeRow(notice.notice_id, key, source, told, encode(notice)))
        made.append(notice)
    MongoCaseStore(namespace.database).append(entries)
    MongoNoticeStore(namespace.database).insert(rows)
    return made


def put(namespace: Namespace, notices: Sequence[NoticeRequested]) -> None:
    """Put requests on their topic."""
    sender = Sender(namespace.settings)
    for notice in notices:
        key = case_key(notice.tenant, notice.case_id)
        sender.send(
            Sending(Kind.CONTACT, topics.NOTICES.name, key, encode(notice), notice.notice_id)
        )
    sender.flush()


def _contact_row(case_id: str, contact_id: str, out: bytes) -> ContactRow:
    return ContactRow(
        key=f"{TENANT}|{contact_id}",
        tenant=TENANT,
        contact_id=contact_id,
        source=f"made:0:{contact_id}",
        digest="d",
        case_id=case_id,
        relation="new",
        person=None,
        received_at=NOON,
        tracking=contact_id[:23],
        grams=(),
        out=out,
    )
