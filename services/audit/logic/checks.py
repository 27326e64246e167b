"""All checks together: which of them hears of what."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from schemas.dead import REPLAY_OF, from_headers
from schemas.errors import MalformedRecordError
from services.audit.logic.caselog import CaseLogCheck
from services.audit.logic.changes import ChangesCheck
from services.audit.logic.commands import CommandsCheck
from services.audit.logic.contacts import ContactsCheck
from services.audit.logic.documents import DocumentsCheck
from services.audit.logic.findings import Findings
from services.audit.logic.history import History, opened
from services.audit.logic.incidents import IncidentsCheck
from services.audit.logic.merges import MergesCheck
from services.audit.logic.moves import MovesCheck
from services.audit.logic.overdue import Lag, OverdueCheck
from services.audit.logic.payments import PaymentsCheck
from services.audit.logic.places import Places
from services.audit.logic.received import ReceivedCheck
from services.audit.logic.timers import TimersCheck

Feed = Callable[[Any], None]
"""Takes one Kafka record (its topic, partition, offset, key, value and headers are used)."""


class Checks:
    """The checks of one audit. Feed the topics of :meth:`feeds` in that order, then every
    case, then the ledger, the claims, the resubmissions, the timers and the rows of incidents."""

    def __init__(
        self,
        places: Places,
        way: Sequence[Sequence[str]],
        topics: Sequence[str],
        now: datetime,
        payments: PaymentsCheck,
        are_incidents_busy: bool = False,
    ) -> None:
        """``now`` is the instance's time; ``way`` has the real names of received, deduplicated,
        scored and routed, of each those of all its lanes; ``topics`` are commands, settled,
        changed and state; ``payments`` knows the rules of approval."""
        self._places = places
        self._way = way
        self._topics = tuple(topics)
        commands, settled, changed, _ = self._topics
        self._received = ReceivedCheck(places, way[0])
        self._contacts = ContactsCheck(places, way[1])
        self._changes = ChangesCheck(places, changed)
        self._caselog = CaseLogCheck()
        self._documents = DocumentsCheck(places)
        self._commands = CommandsCheck(places, commands, settled)
        self._moves = MovesCheck()
        self._payments = payments
        self._merges = MergesCheck()
        self._incidents = IncidentsCheck(now, are_incidents_busy)
        self._timers = TimersCheck(places)
        self._overdue = OverdueCheck(now)

    def feeds(self) -> list[tuple[str, Feed]]:
        """Return what to read and whom to tell: dead letters first, as they excuse others."""
        commands, settled, changed, state = self._topics
        hops: list[tuple[Callable[[str], None], Feed]] = [
            (self._received.dead, self._on_received),
            (self._contacts.dead, self._on_deduplicated),
            (self._contacts.dead, self._on_passed),
            (self._contacts.dead, self._on_passed),
        ]
        lanes = [
            (name, dead, feed)
            for names, (dead, feed) in zip(self._way, hops, strict=True)
            for name in names
        ]
        return [
            *((f"{name}.dead", self._dead(dead)) for name, dead, _ in lanes),
            (f"{commands}.dead", self._dead(self._commands.dead)),
            *((name, feed) for name, _, feed in lanes),
            (commands, self._on_command),
            (settled, self._on_settled),
            (changed, self._on_changed),
            (state, self._on_state),
        ]

    def case(self, history: History) -> None:
        """Take one case from the database."""
        self._caselog.case(history)
        self._changes.case(history)
        self._contacts.case(history)
        self._documents.case(history)
        self._commands.case(history)
        self._moves.case(history)
        self._payments.case(history)
        self._merges.case(history)
        self._incidents.case(history)
        self._timers.case(history, self._overdue.case(history))

    def policy(self, kind: str, version: str, text: str) -> None:
        """Take one version of a policy; all of them before the first case."""
        self._overdue.policy(kind, version, text)

    def lag(self) -> Lag:
        """Return how late the clocks are, after the last case."""
        return self._overdue.lag()

    def discarded(self, source: str) -> None:
        """What stood at ``source`` was given up, and the dead letter that held it is no more.
        Each check takes note only of sources on its own topics."""
        self._received.dead(source)
        self._contacts.dead(source)
        self._commands.dead(source)

    def timer(self, case_key: str, seq: int, due: int | None) -> None:
        """Take one row of the timers."""
        self._timers.timer(case_key, seq, due)

    def incident(self, place: str, row: Mapping[str, Any]) -> None:
        """Take one row of a place, in order, after the last case."""
        self._incidents.row(place, row)

    def row(self, contact_key: str, source: str, case_key: str, out: bytes) -> None:
        """Take one row of the ledger."""
        self._received.contact(source)
        self._contacts.row(contact_key, source, case_key, out)

    def claim(self, case_key: str) -> None:
        """Take one claim on a waybill, after the last row of the ledger."""
        self._contacts.claim(case_key)

    def absorbed(self, source: str) -> None:
        """Take one resubmission."""
        self._received.absorbed(source)

    def findings(self) -> list[Findings]:
        """Return what each check found, after everything was fed."""
        return [
            self._received.findings(),
            self._contacts.findings(),
            self._changes.findings(),
            self._caselog.findings(),
            self._documents.findings(),
            self._commands.findings(),
            self._moves.findings(),
            self._payments.findings(),
            self._merges.findings(),
            self._incidents.findings(),
            self._timers.findings(),
            self._overdue.findings(),
        ]

    def _place(self, record: Any) -> int:
        return self._places.place(record.topic, record.partition, record.offset)

    def _dead(self, take: Callable[[str], None]) -> Feed:
        def feed(record: Any) -> None:
            with suppress(MalformedRecordError):  # not a worker's: it accounts for nothing
                take(from_headers(record.headers).source)

        return feed

    def _on_received(self, record: Any) -> None:
        self._received.record(record.topic, record.partition, record.offset)

    def _on_deduplicated(self, record: Any) -> None:
        body = opened(record.value) or {}
        contact = body.get("contact")
        contact_id = contact.get("contact_id") if isinstance(contact, dict) else None
        if not (isinstance(contact_id, str) and isinstance(body.get("tenant"), str)):
            self._contacts.unreadable(self._place(record))
            return
        is_replay = any(name == REPLAY_OF for name, _ in record.headers)
        contact_key = f"{body['tenant']}|{contact_id}"
        self._contacts.record(self._place(record), contact_key, record.value, is_replay)

    def _on_passed(self, record: Any) -> None:
        """A contact on its way from dedup to its case."""
        body = opened(record.value) or {}
        scored = body.get("scored", body)
        decision = scored.get("deduplicated") if isinstance(scored, dict) else None
        contact = decision.get("contact") if isinstance(decision, dict) else None
        contact_id = contact.get("contact_id") if isinstance(contact, dict) else None
        if isinstance(contact_id, str):
            self._contacts.passed(self._place(record), f"{body.get('tenant')}|{contact_id}")
        else:
            self._contacts.unreadable(self._place(record))

    def _on_command(self, record: Any) -> None:
        body = opened(record.value) or {}
        command_id = body.get("command_id")
        if isinstance(command_id, str):
            self._commands.sent(self._place(record), _case_key(body), command_id)
        else:
            self._commands.unreadable(self._place(record))

    def _on_settled(self, record: Any) -> None:
        body = opened(record.value) or {}
        self._commands.announced(_case_key(body), str(body.get("command_id")), record.value or b"")

    def _on_changed(self, record: Any) -> None:
        body = opened(record.value) or {}
        seq = body.get("seq")
        if not isinstance(seq, int):
            self._changes.unreadable(self._place(record))
            return
        case_key = _case_key(body)
        if record.key != case_key.encode():
            self._changes.wrong_key(self._place(record))
        self._changes.record(record.partition, case_key, seq, record.value)

    def _on_state(self, record: Any) -> None:
        if record.key is None:
            return
        case_key = record.key.decode(errors="replace")
        if record.value is None:
            self._documents.removed(case_key)
            self._timers.removed(self._place(record), case_key)
        else:
            self._documents.state(case_key, record.value)
            self._timers.state(self._place(record), case_key, opened(record.value) or {})


def _case_key(body: Any) -> str:
    return f"{body.get('tenant')}|{body.get('case_id')}"
