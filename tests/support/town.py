"""All workers of an instance around a catcher of mails, fed and acted on from outside."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from infra.catcher import Catcher
from schemas.codec import encode
from schemas.incidents import IncidentCommand
from schemas.judgements import Correction
from schemas.keys import case_key, locality_key
from schemas.personal import Personal
from schemas.preferences import PreferencesChosen
from schemas.topics import COMMANDS, PLACES, PREFERENCES, RECEIVED
from services.adapters.preferences import MongoPreferences
from services.domain.preferences import Choice, Preferences
from tests.support.builders import a_command, a_contact, sealed
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess

WORKERS = ("sender", "incidents", "notification", "sla", "cases", "routing", "severity", "dedup")
HUB = "东莞分拨"
KEPT = ("contacts", "claims", "absorbed", "notices", "notice_claims", "labels", "preferences")


class Town:
    """A namespace with all of its workers, fed from outside."""

    def __init__(
        self, namespace: Namespace, folder: Path, catcher: Catcher, **environment: str
    ) -> None:
        self.namespace = namespace
        self.catcher = catcher
        mail = {
            "COMPLAINTS_SMTP_HOST": "127.0.0.1",
            "COMPLAINTS_SMTP_PORT": str(catcher.smtp_port),
            **environment,
        }
        self.workers = [WorkerProcess(name, namespace.settings, folder, **mail) for name in WORKERS]
        self._producer = Producer(
            {"bootstrap.servers": namespace.settings.kafka, "partitioner": "murmur2_random"}
        )
        self.ahead = timedelta(0)
        """How far the instance's clock was moved."""
        self._corrected: set[str] = set()

    def start(self) -> None:
        for worker in self.workers:
            worker.start(ready_within=None)

    def stop(self) -> None:
        for worker in reversed(self.workers):
            worker.stop()

    def feed(self, numbers: range, times: int = 1) -> None:
        """Send contacts, four about each parcel, all with an address; a fifth has no parcel."""
        for number in numbers:
            parcel = None if number % 5 == 4 else f"SF13000000{number // 5:05d}"
            contact = a_contact(
                f"c{number}",
                waybill=parcel,
                text=f"快件三天没有更新,请查一下第{number}件。"
                if parcel
                else f"投诉{number}号网点态度",
                customer=f"customer-{number % 90}",
                received_at=datetime.now(UTC) + self.ahead,
                personal=sealed(Personal(email=f"c{number % 90}@example.com")),
                hub=None if parcel else HUB,
            )
            for _ in range(times):
                self._send(RECEIVED, locality_key(contact.tenant, contact.contact_id), contact)

    def acknowledge(self, first: int, last: int, prefix: str) -> None:
        """Let a clerk acknowledge some cases, one of them twice; and one case that is none. Of
        the first one of which he has not yet he says another level."""
        cases = sorted(one["_id"].partition("|")[2] for one in self.database.cases.find({}, {}))
        for case_id in [*cases[first:last], cases[first], "C0NOSUCHCASE"]:
            command = a_command("acknowledge", case_id, f"{prefix}-{case_id}")
            self._send(COMMANDS, case_key(command.tenant, case_id), command)
        said = {"correction": Correction(level=4), "note": "800 yuan"}
        graver = next(one for one in cases[first:] if one not in self._corrected)
        self._corrected.add(graver)
        corrected = a_command("correct", graver, f"{prefix}-corrected", **said)
        self._send(COMMANDS, case_key(corrected.tenant, graver), corrected)

    def open_incident(self) -> None:
        """Let a person open an incident at the hub that some contacts name."""
        word = IncidentCommand.model_validate(
            {"tenant": "default", "hub": HUB, "category": "attitude", "command_id": "open-1",
             "kind": "open", "actor": "clerk:7", "at": datetime.now(UTC)}
        )  # fmt: skip
        self._send(PLACES, f"default|{HUB}|attitude".encode(), word)

    def choose(self, who: str) -> None:
        """Let somebody opt out, as the API does."""
        at = datetime.now(UTC)
        said = PreferencesChosen(tenant="default", who=who, opt_out=True, by="page", at=at)
        self._send(PREFERENCES, f"default|{who}".encode(), said)
        choice = Choice(at, "page", True)
        MongoPreferences(self.database).choose(f"default|{who}", Preferences(opt_out=True), choice)

    def incident(self) -> dict[str, Any]:
        """What the rows of places say of incidents: not what was said to others by the way."""
        fields = {"_id": 1, "n": 1, "state": 1, "changes": 1, "about": 1, "member": 1, "source": 1}
        return {one["_id"]: one for one in self.database["incident_log"].find({}, fields)}

    def members(self) -> int:
        return int(self.database["incident_log"].count_documents({"member.in": True}))

    def _send(self, topic: Any, key: bytes, record: Any) -> None:
        self._producer.produce(self.namespace.topic(topic.name), encode(record), key)
        self._producer.flush(60)

    @property
    def database(self) -> Any:
        return self.namespace.database

    def arrived(self) -> Counter[str]:
        return Counter(caught.id for caught in self.catcher.box.messages())

    def contents(self) -> dict[str, dict[str, Any]]:
        """What the database says that matters to anybody."""
        found = {name: {one["_id"]: one for one in self.database[name].find()} for name in KEPT}
        for row in (*found["absorbed"].values(), *found["notice_claims"].values()):
            row.pop("at_us")
            row.pop("owner", None)
            # Kafka never has an address, not even its index: a reply by short message to a
            # notice from between backup and loss is a contact of its own (ADR 0020).
            row.pop("to", None)
        for row in found["notices"].values():
            row.pop("partition", None)  # which one lets a held notice go only spreads the work
        found["cases"] = {one["_id"]: one.get("value") for one in self.database.cases.find()}
        return found
