"""Contacts and commands as a courier network gets them: seeded, and with a history.

The mix matters for faults: hot parcels, contacts of one case under different record keys
(waybill, person), second complainants, contacts sent twice, commands in between.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from random import Random
from typing import Any, Final

from confluent_kafka import KafkaError, Message, Producer

from schemas import topics
from schemas.cases import CaseCommand
from schemas.codec import encode
from schemas.keys import case_key
from schemas.personal import KeyRing
from schemas.vocabulary import CommandKind
from services.adapters.kafka_reports import trouble_with
from services.api.express import Lanes, load_express
from services.api.forms import ContactForm
from services.api.intake import take
from services.domain.identity import case_id_of, contact_id_of
from services.runtime.settings import Settings
from tests.support.builders import VAULT
from tests.support.said import CHANNELS, COMPLAINTS, ITEMS

TENANT: Final = "default"
_COMMANDS: Final = (
    CommandKind.ACKNOWLEDGE, CommandKind.ASSIGN, CommandKind.NOTE, CommandKind.NOTE,
    CommandKind.RESOLVE, CommandKind.CLOSE, CommandKind.REOPEN,
)  # fmt: skip
_REMEMBERED: Final = 4000


class Kind(StrEnum):
    """What a message is to the system."""

    CONTACT = "contact"
    AGAIN = "again"
    """Sent a second time, word for word: to be absorbed."""
    CONFLICT = "conflict"
    """Something else under a key already used: a dead letter."""
    COMMAND = "command"
    COMMAND_AGAIN = "command_again"


@dataclass(frozen=True, slots=True)
class Sending:
    """A message to be sent. ``token`` is what the case log knows it by; ``form`` is what a
    channel would hand to the API, None for a command."""

    kind: Kind
    topic: str
    key: bytes
    value: bytes
    token: str
    form: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Parcel:
    waybill: str
    customer: str
    text: str
    case_id: str


class Traffic:
    """An endless, repeatable stream of :class:`Sending`."""

    def __init__(self, keys: KeyRing, seed: int = 1, commands: float = 0.05) -> None:
        self._keys = keys
        self._rng = Random(seed)
        self._name = f"load-{seed}"
        self._commands = commands
        self._lanes = Lanes(load_express())
        self._parcels: list[_Parcel] = []
        self._forms: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)
        self._sent: deque[Sending] = deque(maxlen=_REMEMBERED)
        self._count = 0

    def __iter__(self) -> Iterator[Sending]:
        while True:
            yield self.next()

    def next(self) -> Sending:
        """Return the next message."""
        self._count += 1
        roll = self._rng.random()
        if not self._parcels or roll < 0.60:
            return self._first_contact()
        if roll < 0.60 + self._commands:
            return self._command()
        if roll > 0.96 and self._forms:
            return self._sent_twice(self._rng.choice(self._forms), conflicting=roll > 0.998)
        return self._further_contact(roll)

    def hot(self, waybill: str) -> Sending:
        """Return one more contact about ``waybill``, from one of many complainants."""
        self._count += 1
        customer = f"cust-hot-{self._rng.randrange(200)}"
        return self._contact(self._form(self._complaint(), customer, waybill))

    def _first_contact(self) -> Sending:
        number = self._count
        prefix = self._rng.choice(("SF", "YT", "JT"))
        waybill = f"{prefix}{self._rng.randrange(10**12, 9 * 10**12)}"
        text, customer = self._complaint(), f"{self._name}-cust-{number}"
        form = self._form(text, customer, waybill)
        contact_id = contact_id_of(self._keys, TENANT, form["id"])
        self._parcels.append(_Parcel(waybill, customer, text, case_id_of(TENANT, contact_id)))
        return self._contact(form)

    def _further_contact(self, roll: float) -> Sending:
        parcel = self._some_parcel()
        if roll < 0.72:  # by person: another record key than the waybill's
            return self._contact(self._form(f"还是那件事:{parcel.text}", parcel.customer, None))
        if roll < 0.80:
            other = f"{self._name}-other-{self._count}"
            return self._contact(self._form(self._complaint(), other, parcel.waybill))
        if roll < 0.84:  # the waybill only in the text
            text = f"单号{parcel.waybill},{self._complaint()}"
            return self._contact(self._form(text, parcel.customer, None))
        return self._contact(self._form(self._complaint(), parcel.customer, parcel.waybill))

    def _some_parcel(self) -> _Parcel:
        """Return a known parcel, by Zipf's law: the first ones are the talk of the town."""
        return self._parcels[int(len(self._parcels) ** self._rng.random()) - 1]

    def _complaint(self) -> str:
        template, item = self._rng.choice(COMPLAINTS), self._rng.choice(ITEMS)
        return template.format(item=item, day=self._rng.randrange(1, 29))

    def _form(self, text: str, customer: str, waybill: str | None) -> dict[str, Any]:
        form = {
            "id": f"{self._name}-{self._count}",
            "channel": self._rng.choice(CHANNELS),
            "text": text,
            "customer": customer,
            "role": "receiver",
        }
        return form | ({"waybill": waybill} if waybill else {})

    def _contact(self, form: dict[str, Any], kind: Kind = Kind.CONTACT) -> Sending:
        accepted = ContactForm.model_validate(form, strict=False)
        record, key = take(accepted, self._keys, VAULT, TENANT, form["id"], datetime.now(UTC))
        if kind is Kind.CONTACT:
            self._forms.append(form)
        token = f"con:{record.contact_id}"
        lane = self._lanes.choose(record, self._count / 100).topic
        return Sending(kind, lane.name, key, encode(record), token, form)

    def _sent_twice(self, form: dict[str, Any], conflicting: bool) -> Sending:
        if conflicting:
            return self._contact(form | {"text": self._complaint() + "(另一件)"}, Kind.CONFLICT)
        return self._contact(form, Kind.AGAIN)

    def _command(self) -> Sending:
        if self._sent and self._rng.random() < 0.1:
            first = self._rng.choice(self._sent)
            return Sending(Kind.COMMAND_AGAIN, first.topic, first.key, first.value, first.token)
        kind, clerk = self._rng.choice(_COMMANDS), f"clerk:{self._rng.randrange(20)}"
        command = CaseCommand(
            tenant=TENANT,
            case_id=self._some_parcel().case_id,
            command_id=f"{self._name}-{self._count}",
            kind=kind,
            actor=clerk,
            issued_at=datetime.now(UTC),
            assignee=clerk if kind is CommandKind.ASSIGN else None,
            note="已联系网点核实" if kind in (CommandKind.NOTE, CommandKind.RESOLVE) else None,
        )
        key, token = case_key(TENANT, command.case_id), f"cmd:{command.command_id}"
        sending = Sending(Kind.COMMAND, topics.COMMANDS.name, key, encode(command), token)
        self._sent.append(sending)
        return sending


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What Kafka has, and where."""

    sending: Sending
    partition: int
    offset: int


class History:
    """What became of everything that was sent."""

    def __init__(self) -> None:
        self.acknowledged: list[Acknowledged] = []
        self.refused: list[tuple[Sending, str]] = []
        """Not acknowledged: may be on the topic or not; nobody was promised anything."""

    def note(self, sending: Sending, error: KafkaError | None, message: Message) -> None:
        """Take a delivery report."""
        error = trouble_with(error, message)
        if error is not None:
            self.refused.append((sending, error.name()))
            return
        place = Acknowledged(sending, message.partition() or 0, message.offset() or 0)
        self.acknowledged.append(place)

    def count(self, *kinds: Kind) -> int:
        """Return how many of ``kinds`` were acknowledged; of all, when none is named."""
        return sum(1 for one in self.acknowledged if not kinds or one.sending.kind in kinds)


class Sender:
    """An idempotent producer that keeps a history; records are placed as everybody's are."""

    def __init__(self, settings: Settings, **config: Any) -> None:
        self._settings = settings
        self.history = History()
        self._producer = Producer(
            {
                "bootstrap.servers": settings.kafka,
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "linger.ms": 5,
                "delivery.timeout.ms": 90_000,  # outlives a broker's restart
                "queue.buffering.max.messages": 1_000_000,
                "reconnect.backoff.max.ms": 500,
                "log_level": 3,
                **config,
            }
        )

    def send(self, sending: Sending) -> None:
        """Hand over to the client's queue; the outcome goes to the history."""
        self._producer.produce(
            self._settings.topic(sending.topic),
            sending.value,
            sending.key,
            on_delivery=lambda error, message: self.history.note(sending, error, message),
        )
        self._producer.poll(0)

    def flush(self, within: float = 90.0) -> History:
        """Wait until everything is acknowledged or refused."""
        left = self._producer.flush(within)
        assert left == 0, f"{left} records neither acknowledged nor refused within {within:g} s"
        return self.history


class Load:
    """Sends ``per_second`` messages a second from a thread, until left; a context manager."""

    def __init__(self, settings: Settings, traffic: Traffic, per_second: float = 500.0) -> None:
        self._sender = Sender(settings)
        self.history = self._sender.history
        self._traffic = traffic
        self._interval = 1.0 / per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._failure: BaseException | None = None
        self.seconds = 0.0

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> History:
        """Stop sending; return once everything sent has its outcome."""
        self._stop.set()
        self._thread.join()
        if self._failure is not None:
            raise AssertionError("the load broke down") from self._failure
        return self._sender.flush()

    def _run(self) -> None:
        started = due = time.monotonic()
        try:
            while not self._stop.is_set():
                now = time.monotonic()
                while due <= now:
                    self._sender.send(self._traffic.next())
                    due += self._interval
                self._stop.wait(0.005)
        except BaseException as error:  # noqa: BLE001 - reported by stop(), in the test's thread
            self._failure = error
        self.seconds = time.monotonic() - started
