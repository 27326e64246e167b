"""Two cases merged and parted on real Kafka and MongoDB, with the real workers behind the API."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.namespaces import Namespace
from tests.support.principals import as_actor
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

StartWorker = Callable[..., WorkerProcess]


@pytest.fixture
def client(start_worker: StartWorker) -> Iterator[httpx.Client]:
    api = start_worker("api")
    with httpx.Client(
        base_url=f"http://127.0.0.1:{api.api_port}", trust_env=False, timeout=90
    ) as made:
        yield made


def test_two_cases_become_one_matter_and_two_again(
    client: httpx.Client, start_worker: StartWorker, namespace: Namespace
) -> None:
    start_worker("dedup")
    start_worker("cases")

    def contact(name: str, hour: int, waybill: str, text: str) -> None:
        form = {
            "id": name,
            "at": f"2026-03-01T0{hour}:00:00Z",
            "channel": "app",
            "customer": f"c-{waybill}",
            "waybill": waybill,
            "text": text,
        }
        assert client.post("/v1/contacts", json=form).status_code == 202

    def shown(case_id: str) -> dict[str, Any]:
        body: dict[str, Any] = client.get(f"/v1/cases/{case_id}").json()
        return body

    def act(case_id: str, kind: str, **fields: str) -> httpx.Response:
        form = {"kind": kind} | fields
        headers = as_actor("clerk:7", namespace.settings)
        return client.post(f"/v1/cases/{case_id}/commands", json=form, headers=headers)

    contact("a1", 1, "SF1300000000001", "快件还没有到")
    contact("a2", 2, "SF1300000000002", "包裹一直没有到")
    documents = eventually(
        lambda: (found := list(namespace.database["cases"].find())) and len(found) == 2 and found,
        within=40,
    )
    documents.sort(key=lambda one: one["opened_at"])
    head, child = (one["_id"].partition("|")[2] for one in documents)

    merged = act(child, "merge", other=head)
    assert (merged.status_code, merged.json()["case_id"]) == (200, head)
    eventually(lambda: shown(child)["state"].get("merged_into") == head, within=20)
    eventually(lambda: shown(head)["state"].get("merged"), within=20)
    refused = act(child, "acknowledge").json()
    assert (refused["refusal"], refused["merged_into"]) == ("merged_into", head)

    contact("a3", 3, "SF1300000000002", "还是没有到,请尽快")
    eventually(lambda: len(shown(head)["contacts"]) == 3, within=20)
    eventually(lambda: shown(head)["state"]["merged"][0]["contacts"] == 2, within=20)
    assert shown(head)["state"]["contacts"] == 1

    assert act(child, "unmerge").json()["case_id"] == head
    eventually(lambda: "merged_into" not in shown(child)["state"], within=20)
    assert act(child, "acknowledge").status_code == 200
