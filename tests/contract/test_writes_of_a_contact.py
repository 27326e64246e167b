"""What a contact costs MongoDB: inserts nearly everywhere, and an update of its case. Counted as
the server is asked, over the handlers of the path; the figures do not depend on the machine."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import pytest
from pymongo import MongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from bench.handlers import handlers, in_mongo, through
from services.adapters.clock import SystemClock
from services.runtime.records import Outbound
from tests.support.builders import KEYS
from tests.support.namespaces import Namespace
from tests.support.traffic import Traffic

CONTACTS: Final = 400
BATCH: Final = 100
MOST_DOCUMENTS: Final = 5.5
"""A contact, from dedup to the decisions whom to tell: 5.1 when this was written."""
MOST_UPDATES: Final = 0.15
"""Of these: a case that a later batch adds to (0.11)."""
MOST_COMMANDS: Final = 12
"""A batch, over all handlers (9.8)."""


class Writes(CommandListener):
    """Documents by operation and collection, and the commands that carried them."""

    PARTS: Final = {"insert": "documents", "update": "updates", "delete": "deletes"}

    def __init__(self) -> None:
        self.documents: Counter[tuple[str, str]] = Counter()
        self.commands = 0

    def started(self, event: CommandStartedEvent) -> None:
        part = self.PARTS.get(event.command_name)
        if part is not None:
            collection = event.command[event.command_name]
            self.documents[event.command_name, collection] += len(event.command[part])
            self.commands += 1

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


@pytest.fixture
def writes(namespace: Namespace) -> Iterator[Writes]:
    """The writes of some hundred contacts on their way to the decision whom to tell."""
    heard = Writes()
    settings = namespace.settings
    with MongoClient[dict[str, Any]](settings.mongo, event_listeners=[heard]) as client:
        traffic = islice(Traffic(KEYS, seed=1, commands=0.0), CONTACTS)
        flow = [Outbound(one.topic, one.key, one.value) for one in traffic]
        over = in_mongo(client[settings.database])
        heard.documents.clear()
        heard.commands = 0
        for name, (topic, handler) in handlers(SystemClock(), over).items():
            mine = [record for record in flow if record.topic == topic]
            flow += through(name, topic, handler, mine, BATCH)[0]
        yield heard


def test_everything_is_inserted_but_the_newer_form_of_a_case(writes: Writes) -> None:
    updated = {what for what, _ in writes.documents} - {"insert"}
    assert updated == {"update"}
    assert [where for what, where in writes.documents if what == "update"] == ["cases"]
    documents = sum(writes.documents[what, "cases"] for what in ("insert", "update"))
    assert documents == writes.documents["insert", "case_log"]  # one write for each entry
    assert writes.documents["update", "cases"] <= MOST_UPDATES * CONTACTS


def test_a_contact_costs_few_documents_and_a_batch_few_commands(writes: Writes) -> None:
    assert sum(writes.documents.values()) <= MOST_DOCUMENTS * CONTACTS
    assert writes.commands <= MOST_COMMANDS * CONTACTS / BATCH
