"""Sixty contacts from one hub on real Kafka and MongoDB become one incident of level 4, and what a
clerk has for its customers is told to each once."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.support.namespaces import Namespace
from tests.support.principals import as_actor
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

StartWorker = Callable[..., WorkerProcess]
CONTACTS = 60


@pytest.fixture
def client(start_worker: StartWorker) -> Iterator[httpx.Client]:
    api = start_worker("api")
    with httpx.Client(
        base_url=f"http://127.0.0.1:{api.api_port}", trust_env=False, timeout=90
    ) as made:
        yield made


def test_sixty_customers_of_one_hub_are_one_incident_and_every_case_names_it(
    client: httpx.Client, start_worker: StartWorker, namespace: Namespace
) -> None:
    start_worker("dedup")
    start_worker("cases")
    start_worker("incidents")
    start_worker("notification")
    for number in range(CONTACTS):
        form = {
            "id": f"a{number}",
            "channel": "app",
            "customer": f"c-{number}",
            "waybill": f"SF1{number * 97:012}",
            "hub": "东莞分拨",
            "text": "快件丢了,仓库着火",
        }
        assert client.post("/v1/contacts", json=form).status_code == 202

    def incident() -> dict[str, object] | None:
        found = client.get("/v1/incidents").json()["incidents"]
        return found[0] if found and found[0]["cases"] >= CONTACTS else None

    found = eventually(incident, within=60)
    assert (found["hub"], found["level"], found["cases"]) == ("东莞分拨", 4, CONTACTS)

    def named() -> bool:
        documents = list(namespace.database["cases"].find())
        ids = {one["_id"].partition("|")[2] for one in documents}
        states = [client.get(f"/v1/cases/{one}").json()["state"] for one in list(ids)[:3]]
        return len(ids) == CONTACTS and all(
            (one.get("incident_id"), one["level"]) == (found["incident_id"], 4) for one in states
        )

    eventually(named, within=30)

    eventually(named, within=30)
    update = {"kind": "update", "note": "火已扑灭,两天内逐一答复。"}
    address = f"/v1/incidents/{found['incident_id']}/commands"
    headers = as_actor("clerk:clerk-901", namespace.settings)
    assert client.post(address, json=update, headers=headers).status_code == 202

    def told() -> bool:
        notices = list(namespace.database["notices"].find({"kind": "progress"}))
        return len({one["case"] for one in notices}) == len(notices) == CONTACTS

    eventually(told, within=60)
