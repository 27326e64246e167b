"""Chain (I6) and counters (I7) of a run on engines, gathered from its topics and its database."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

from confluent_kafka import Message
from pymongo.database import Database

from schemas import topics
from tests.support.chain import Chain, Link, breaks_of
from tests.support.counters import Counters, mismatches

_ADDS: Final = frozenset({"opened", "contact_added"})


class Balance:
    """``read`` returns what stands on a topic of the table now, for who reads what is committed."""

    def __init__(
        self, database: Database[dict[str, Any]], read: Callable[[str], Sequence[Message]]
    ) -> None:
        self._database = database
        self._read = read
        self._told: dict[str, list[Link]] = {}
        self._added: set[str] = set()
        for body, value in self._bodies(topics.CHANGED.name):
            key = f"{body['tenant']}|{body['case_id']}"
            self._told.setdefault(key, []).append(Link(body["seq"], value))
            if body["kind"] in _ADDS:
                self._added.add(body["contact"]["contact_id"])
        fields = {"n": 1, "seq": 1, "contacts": 1}
        self._documents = {one["_id"]: one for one in database["cases"].find({}, fields)}

    def breaks(self) -> Iterator[str]:
        """I6: say where log, topic and document of a case are not one chain."""
        logs: dict[str, list[tuple[int, list[Link]]]] = {}
        fields = {"case": 1, "n": 1, "events": 1}
        for entry in self._database["case_log"].find({}, fields, sort=[("_id", 1)]):
            links = [Link(event["seq"], event["value"]) for event in entry["events"]]
            logs.setdefault(entry["case"], []).append((entry["n"], links))
        for key in sorted(logs.keys() | self._told.keys() | self._documents.keys()):
            one, told = self._documents.get(key, {}), self._told.get(key, [])
            yield from breaks_of(Chain(key, logs.get(key, []), told, one.get("n"), one.get("seq")))

    def mismatches(
        self, received: Collection[str], dead: Collection[str], decided: int, passed: int
    ) -> Iterator[str]:
        """I7: say which sums do not come out. ``received`` are the sources of what came in,
        ``dead`` those of all dead letters; ``decided`` and ``passed`` count contacts."""
        commands = {_name(body) for body, _ in self._bodies(topics.COMMANDS.name)}
        settled = {_name(body) for body, _ in self._bodies(topics.SETTLED.name)}
        count = Counters(
            received=len(received),
            buried=len(set(received) & set(dead)),
            absorbed=self._database["absorbed"].count_documents({}),
            decided=decided,
            passed=passed,
            added=len(self._added),
            contained=sum(one.get("contacts", 0) for one in self._documents.values()),
            commands=len(commands),
            settled=len(settled),
        )
        yield from mismatches(count)

    def _bodies(self, name: str) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Yield what can be read, with its bytes."""
        for message in self._read(name):
            value = message.value() or b""
            try:
                body = json.loads(value)
            except ValueError:
                continue  # poison, which another check asks for
            if isinstance(body, dict) and "case_id" in body:
                yield body, value


def _name(body: dict[str, Any]) -> tuple[str, str]:
    return body["case_id"], str(body.get("command_id"))
