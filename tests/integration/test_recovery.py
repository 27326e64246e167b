"""MongoDB lost under traffic and put back: nothing decided again, nobody told again."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.catcher import Catcher
from services.adapters.mongo import app_name, connect
from services.cli.__main__ import main
from services.cli.environment import environment_of
from tests.faults.forms import FULL
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess, a_free_port
from tests.support.town import Town
from tests.support.waiting import eventually

StartWorker = Callable[..., WorkerProcess]
Run = Callable[..., tuple[int, str]]
pytestmark = [pytest.mark.timeout(240)]


@pytest.fixture
def run(namespace: Namespace, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Run:
    """Runs ``complaints …`` against the namespace."""
    for name, value in environment_of(namespace.settings).items():
        if name.startswith("COMPLAINTS_"):
            monkeypatch.setenv(name, value)

    def invoke(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out + err

    return invoke


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    with Catcher(a_free_port(), 0) as made:
        yield made


@pytest.fixture
def hour(namespace: Namespace, tmp_path: Path, catcher: Catcher, run: Run) -> Iterator[Town]:
    """A town whose clock may be moved."""
    made = Town(namespace, tmp_path, catcher, COMPLAINTS_MOVABLE_CLOCK="1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPLAINTS_MOVABLE_CLOCK", "1")
        try:
            yield made
        finally:
            for worker in made.workers:
                worker.__exit__(None, None, None)


@pytest.fixture
def town(namespace: Namespace, tmp_path: Path, catcher: Catcher) -> Iterator[Town]:
    made = Town(namespace, tmp_path, catcher)
    try:
        yield made
    finally:
        for worker in made.workers:
            worker.__exit__(None, None, None)


def differing(one: Any, other: Any) -> Any:
    """Return the fields that differ, each as it was and as it is."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return one, other
    names = sorted(one.keys() | other.keys())
    return {n: (one.get(n), other.get(n)) for n in names if one.get(n) != other.get(n)}


def proved(run: Run) -> str:
    code, said = run("audit", "--wait", "60")
    assert code == 0, said
    return said


def everybody_was_told(run: Run) -> None:
    """Wait until no notice waits for its turn: what does would be on record as in doubt."""
    eventually(lambda: "waiting for their provider" not in proved(run), within=120, every=1)


def rebuilds_what_differs(town: Town, run: Run) -> None:
    """See that documents are the sums of their logs, and that one which is not is mended."""
    assert run("rebuild", "--check")[0] == 0
    key = town.database.cases.find_one()["_id"]
    town.database.cases.update_one({"_id": key}, {"$set": {"contacts": 7, "note": "odd"}})
    code, said = run("rebuild", "--check")
    assert (code, f"{key}: contacts, note" in said) == (1, True), said
    code, said = run("rebuild")
    assert (code, "1 mended" in said) == (0, True), said


def test_a_lost_database_comes_back_and_nobody_is_told_twice(
    town: Town, run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    town.start()
    town.feed(range(120))
    eventually(lambda: town.database.cases.count_documents({}) > 20, within=60)
    town.acknowledge(0, 10, "before")
    town.open_incident()
    eventually(lambda: town.members() > 2, within=60)
    code, said = run("backup", str(folder))
    assert (code, "backed up into" in said) == (0, True), said
    assert run("backup", str(folder))[0] == 1
    town.feed(range(100, 240), times=2)
    eventually(lambda: town.database.contacts.count_documents({}) == 240, within=60)
    town.acknowledge(5, 20, "after")
    town.choose("customer-9")
    everybody_was_told(run)
    code, said = run("restore", str(folder))
    assert (code, "still run" in said) == (1, True), said
    town.stop()
    # Who is in no group, as the API, is seen all the same.
    with closing(connect(town.namespace.settings.mongo, app=app_name(town.database.name, "api"))):
        eventually(lambda: "api still run" in run("restore", str(folder))[1], within=30)
    before, told, incident = town.contents(), town.arrived(), town.incident()
    assert (len(before["labels"]), max(told.values())) == (2, 1)

    # MongoDB hears of an end within seconds.
    eventually(lambda: "--replace" in run("restore", str(folder))[1], within=30)
    town.namespace.client.drop_database(town.database.name)
    made_at = json.loads((folder / "manifest.json").read_text())["made_at"]
    # As if it had been broken off: no worker starts, and the same command goes on.
    begun = datetime.fromisoformat(made_at).isoformat()
    town.database["recovery"].insert_one({"_id": "restore", "backup": begun})
    dedup = town.workers[-1].start(ready_within=None)
    assert dedup.wait(20) == 70
    code, said = run("restore", str(folder))
    assert code == 0, said
    assert "1 choices about notices" in said
    after = town.contents()
    for name, rows in before.items():
        assert after[name].keys() == rows.keys(), name
        changed = [differing(rows[k], after[name][k]) for k in rows if after[name][k] != rows[k]]
        assert changed == [], name
    assert town.incident() == incident
    rebuilds_what_differs(town, run)

    town.start()
    proved(run)
    assert town.arrived() == told
    cases = town.database.cases.count_documents({})
    town.feed(range(0, 40))  # sent again long after
    town.feed(range(240, 280))
    eventually(lambda: town.database.contacts.count_documents({}) == 280, within=60)
    said = proved(run)
    assert town.database.cases.count_documents({}) > cases
    assert town.database.absorbed.count_documents({}) == 200  # 20 and 140 before, 40 after
    assert max(town.arrived().values()) == 1
    assert "possible doubles" not in said


@pytest.mark.skipif(not FULL, reason="long form: --faults")
def test_a_database_lost_in_the_middle_of_everything_comes_back(
    town: Town, run: Run, tmp_path: Path
) -> None:
    """Backed up while contacts come, lost while all workers are killed: what may have been on its
    way is said and bounded, and nothing else differs."""
    folder = tmp_path / "backup"
    town.start()
    town.feed(range(60))
    eventually(lambda: town.arrived().total() > 3, within=90, every=0.1)
    assert run("backup", str(folder))[0] == 0
    town.feed(range(50, 400))
    eventually(lambda: town.database.cases.count_documents({}) > 60, within=60, every=0.1)
    for worker in town.workers:
        worker.kill()
    told = town.arrived()
    town.namespace.client.drop_database(town.database.name)
    eventually(lambda: "still run" not in run("restore", str(folder))[1], within=60, every=1)
    town.start()
    eventually(lambda: town.database.contacts.count_documents({}) == 400, within=60)
    assert "possible doubles" in proved(run)
    doubled = [notice for notice, times in town.arrived().items() if times > 1]
    assert len(doubled) <= town.namespace.settings.sender_batch_max
    assert set(doubled) <= told.keys()


@pytest.mark.long_fault
@pytest.mark.timeout(600)
def test_a_backup_is_restored_after_an_hour_of_further_traffic(
    hour: Town, run: Run, tmp_path: Path
) -> None:
    """The hour passes in twelve steps, so that timers fire, people are told and clerks act all
    along; none of it is decided, fired or sent again."""
    folder = tmp_path / "backup"
    hour.start()
    hour.feed(range(200))
    eventually(lambda: hour.database.contacts.count_documents({}) == 200, within=90)
    assert run("backup", str(folder))[0] == 0
    for step in range(12):
        assert run("clock", "advance", "5m")[0] == 0
        hour.ahead += timedelta(minutes=5)
        hour.feed(range(200 + 200 * step, 400 + 200 * step))
        first, last = 10 * step, 10 * step + 10
        eventually(lambda n=last: hour.database.cases.count_documents({}) > n, within=60)  # type: ignore[misc]
        hour.acknowledge(first, last, f"step-{step}")
    eventually(lambda: hour.database.contacts.count_documents({}) == 2600, within=180)
    everybody_was_told(run)
    hour.stop()
    before, told = hour.contents(), hour.arrived()
    assert max(told.values()) == 1

    hour.namespace.client.drop_database(hour.database.name)
    code, said = run("restore", str(folder))
    assert code == 0, said
    after = hour.contents()
    for name, rows in before.items():
        changed = [
            differing(rows[k], after[name].get(k)) for k in rows if after[name].get(k) != rows[k]
        ]
        assert (after[name].keys(), changed) == (rows.keys(), []), name
    assert run("clock", "advance", "60m")[0] == 0  # the backup knows the hour before
    hour.start()
    proved(run)
    assert hour.arrived() == told, "somebody was told again"
