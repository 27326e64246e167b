"""What the judge looks at, read as anyone outside would: bytes, JSON, nothing of the workers."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

from schemas import topics
from schemas.dead import REPLAY_OF
from services.runtime.records import Inbound
from tests.simulation.run import Run

Body = dict[str, Any]
RECEIVED: Final = topics.RECEIVED.name
DEDUPLICATED: Final = topics.DEDUPLICATED.name
SCORED: Final = topics.SCORED.name
ROUTED: Final = topics.ROUTED.name
COMMANDS: Final = topics.COMMANDS.name
CHANGED: Final = topics.CHANGED.name
SETTLED: Final = topics.SETTLED.name
STATE: Final = topics.STATE.name
FIRED: Final = topics.FIRED.name
NOTICES: Final = topics.NOTICES.name
RECEIPTS: Final = topics.RECEIPTS.name
NOTICES_SETTLED: Final = topics.NOTICES_SETTLED.name
LANES: Final = {
    topic.name: topics.lane_names(topic)
    for topic in (topics.RECEIVED, topics.DEDUPLICATED, topics.SCORED, topics.ROUTED)
}
"""The topics a contact passes, in order, each with its express twin."""
_STAMPS: Final = ("accepted_at", "received_at", "tracking", "personal")


@lru_cache(4096)
def body_of(value: bytes | None) -> Body | None:
    """Return the JSON object in ``value``; None when there is none. Read once for all questions
    of the judge, who changes none of it."""
    try:
        body = json.loads(value or b"")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def content_of(contact: Body) -> str:
    """Return what a contact says, without what two sendings of it may differ in."""
    return json.dumps({k: v for k, v in contact.items() if k not in _STAMPS}, sort_keys=True)


def key_of(body: Body) -> str:
    return f"{body['tenant']}|{body['case_id']}"


def is_replay(record: Inbound) -> bool:
    """Return whether an operator sent it, from the dead letters."""
    return any(name == REPLAY_OF for name, _ in record.headers)


def source_of(record: Inbound) -> str:
    return f"{record.topic_id}:{record.partition}:{record.offset}"


@dataclass(frozen=True)
class Evidence:
    """One run, read once."""

    run: Run
    _topics: dict[str, list[Inbound]] = field(default_factory=dict)

    def topic(self, name: str) -> list[Inbound]:
        """Return what a reader of committed records sees, by partition, in order; of a topic
        with two lanes both."""
        found = self._topics.get(name)
        if found is None:
            read = self.run.world.broker.committed_records
            lanes = LANES.get(name, (name,))
            found = self._topics[name] = [record for lane in lanes for record in read(lane)]
        return found

    @cached_property
    def dead(self) -> dict[str, list[Inbound]]:
        """Dead letters by the source they name."""
        found: dict[str, list[Inbound]] = defaultdict(list)
        names = [lane for topic in LANES for lane in LANES[topic]]
        for name in (*names, COMMANDS):
            for letter in self.topic(f"{name}.dead"):
                facts = {key: value.decode() for key, value in letter.headers}
                place = [facts[f"dead.{part}"] for part in ("topic_id", "partition", "offset")]
                found[":".join(place)].append(letter)
        return dict(found)

    @cached_property
    def mended(self) -> set[str]:
        """The sources that died of a defect, which an operator replayed after mending it."""
        return {
            source
            for source, letters in self.dead.items()
            if ("dead.reason", b"handler_error") in letters[0].headers
        }

    @cached_property
    def contacts(self) -> dict[str, list[tuple[str, Body]]]:
        """Readable contacts with their sources, by ``<tenant>|<contact id>``."""
        found: dict[str, list[tuple[str, Body]]] = defaultdict(list)
        for record in self.topic(RECEIVED):
            body = body_of(record.value)
            if body is not None and "contact_id" in body:
                name = f"{body['tenant']}|{body['contact_id']}"
                found[name].append((source_of(record), body))
        return dict(found)

    @cached_property
    def changes(self) -> dict[str, list[tuple[Body, bytes]]]:
        """``cases.changed`` by case, in the order in which it stands there."""
        found: dict[str, list[tuple[Body, bytes]]] = defaultdict(list)
        for record in self.topic(CHANGED):
            body = body_of(record.value)
            assert body is not None
            assert record.key == key_of(body).encode()
            found[key_of(body)].append((body, record.value or b""))
        return dict(found)

    @cached_property
    def histories(self) -> dict[str, list[Body]]:
        """Each case's changes without what a subscriber drops (``seq <= last``)."""
        histories: dict[str, list[Body]] = {}
        for case, changes in self.changes.items():
            history = histories.setdefault(case, [])
            for body, _ in changes:
                if not history or body["seq"] > history[-1]["seq"]:
                    history.append(body)
        return histories

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """The contacts of each case, by its changes, in order; those of an appeal stand in the
        case that it is about."""
        return {
            case: [
                f"{body['tenant']}|{body['contact']['contact_id']}"
                for body in history
                if body["kind"] in ("opened", "contact_added")
            ]
            for case, history in self.histories.items()
            if history[0]["kind"] != "appeal_opened"
        }

    @cached_property
    def settlements(self) -> dict[tuple[str, str], list[tuple[Body, bytes]]]:
        """What was announced, by case and command id."""
        found: dict[tuple[str, str], list[tuple[Body, bytes]]] = defaultdict(list)
        for record in self.topic(SETTLED):
            body = body_of(record.value)
            assert body is not None
            found[key_of(body), body["command_id"]].append((body, record.value or b""))
        return dict(found)

    @cached_property
    def commands(self) -> dict[tuple[str, str], list[tuple[str, Body]]]:
        """Readable commands under the right key with their sources, by case and id."""
        found: dict[tuple[str, str], list[tuple[str, Body]]] = defaultdict(list)
        for record in self.topic(COMMANDS):
            body = body_of(record.value)
            if source_of(record) in self.mended:
                continue  # its replay counts
            if body is not None and "command_id" in body and record.key == key_of(body).encode():
                found[key_of(body), body["command_id"]].append((source_of(record), body))
        return dict(found)
