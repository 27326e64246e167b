"""Nothing that lies or travels says who complained, and who has not the key waits."""

import base64
import re
from collections.abc import Callable, Iterator

import bson
import httpx
import pytest

from infra.catcher import Catcher
from schemas.topics import TOPICS
from services.runtime.settings import OPENERS
from tests.integration.test_notices import Office, catcher, office
from tests.support.builders import VAULT
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.topics_now import read_all
from tests.support.waiting import eventually

__all__ = ["catcher", "office"]
pytestmark = [pytest.mark.timeout(180)]
StartWorker = Callable[..., WorkerProcess]
WHO = {
    "customer": "kunde-471147",
    "name": "欧阳清风",
    "phone": "13912345678",
    "email": "ouyang@post.example",
    "address": "上海市静安区南京西路8888号",
}
OTHER = f"k9:{bytes(range(100, 132)).hex()}"


def everything(namespace: Namespace) -> Iterator[bytes]:
    """Yield each record and document there is, and what is encoded in it."""
    database = namespace.database
    documents = (one for name in database.list_collection_names() for one in database[name].find())
    records = (record for topic in TOPICS for record in read_all(namespace, topic.name))
    parts = (part for record in records for part in (record.key(), record.value()) if part)
    for raw in (*map(bson.encode, documents), *parts):
        yield raw
        for word in re.findall(rb"[A-Za-z0-9+/]{40,}", raw):
            yield base64.b64decode(word[: len(word) // 4 * 4])


def test_who_complained_stands_nowhere_and_is_written_to(
    office: Office, catcher: Catcher, start_worker: StartWorker, namespace: Namespace
) -> None:
    api = start_worker("api")
    for name in ("dedup", "cases"):
        start_worker(name, COMPLAINTS_PERSONAL_KEYS="")
    office.notification(COMPLAINTS_PERSONAL_KEYS="")
    office.sender()
    form = WHO | {"id": "a1", "channel": "web", "text": "还没有到", "waybill": "SF1300000000001"}
    url = f"http://127.0.0.1:{api.api_port}/v1/contacts"
    assert httpx.post(url, json=form, trust_env=False).status_code == 202
    (mail,) = eventually(lambda: catcher.box.messages("smtp"), within=60)
    assert mail.to == WHO["email"]
    secrets = [value.encode() for value in WHO.values()]
    seen = list(everything(namespace))
    assert len(seen) > 10
    assert not [raw for raw in seen if any(secret in raw for secret in secrets)]


@pytest.mark.parametrize("name", sorted(OPENERS))
def test_who_needs_a_key_and_has_none_does_not_start(start_worker: StartWorker, name: str) -> None:
    assert start_worker(name, ready_within=None, COMPLAINTS_PERSONAL_KEYS="").wait(30) == 70


def test_who_has_another_key_waits_for_it_and_nothing_is_lost(office: Office) -> None:
    office.notification()
    office.opened(office.contacts(3))
    eventually(lambda: len(office.requested()) == 3, within=60, every=0.5)
    waiting = office.sender(ready_within=None, COMPLAINTS_PERSONAL_KEYS=OTHER)
    eventually(lambda: "has no key 'k1'" in waiting.get("/readyz")[1], within=60)
    assert waiting.stop() == 0
    assert office.settled() == []
    office.sender(COMPLAINTS_PERSONAL_KEYS=f"{OTHER},k1:{VAULT.keys['k1'].hex()}")
    assert {one.state for one in office.wait_for(3)} == {"sent"}
