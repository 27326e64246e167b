"""The same sentences over the running case path: real workers, Kafka and MongoDB, and a clock that
stands until the scenario moves it (ADR 0042).

However slow the machine is, no time passes while it works: before the clock is moved on, what is
due has been fired and taken in, so each stage takes effect at its own moment, as in memory.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import yaml
from confluent_kafka import Producer

from schemas import topics
from schemas.cases import CaseChanged, CaseState, CommandSettled
from schemas.codec import encode
from schemas.keys import case_key, locality_key
from schemas.ledger import PolicyVersions
from schemas.vocabulary import Channel, CommandKind
from services.adapters.case_queries import CaseQueries
from services.adapters.instants import from_micros
from services.adapters.mongo import Document
from services.adapters.mongo_notices import to_row
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.shared_clock import let_stand, open_clock
from services.domain.clocks.account import CaseAccount, account_of
from services.domain.clocks.book import keep_text, open_book
from services.domain.identity import case_id_of
from services.domain.notice_store import NoticeRow
from services.domain.policies import parse_yaml
from services.domain.teams import SHIPPED as SHIPPED_TEAMS
from tests.scenarios.terms import Written
from tests.support.builders import TENANT, a_command, a_contact
from tests.support.namespaces import Namespace
from tests.support.waiting import eventually

FILES = ("sla", "calendars", "limits", "teams")
WAYBILL = "SF1400000000001"
WITHIN = 60
T = TypeVar("T")


class Process(Protocol):
    """A worker's process, which a scenario stops and starts."""

    @property
    def is_running(self) -> bool: ...

    def start(self, ready_within: float | None) -> object: ...

    def stop(self) -> int: ...


class StackWorld:
    """One case on the engines; the part of :class:`tests.scenarios.world.World` that sentences
    need."""

    def __init__(
        self,
        namespace: Namespace,
        folder: Path,
        written: Written,
        others: Iterable[Written],
        start: Callable[..., Process],
    ) -> None:
        """``start(name, **policies)`` starts a worker that goes by these files."""
        self._database = namespace.database
        self._settings = namespace.settings
        self._queries = CaseQueries(namespace.database)
        self._files = {kind: folder / f"{kind}.yaml" for kind in FILES}
        self._others = list(others)
        open_clock(namespace.database, is_movable=True)
        self._producer = Producer(
            {"bootstrap.servers": namespace.settings.kafka, "partitioner": "murmur2_random"}
        )
        self._numbers = count(1)
        self._case_id = ""
        self._now: datetime | None = None
        self._starter = start
        self._processes: dict[str, Process] = {}
        self._open_book(written)

    def _open_book(self, written: Written) -> None:
        for kind, text in _texts(written).items():
            self._files[kind].write_text(text, encoding="utf-8")
        archive = MongoPolicyArchive(self._database)
        self.book = open_book(archive, *self._files.values())
        for other in self._others:
            for kind, text in _texts(other).items():
                keep_text(archive, kind, text)

    # ------------------------------------------------------------------ time

    @property
    def now(self) -> datetime:
        assert self._now is not None, "time begins with the first move"
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Let time pass; whatever comes due on the way takes effect when it does."""
        if self._now is None:
            self._set_clock(moment)
            self._start("dedup", "severity", "routing", "cases", "sla", "notification")
        while self._case_id and not self.timers_are_away:
            due = self._next_due()
            if due is None or due > moment:
                break
            before = self._armed()["seq"]
            self._set_clock(max(due, self.now))
            self._eventually(partial(self._is_armed_after, before))
        self._set_clock(moment)

    def _set_clock(self, moment: datetime) -> None:
        assert self._now is None or moment >= self._now, f"{moment} lies before {self._now}"
        let_stand(self._database, moment)
        self._now = moment

    def _next_due(self) -> datetime | None:
        """When the case's armed timer is due; None where nothing will happen by itself."""
        self._eventually(lambda: self._armed()["seq"] >= self.changes[-1].seq)
        armed = self._armed()
        return from_micros(armed["due"]) if "stage" in armed else None

    def _armed(self) -> Document:
        key = case_key(TENANT, self._case_id).decode()
        newest = self._database["timers"].find_one({"case": key}, sort=[("seq", -1)])
        return newest or {"seq": 0}

    def _is_armed_after(self, seq: int) -> bool:
        return bool(self._armed()["seq"] > seq)

    @property
    def timers_are_away(self) -> bool:
        return not self._processes["sla"].is_running

    @timers_are_away.setter
    def timers_are_away(self, are_away: bool) -> None:
        assert are_away
        self._processes["sla"].stop()

    def start_timers(self) -> None:
        self._processes["sla"].start(ready_within=None)

    def catch_up(self) -> None:
        """Let everything that is overdue take effect."""
        self.move_to(self.now)

    def come_into_force(self, written: Written) -> None:
        """Another policy stands in the files when the workers that read them start again."""
        for name in ("sla", "cases"):
            self._processes[name].stop()
        self._open_book(written)
        self._start("cases", "sla")

    def _start(self, *names: str) -> None:
        policies = {
            f"COMPLAINTS_{kind.upper()}_POLICY": str(at) for kind, at in self._files.items()
        }
        for name in names:
            self._processes[name] = self._starter(name, **policies)

    def policies(self, version: str) -> PolicyVersions:
        """Return how a version of a scenario is called by a case."""
        wanted = {"sla": version, "calendars": version}
        return self.book.current.model_copy(update=wanted)

    # ------------------------------------------------------------------ what people do

    def contact(
        self,
        text: str,
        received_at: datetime | None = None,
        customer: str = "ann",
        channel: Channel = Channel.PHONE,
    ) -> None:
        """A contact about the parcel comes in."""
        contact = a_contact(
            f"contact-{next(self._numbers)}",
            text=text,
            waybill=WAYBILL,
            customer=customer,
            channel=channel,
            received_at=received_at or self.now,
            accepted_at=self.now,
        )
        before = len(self.changes)
        self._send(topics.RECEIVED.name, locality_key(TENANT, contact.contact_id), contact)
        self._case_id = self._case_id or case_id_of(TENANT, contact.contact_id)
        self._eventually(lambda: len(self.changes) > before)

    def act(
        self, kind: CommandKind, accepted_at: datetime | None = None, **fields: Any
    ) -> CommandSettled:
        """A clerk acts; accepted at the moment at which the scenario stands unless told."""
        command = a_command(
            kind,
            self._case_id,
            f"cmd-{next(self._numbers)}",
            issued_at=accepted_at or self.now,
            **fields,
        )
        self._send(topics.COMMANDS.name, case_key(TENANT, self._case_id), command)
        return self._eventually(
            lambda: self._queries.settlement(TENANT, self._case_id, command.command_id)
        )

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
        seq = self.changes[-1].seq

        def read() -> CaseState | None:
            state = self._queries.case(TENANT, self._case_id)
            return state if state is not None and state.seq >= seq else None

        return self._eventually(read)

    @property
    def account(self) -> CaseAccount:
        return account_of(self.changes, self.book, self.now)

    def told(self, is_wanted: Callable[[NoticeRow], bool], kind: str) -> set[str]:
        """Return what those who are wanted were told of, once ``kind`` is among it."""

        def kinds() -> set[str]:
            rows = (to_row(one) for one in self._database["notices"].find())
            return {row.told.kind for row in rows if is_wanted(row)}

        self._eventually(lambda: kind in kinds())
        return kinds()

    def check_independently(self) -> None:
        """Left to the audit, which looks at all cases at once."""

    def _eventually(self, condition: Callable[[], T | Literal[False] | None]) -> T:
        return eventually(condition, WITHIN, self._story)

    def _story(self) -> str:
        return "\n".join(f"{one.at} {one.kind} {one.stage}" for one in self.changes)


def _texts(written: Written) -> dict[str, str]:
    """Return the policies of a scenario as files hold them."""
    contents = (
        written.sla,
        written.calendars,
        written.limits.model_dump(mode="json"),
        _teams(written),
    )
    return {
        kind: yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        for kind, content in zip(FILES, contents, strict=True)
    }


def _teams(written: Written) -> dict[str, Any]:
    """Return the shipped teams, with the hours that a scenario gives them: both files say them."""
    teams: dict[str, Any] = parse_yaml(SHIPPED_TEAMS.read_text(encoding="utf-8"))
    hours = written.sla.get("team_calendars")
    if hours is not None:
        teams["version"] = f"teams-{written.sla['version']}"
        for name, team in teams["teams"].items():
            team["calendar"] = hours.get(name, hours["default"])
    return teams
