"""A person corrects what the machine made of a case, on real Kafka and MongoDB."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.cli.__main__ import main
from services.cli.environment import environment_of
from services.severity.training.corpus import parse
from tests.support.namespaces import Namespace
from tests.support.principals import as_actor
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

pytestmark = [pytest.mark.timeout(180)]
CHIEF = "clerk:clerk-901"
SENT = {
    "id": "a1",
    "channel": "app",
    "name": "王小明",
    "waybill": "SF1300000000001",
    "text": "我是王小明,拆箱时手划伤出血了,茶壶也碎了",
}
SAID: dict[str, Any] = {
    "note": "只是小擦伤,茶壶值三百元",
    "expected_seq": 1,
    "correction": {"category": "damage", "cause": "accident", "level": 1},
}


class Case:
    """One case behind the API, and the timers that follow from its states."""

    def __init__(self, client: httpx.Client, namespace: Namespace, case_id: str) -> None:
        self.client, self.namespace, self.case_id = client, namespace, case_id
        self.database = namespace.database

    def correct(self, key: str, actor: str = CHIEF) -> httpx.Response:
        path, form = f"/v1/cases/{self.case_id}/commands", {"kind": "correct", "id": key} | SAID
        headers = as_actor(actor, self.namespace.settings)
        return self.client.post(path, json=form, headers=headers)

    def shown(self) -> dict[str, Any]:
        body: dict[str, Any] = self.client.get(f"/v1/cases/{self.case_id}").json()
        return body

    def resolution(self) -> str:
        """When its answer is due."""
        clocks = self.client.get(f"/v1/cases/{self.case_id}/clocks?lang=en").json()["clocks"]
        return next(str(one["due_at"]) for one in clocks if one["clock"] == "resolution")

    def armed(self, seq: int) -> int:
        """When sla will act on the state of this number, once it has read it."""
        wanted = {"case": f"default|{self.case_id}", "seq": seq}
        found = eventually(lambda: self.database["timers"].find_one(wanted), 40)
        assert found is not None
        return int(found["due"])


@pytest.fixture
def case(namespace: Namespace, start_worker: Callable[..., WorkerProcess]) -> Iterator[Case]:
    """A case of somebody hurt, which the machine took for the highest level."""
    api = start_worker("api", ready_within=90)
    for worker in ("dedup", "cases", "sla"):
        start_worker(worker, ready_within=90)
    with httpx.Client(base_url=f"http://127.0.0.1:{api.api_port}", trust_env=False) as client:
        assert client.post("/v1/contacts", json=SENT).status_code == 202
        document = eventually(lambda: namespace.database["cases"].find_one({"level": 4}), 60)
        assert document is not None
        yield Case(client, namespace, document["_id"].partition("|")[2])


@pytest.fixture
def labels(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs ``complaints labels …`` against the namespace; gives what it said."""

    def run(*arguments: str) -> str:
        for name, value in environment_of(namespace.settings).items():
            if name.startswith("COMPLAINTS_"):
                monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(["labels", *arguments])
        assert not ended.value.code
        return capsys.readouterr().out

    return run


def test_a_persons_word_wins_moves_case_and_clocks_and_is_kept_once(
    case: Case, labels: Callable[..., str], tmp_path: Path
) -> None:
    urgent, armed = case.resolution(), case.armed(1)
    assert case.correct("k1", "clerk:clerk-101").json()["refusal"] == "not_permitted"
    done, again = case.correct("k2"), case.correct("k2")
    assert (done.status_code, done.json()["seq"], again.json()) == (200, 2, done.json())
    stale = case.correct("k3").json()
    assert (stale["refusal"], [one["kind"] for one in stale["since"]]) == ("stale", ["corrected"])

    state, change = case.shown()["state"], case.shown()["history"][-1]
    assert (state["category"], state["nature"], state["level"]) == ("damage", "product", 1)
    assert (state["team"], change["team"]) == ("claims", "claims")
    assert state["assignee"].startswith("clerk-20")
    assert case.resolution() > urgent
    assert case.armed(2) > armed

    (label,) = case.database["labels"].find()
    assert label["case_id"] == case.case_id
    assert (label["person"]["level"], label["machine"]["level"]) == (1, 4)
    assert label["policy"].startswith("severity-")
    told = labels("list")
    assert f"{case.case_id}  {CHIEF}  corrected: category safety → damage" in told
    assert "1 labels, 1 of them corrections" in labels("count")
    labels("export", str(tmp_path / "labels.tsv"))
    line = parse((tmp_path / "labels.tsv").read_text(encoding="utf-8"), "labels.tsv line 1")
    assert (line.category, line.level) == ("damage", 1)
    assert line.text == "我是×,拆箱时手划伤出血了,茶壶也碎了"
