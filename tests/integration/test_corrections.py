"""A person corrects what the machine made of a case, on real Kafka and MongoDB."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.cli.__main__ import main
from services.cli.environment import environment_of
from services.severity.training.corpus import parse
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

pytestmark = [pytest.mark.timeout(180)]
CHIEF = "clerk:clerk-901"


def test_a_persons_word_wins_moves_case_and_clocks_and_is_kept_once(
    namespace: Namespace,
    start_worker: Callable[..., WorkerProcess],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    api = start_worker("api", ready_within=90)
    for worker in ("dedup", "cases", "sla"):
        start_worker(worker, ready_within=90)
    database = namespace.database
    with httpx.Client(base_url=f"http://127.0.0.1:{api.api_port}", trust_env=False) as client:
        sent = {"id": "a1", "channel": "app", "name": "王小明", "waybill": "SF1300000000001"}
        sent["text"] = "我是王小明,拆箱时手划伤出血了,茶壶也碎了"
        assert client.post("/v1/contacts", json=sent).status_code == 202
        document = eventually(lambda: database["cases"].find_one({"level": 4}), 40)
        case_id = document["_id"].partition("|")[2]

        def act(key: str, **fields: Any) -> httpx.Response:
            form = {"kind": "correct", "actor": CHIEF, "id": key} | fields
            return client.post(f"/v1/cases/{case_id}/commands", json=form)

        def due() -> dict[str, str]:
            clocks = client.get(f"/v1/cases/{case_id}/clocks?lang=en").json()["clocks"]
            return {one["clock"]: one["due_at"] for one in clocks}

        def timer(seq: int) -> Any:
            return database["timers"].find_one({"case": f"default|{case_id}", "seq": seq})

        urgent = due()
        armed = eventually(lambda: timer(1), 20)
        words = {"note": "只是小擦伤,茶壶值三百元", "expected_seq": 1}
        words |= {"correction": {"category": "damage", "cause": "accident", "level": 1}}
        assert act("k1", **words, actor="clerk:clerk-101").json()["refusal"] == "not_permitted"
        done = act("k2", **words)
        assert (done.status_code, done.json()["seq"]) == (200, 2)
        again = act("k2", **words)
        assert (again.status_code, again.json()) == (200, done.json())
        stale = act("k3", **words).json()
        assert (stale["refusal"], [one["kind"] for one in stale["since"]]) == (
            "stale",
            ["corrected"],
        )

        case = client.get(f"/v1/cases/{case_id}").json()
        state, change = case["state"], case["history"][-1]
        assert (state["category"], state["nature"], state["level"]) == ("damage", "product", 1)
        assert (state["team"], change["team"]) == ("claims", "claims")
        assert state["assignee"].startswith("clerk-20")
        assert due()["resolution"] > urgent["resolution"]
        assert eventually(lambda: timer(2), 20)["due"] > armed["due"]

    (label,) = database["labels"].find()
    assert (label["case_id"], label["person"]["level"], label["machine"]["level"]) == (
        case_id,
        1,
        4,
    )
    assert label["policy"].startswith("severity-")

    for name, value in environment_of(namespace.settings).items():
        if name.startswith("COMPLAINTS_"):
            monkeypatch.setenv(name, value)
    for arguments in (["list"], ["count"], ["export", str(tmp_path / "labels.tsv")]):
        with pytest.raises(SystemExit) as ended:
            main(["labels", *arguments])
        assert not ended.value.code
    told = capsys.readouterr().out
    assert f"{case_id}  {CHIEF}  corrected: category safety → damage" in told
    assert "1 labels, 1 of them corrections" in told
    line = parse((tmp_path / "labels.tsv").read_text(encoding="utf-8"), "labels.tsv line 1")
    assert (line.category, line.level) == ("damage", 1)
    assert line.text == "我是×,拆箱时手划伤出血了,茶壶也碎了"
