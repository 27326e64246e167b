"""The same sentences over the running case path: real workers, Kafka, MongoDB, a moved clock.

The clock of an instance only goes forward from the machine's, and time passes while a test looks,
so a scenario here has weekdays instead of dates, and what it expects may take effect up to
:data:`MARGIN` after it was due.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka import Producer

from schemas import topics
from schemas.cases import CaseChanged, CaseState, CommandSettled
from schemas.codec import encode
from schemas.keys import case_key, locality_key
from schemas.ledger import PolicyVersions
from schemas.vocabulary import CommandKind
from services.adapters.case_queries import CaseQueries
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.shared_clock import advance, offset_of, open_clock
from services.domain.clocks.account import CaseAccount, account_of
from services.domain.clocks.book import keep_text, open_book
from services.domain.identity import case_id_of
from tests.scenarios.terms import Written
from tests.support.builders import TENANT, a_command, a_contact
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.waiting import always, eventually

MARGIN = timedelta(seconds=40)
_WAYBILLS = count(1)


class StackWorld:
    """One case on the engines; the part of :class:`tests.scenarios.world.World` that sentences
    need."""

    def __init__(
        self, namespace: Namespace, files: Sequence[Path], others: Iterable[Written] = ()
    ) -> None:
        self.timers: WorkerProcess | None = None
        """The process that times the case, where a scenario stops it."""
        self._database = namespace.database
        self._settings = namespace.settings
        self._queries = CaseQueries(namespace.database)
        open_clock(namespace.database, is_movable=True)
        self._producer = Producer(
            {"bootstrap.servers": namespace.settings.kafka, "partitioner": "murmur2_random"}
        )
        archive = MongoPolicyArchive(namespace.database)
        self.book = open_book(archive, *files)
        for other in others:
            for kind, text in texts_of(other).items():
                keep_text(archive, kind, text)
        self._waybill = f"SF14{next(_WAYBILLS):011d}"
        self._numbers = count(1)
        self._case_id = ""
        self._now = datetime.now(UTC)

    # ------------------------------------------------------------------ time

    def move_to(self, moment: datetime) -> None:
        """Move the clock there, and wait until what is due took effect. A moment before the one
        that matters is passed over: it cannot be hit here."""
        if moment.microsecond:
            return
        self._now = moment
        now = datetime.now(UTC) + (offset_of(self._database) or timedelta())
        by = moment - now
        if by > timedelta():
            advance(self._database, by)
            always(lambda: True, during=1.5, describe="each process reads the offset once a second")
        if self._case_id and not self.timers_are_away:
            eventually(lambda: not self._is_due(moment), 40, self._story)

    @property
    def timers_are_away(self) -> bool:
        return self.timers is not None and not self.timers.is_running

    @timers_are_away.setter
    def timers_are_away(self, are_away: bool) -> None:
        assert are_away
        assert self.timers is not None
        self.timers.stop()

    def start_timers(self) -> None:
        assert self.timers is not None
        self.timers.start()

    def catch_up(self) -> None:
        """What is due took effect while the clock was moved."""

    def policies(self, version: str) -> PolicyVersions:
        """Return how a version of a scenario is called by a case."""
        wanted = {"sla": version, "calendars": version}
        return self.book.current.model_copy(update=wanted)

    def _is_due(self, moment: datetime) -> bool:
        key = case_key(TENANT, self._case_id).decode()
        newest = self._database["timers"].find_one({"case": key}, sort=[("seq", -1)])
        if newest is None or newest["seq"] < self.state.seq:
            return True
        micros = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return "stage" in newest and newest["due"] <= micros

    # ------------------------------------------------------------------ what people do

    def contact(
        self, text: str, received_at: datetime | None = None, customer: str = "ann"
    ) -> None:
        """A contact about the parcel comes in."""
        name = f"{self._waybill}-{next(self._numbers)}"
        contact = a_contact(
            name,
            text=text,
            waybill=self._waybill,
            customer=customer,
            received_at=received_at or self._now,
            accepted_at=self._now,
        )
        self._send(topics.RECEIVED.name, locality_key(TENANT, contact.contact_id), contact)
        before = len(self.changes)
        self._case_id = self._case_id or case_id_of(TENANT, contact.contact_id)
        eventually(lambda: len(self.changes) > before, 40, self._story)

    def act(
        self, kind: CommandKind, accepted_at: datetime | None = None, **fields: Any
    ) -> CommandSettled:
        """A clerk acts; accepted at the moment at which the scenario stands unless told."""
        command = a_command(
            kind,
            self._case_id,
            f"{self._waybill}-{next(self._numbers)}",
            issued_at=accepted_at or self._now,
            **fields,
        )
        self._send(topics.COMMANDS.name, case_key(TENANT, self._case_id), command)

        def settled() -> CommandSettled | None:
            return self._queries.settlement(TENANT, self._case_id, command.command_id)

        eventually(lambda: settled() is not None, 40, self._story)
        found = settled()
        assert found is not None
        return found

    def _send(self, topic: str, key: bytes, record: Any) -> None:
        self._producer.produce(self._settings.topic(topic), encode(record), key)
        assert self._producer.flush(60) == 0

    # ------------------------------------------------------------------ what is

    @property
    def changes(self) -> list[CaseChanged]:
        if not self._case_id:
            return []
        return self._queries.history(TENANT, self._case_id, limit=500)

    @property
    def state(self) -> CaseState:
        state = self._queries.case(TENANT, self._case_id)
        assert state is not None
        return state

    @property
    def account(self) -> CaseAccount:
        return account_of(self.changes, self.book, self._now)

    def check_independently(self) -> None:
        """Left to the audit, which looks at all cases at once."""

    def _story(self) -> str:
        return "\n".join(f"{one.at} {one.kind} {one.stage}" for one in self.changes)


def texts_of(written: Written) -> dict[str, str]:
    """Return the policies of a scenario as files hold them."""
    found = {
        "sla": written.sla,
        "calendars": written.calendars,
        "limits": written.limits.model_dump(mode="json"),
    }
    return {
        kind: yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        for kind, content in found.items()
    }


def next_monday(now: datetime) -> datetime:
    """Return the beginning of the next week."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=7 - day.weekday())
