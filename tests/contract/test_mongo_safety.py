"""MongoDB is used only where it can keep our promises, and its absence has one name."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pymongo import ReadPreference, WriteConcern
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from infra.embedded.mongo import MongoNode
from infra.embedded.ports import HOST, choose_ports
from services.adapters.mongo import Document, StoreDefectError, assert_safe, connect, open_database
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_indexes import ensure_indexes
from services.adapters.mongo_layout import LAYOUT
from services.domain.case_store import LoggedEvent
from services.domain.errors import OutageError, UnsafeStart
from services.domain.send_store import ENDS_BADLY
from tests.contract.examples import a_claim, an_entry
from tests.support.builders import TENANT, at
from tests.support.waiting import eventually

MakeReplicaSet = Callable[[int], tuple[list[MongoNode], str]]
BAD_URI = "mongodb://127.0.0.1/?w=1&journal=false&readConcernLevel=local&retryWrites=false"


def test_no_uri_can_weaken_the_concerns() -> None:
    with connect(f"{BAD_URI}&readPreference=secondary&wTimeoutMS=0&socketTimeoutMS=0") as client:
        concern = client.write_concern.document
        assert (concern["w"], concern["j"], concern["wtimeout"] > 0) == ("majority", True, True)
        assert client.read_concern.level == "majority"
        assert client.read_preference == ReadPreference.PRIMARY
        assert client.options.retry_writes
        assert client.options.pool_options.socket_timeout


def test_zlib_compression_is_refused() -> None:
    with pytest.raises(UnsafeStart, match="zlib"):
        connect("mongodb://127.0.0.1/?replicaSet=complaints&compressors=snappy,zlib")


def test_a_database_that_does_not_answer_is_an_outage() -> None:
    port = choose_ports({"nobody": None}, {})["nobody"]
    with connect(f"mongodb://{HOST}:{port}/?replicaSet=complaints", selection_ms=200) as client:
        for act in (
            lambda: assert_safe(client["test"]),
            lambda: ensure_indexes(client["test"]),
            lambda: MongoDedupStore(client["test"]).rows(["a"]),
            lambda: MongoDedupStore(client["test"]).insert_claims([a_claim()]),
            lambda: MongoCaseStore(client["test"]).barrier(),
        ):
            with pytest.raises(OutageError):
                act()


def test_weaker_concerns_are_an_unsafe_start(database: Database[Document]) -> None:
    for weaker in (
        database.with_options(write_concern=WriteConcern(w=1, j=True)),
        database.with_options(write_concern=WriteConcern(w="majority")),
        database.with_options(read_concern=ReadConcern("local")),
    ):
        with pytest.raises(UnsafeStart, match="majority"):
            assert_safe(weaker)


@pytest.mark.stack
def test_a_server_outside_a_replica_set_is_an_unsafe_start(
    make_mongods: Callable[[int], list[MongoNode]],
) -> None:
    (lonely,) = make_mongods(1)
    with pytest.raises(UnsafeStart, match="replica set"):
        open_database(f"mongodb://{lonely.address}/?directConnection=true", "test")


@pytest.mark.stack
def test_a_killed_server_is_an_outage_and_works_again_when_it_is_back(
    make_replica_set: MakeReplicaSet,
) -> None:
    (server,), uri = make_replica_set(1)
    database = open_database(uri, "test")
    dedup = MongoDedupStore(database)
    dedup.insert_claims([a_claim("before")])
    server.kill()
    with pytest.raises(OutageError):
        dedup.insert_claims([a_claim("during")])
    server.start()

    def works() -> bool:
        try:
            return bool(dedup.insert_claims([a_claim("after")]))
        except OutageError:
            return False

    assert eventually(works, within=30)
    assert dedup.claims(["before", "after"]).keys() == {"before", "after"}
    database.client.close()


@pytest.mark.stack
def test_a_frozen_server_is_an_outage_within_seconds(make_replica_set: MakeReplicaSet) -> None:
    (server,), uri = make_replica_set(1)
    database = open_database(uri, "test")
    dedup = MongoDedupStore(database)
    dedup.insert_claims([a_claim("before")])
    server.pause()
    try:
        with ThreadPoolExecutor(1) as pool:
            insertion = pool.submit(dedup.insert_claims, [a_claim("during")])
            assert isinstance(insertion.exception(timeout=60), OutageError)
    finally:
        server.resume()
        database.client.close()


def test_indexes_are_made_once_by_any_number_of_processes(database: Database[Document]) -> None:
    fresh = database.client[f"{database.name}_fresh"]
    try:
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(ensure_indexes, fresh) for _ in range(8)]:
                done.result()
        for layout in LAYOUT:
            made = fresh[layout.name].index_information().keys() - {"_id_"}
            assert made == {index.name for index in layout.indexes}, layout.name
    finally:
        database.client.drop_database(fresh.name)


def test_an_index_that_somebody_changed_is_an_unsafe_start(database: Database[Document]) -> None:
    other = database.client[f"{database.name}_other"]
    try:
        other["case_log"].create_index([("case", 1), ("marks", 1)], name="case_marks")
        with pytest.raises(UnsafeStart, match="case_log"):
            ensure_indexes(other)
    finally:
        database.client.drop_database(other.name)


def test_documents_that_break_uniqueness_are_an_unsafe_start(database: Database[Document]) -> None:
    other = database.client[f"{database.name}_doubled"]
    try:
        other["contacts"].insert_many([{"_id": n, "tracking": "CODE"} for n in range(2)])
        with pytest.raises(UnsafeStart, match="contacts"):
            ensure_indexes(other)
    finally:
        database.client.drop_database(other.name)


PLANS = {
    "contacts.tracking": ({"tracking": "CODE"}, {}),
    "contacts.lookup_newest": (
        {"tenant": TENANT, "lookups": {"$in": [7, "a"]}, "received_us": {"$gte": 0}},
        {},
    ),
    "contacts.case_newest": ({"tenant": TENANT, "case_id": "C1"}, {"received_us": -1}),
    "case_log.case_marks": ({"case": "C1", "marks": {"$in": ["a", "b"]}}, {}),
    "incident_log.mark": ({"mark": {"$in": ["a", "b"]}}, {}),
    "incident_log.lasting": (
        {"tenant": TENANT, "place": {"$gt": ""}, "quiet_us": {"$gte": 0}},
        {"place": 1},
    ),
    "incident_log.about": ({"tenant": TENANT, "about": "I1", "n": {"$gt": 0}}, {"n": 1}),
    "labels.newest": ({"tenant": TENANT}, {"at_us": -1, "_id": -1}),
    "cases.status_newest": ({"tenant": TENANT, "status": "closed"}, {"updated_at": -1}),
    "cases.asked": (
        {"tenant": TENANT, "asked": {"$in": ["team:claims"]}},
        {"urgency": -1, "_id": 1},
    ),
    "cases.list_newest": ({"tenant": TENANT, "level": 4}, {"updated_at": -1, "_id": 1}),
    "cases.list_urgent": ({"tenant": TENANT, "team": "claims"}, {"urgency": -1, "_id": 1}),
    "cases.assigned": (
        {"tenant": TENANT, "assignee": "wang", "urgency": {"$gt": 0}},
        {"urgency": -1, "_id": 1},
    ),
    "cases.of_team": (
        {"tenant": TENANT, "team": "claims", "urgency": {"$gt": 0}},
        {"urgency": -1, "_id": 1},
    ),
    "cases.left_unpaid": (
        {"tenant": TENANT, "left_unpaid": True},
        {"urgency": -1, "_id": 1},
    ),
    "cases.follow_up": (
        {"follow_up_at": {"$exists": True, "$lte": at()}},
        {"follow_up_at": 1},
    ),
    "cases.ended": ({"ended_at": {"$exists": True, "$lt": at()}}, {"ended_at": 1}),
    "cases.anonymised": (
        {"anonymised_at": {"$exists": True, "$gte": at()}},
        {"anonymised_at": 1},
    ),
    "timers.due_oldest": (
        {"partition": 0, "due": {"$gte": 0, "$lt": 10}},
        {"due": 1, "_id": 1},
    ),
    "timers.case_newest": ({"case": "C1"}, {"seq": -1}),
    "notices.whom": ({"whom": "C1|contact:a"}, {}),
    "notices.case": ({"case": "C1"}, {"seq": 1}),
    "notices.held": ({"partition": 0, "due_us": {"$lte": 10}}, {"due_us": 1}),
    "notices.to": ({"to": "team:claims", "decided_us": {"$gte": 0}}, {}),
    "notices.digest": ({"digest": "D1"}, {"case": 1}),
    "notices.unreached": ({"unreached_us": {"$exists": True}}, {"unreached_us": -1}),
    "notice_lanes.oldest": (
        {"channel": "email", "partition": {"$in": [0, 1]}},
        {"at_us": 1},
    ),
    "notice_lanes.of_provider": ({"channel": "chat"}, {"provider": 1}),
    "notice_claims.notice": ({"notice": "N1"}, {}),
    "notice_claims.to_newest": ({"to": "k1.ADDRESS"}, {"at_us": -1}),
    "notice_results.notice": ({"notice": "N1"}, {}),
    "notice_results.bad_newest": (
        {"outcome": {"$in": sorted(map(str, ENDS_BADLY))}},
        {"at_us": -1},
    ),
    "notice_results.suppressed_newest": ({"outcome": "suppressed"}, {"at_us": -1}),
    "notice_results.provider_id": ({"provider_id": "P1"}, {}),
    "sms_parts.oldest": ({"begun_us": {"$lte": 10, "$gt": 5}}, {"begun_us": 1}),
    "address_unmarks.address": ({"address": {"$in": ["k1.ADDRESS"]}}, {}),
}


HINTED = {"cases.assigned", "cases.of_team"}
"""Those that a read names itself: of an empty collection any index is as good."""


@pytest.mark.parametrize("index", PLANS)
def test_every_index_serves_the_read_it_is_made_for_without_sorting(
    database: Database[Document], index: str
) -> None:
    collection, _, name = index.partition(".")
    wanted, order = PLANS[index]
    query = {"find": collection, "filter": wanted, **({"sort": order} if order else {})}
    query |= {"hint": name} if index in HINTED else {}
    plan = str(database.command("explain", query, verbosity="queryPlanner")["queryPlanner"])
    winning = plan.partition("'rejectedPlans'")[0]
    assert f"'indexName': '{name}'" in winning
    assert "'SORT'" not in winning
    assert "COLLSCAN" not in winning


def test_every_index_has_a_plan_that_proves_its_use() -> None:
    """Those by which MongoDB forgets serve no read."""
    reads = {
        f"{layout.name}.{index.name}"
        for layout in LAYOUT
        for index in layout.indexes
        if "expireAfterSeconds" not in index.options
    }
    assert PLANS.keys() == reads


def test_an_entry_that_grew_too_large_is_a_defect_and_leaves_nothing(
    database: Database[Document],
) -> None:
    event = LoggedEvent(1, "topic-id:0:1", b"x" * (17 * 1024 * 1024))
    with pytest.raises(StoreDefectError):
        MongoCaseStore(database).append([an_entry(events=(event,))])
    assert database["case_log"].count_documents({}) == 0
