"""What people said of judgements, kept once: in memory and in MongoDB alike."""

import pytest

from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.judgements import Judgement, MachineJudgement, Review
from schemas.vocabulary import CaseStatus, ChangeKind
from services.adapters.memory_labels import MemoryLabelStore
from services.adapters.mongo_labels import MongoLabelStore
from services.domain.case_store import LogEntry, LoggedEvent
from services.domain.label_store import Label, LabelStore, labels_of
from tests.support.builders import TENANT, at


@pytest.fixture
def labels(backend: str, request: pytest.FixtureRequest) -> LabelStore:
    if backend == "memory":
        return MemoryLabelStore()
    return MongoLabelStore(request.getfixturevalue("database"))


def a_label(
    name: str, minutes: int = 0, tenant: str = TENANT, machine: bool = True, case_id: str = "C1"
) -> Label:
    said = MachineJudgement(
        category="delay", level=3, contact_id="c1", confidence=0.4, policy="p1", model="m1"
    )
    change = CaseChanged(
        tenant=tenant,
        case_id=case_id,
        seq=2,
        at=at(minutes=minutes),
        kind=ChangeKind.CORRECTED,
        actor="clerk:7",
        status=CaseStatus.RECEIVED,
        command_id=name,
        note="说明",
        review=Review(
            before=Judgement(category="delay", level=3),
            after=Judgement(category="fee", level=1),
            machine=said if machine else None,
        ),
    )
    return Label(change, encode(change))


def test_a_label_is_read_back_as_it_was_kept_newest_first(labels: LabelStore) -> None:
    old, new, alone = a_label("a", 1), a_label("b", 2), a_label("c", 0, machine=False)
    labels.keep([new, alone])
    labels.keep([old])
    assert labels.newest(TENANT, 10) == [new, old, alone]
    assert labels.newest(TENANT, 1) == [new]
    assert labels.newest(TENANT, 0) == []
    assert [one.contact_id for one in labels.newest(TENANT, 3)] == ["c1", "c1", None]


def test_a_label_that_is_there_stays_as_it_is_and_others_beside_it_are_kept(
    labels: LabelStore,
) -> None:
    first = a_label("a", 1)
    labels.keep([first])
    labels.keep([a_label("a", 9), a_label("b", 2)])
    labels.keep([])
    assert [one.change.at for one in labels.newest(TENANT, 9)] == [at(minutes=2), at(minutes=1)]


def test_commands_of_one_id_to_two_cases_are_two_labels(labels: LabelStore) -> None:
    one, other = a_label("a", 1), a_label("a", 2, case_id="C2")
    labels.keep([one])
    labels.keep([other])
    assert labels.newest(TENANT, 9) == [other, one]


def test_labels_of_another_tenant_are_not_seen(labels: LabelStore) -> None:
    labels.keep([a_label("a", tenant="other"), a_label("a")])
    assert labels.newest("other", 9) == [a_label("a", tenant="other")]


def test_labels_follow_from_the_log_alone() -> None:
    said = a_label("a")
    noted = said.change.model_copy(update={"kind": ChangeKind.NOTED, "review": None, "seq": 1})
    events = (
        LoggedEvent(1, "t:0:1", encode(noted)),
        LoggedEvent(2, "t:0:1", said.value),
    )
    assert labels_of([LogEntry("t|C1", 1, at(), ("t:0:1",), events=events)]) == [said]
