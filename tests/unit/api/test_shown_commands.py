"""Who is told that a command was accepted reads the case with it, however far its document was
behind its log."""

from collections.abc import Callable, Sequence

import pytest

from services.domain.case_store import Projection
from tests.support.api_desk import Desk

Release = Callable[[], None]
NEVER = 1_000


def write_late(desk: Desk, monkeypatch: pytest.MonkeyPatch, looks: int) -> Release:
    """Have the documents of cases written only after so many looks at the old ones, as by a
    slow worker or the successor of a dead one; what is returned writes them at once."""
    store = desk.pipeline.cases
    project, held = store.project, list[Sequence[Projection]]()
    seen = 0

    def release() -> None:
        while held:
            project(held.pop(0))

    def look(operation: str) -> None:
        nonlocal seen
        if operation == "projections" and held:
            seen += 1
            if seen > looks:
                release()

    monkeypatch.setattr(store, "project", held.append)
    monkeypatch.setattr(store, "before", look)
    return release


def shown(desk: Desk, case_id: str) -> tuple[int, str]:
    state = desk.client.get(f"/v1/cases/{case_id}").json()["state"]
    return state["seq"], state["status"]


def test_a_confirmed_command_is_seen_by_who_reads_the_case_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    write_late(desk, monkeypatch, looks=2)
    answer = desk.act(case_id, "acknowledge")
    assert (answer.status_code, answer.json()["seq"]) == (200, 2)
    assert shown(desk, case_id) == (2, "acknowledged")


def test_what_the_case_does_not_show_in_time_is_pending_until_it_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    release = write_late(desk, monkeypatch, looks=NEVER)
    answer = desk.act(case_id, "acknowledge", id="k1")
    assert (answer.status_code, answer.json()["settlement"]) == (202, "pending")
    assert "status" not in answer.json()
    assert shown(desk, case_id) == (1, "received")
    release()
    again = desk.act(case_id, "acknowledge", id="k1")
    assert (again.status_code, again.json()["settlement"]) == (200, "accepted")
    assert shown(desk, case_id) == (2, "acknowledged")


def test_a_rejection_is_told_though_the_case_is_behind_for_it_changed_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    write_late(desk, monkeypatch, looks=NEVER)
    desk.act(case_id, "acknowledge", id="k1")
    answer = desk.act(case_id, "close", expected_seq=1)
    assert (answer.status_code, answer.json()["refusal"], answer.json()["seq"]) == (409, "stale", 2)


def test_what_a_customer_says_is_confirmed_only_once_it_shows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = desk.send(id="a1")
    desk.act(desk.case_of(contact), "resolve", note="We found it and are sorry.")
    release = write_late(desk, monkeypatch, looks=NEVER)
    path = f"/v1/track/{contact.json()['tracking']}"
    said = {"kind": "rate", "rating": 5, "id": "k1"}
    assert desk.client.post(path, json=said).status_code == 202
    release()
    assert desk.client.post(path, json=said).status_code == 200
    assert desk.track(contact)["state"] == "closed"
