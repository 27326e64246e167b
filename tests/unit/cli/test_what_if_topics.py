"""Of a running instance both lanes of a topic are replayed, and each case counts as it stands."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner, Result

from schemas import topics
from schemas.cases import CaseState
from schemas.codec import encode
from schemas.keys import case_key
from schemas.ledger import CaseClocks, ClockRun
from schemas.topics import Topic
from schemas.vocabulary import ClockName
from services.cli import what_if
from services.cli.__main__ import cli
from services.cli.policies import reading
from services.cli.policies.reading import Period, Progress, from_topic, topic_named
from services.cli.policies.sources import Replayed
from services.domain.clocks.compact import FIRST_RUNS
from services.routing import policy as routing
from services.runtime.settings import Settings
from tests.support.builders import TENANT, a_contact, a_deduplicated, a_routed, at
from tests.unit.sla.states import a_state


class Read(NamedTuple):
    topic: str
    value: bytes
    key: bytes = b""
    timestamp: float = 0.0
    partition: int = 0
    offset: int = 0


class Held:
    """What the topics of an instance hold, by their names."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.records: list[Read] = []
        monkeypatch.setattr(reading, "_records", self._of)
        monkeypatch.setattr(what_if, "connect", lambda _: Settings())

    def _of(self, _: object, names: Sequence[str], __: object) -> Iterator[Read]:
        yield from (one for name in names for one in self.records if one.topic == name)

    def add(
        self, topic: Topic, value: bytes, came: datetime | None = None, key: bytes = b""
    ) -> None:
        self.records.append(Read(topic.name, value, key, came.timestamp() * 1000 if came else 0.0))


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


def what_if_of(topic: str, folder: Path, *more: str, to: str = "task-force") -> Result:
    """Return what a candidate that gives damage to another team would change."""
    text = routing.SHIPPED.read_text(encoding="utf-8")
    candidate = folder / "new.yaml"
    candidate.write_text(text.replace("team: claims", f"team: {to}", 1), encoding="utf-8")
    arguments = ["what-if", "--policy", str(candidate), "--from", topic, *more]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


def a_case(team: str, answered_at: datetime | None) -> CaseState:
    runs = (*FIRST_RUNS, ClockRun(clock=ClockName.TEAM, holder=team, since=at()))
    clocks = CaseClocks(
        runs=tuple(run.model_copy(update={"stopped_at": answered_at}) for run in runs)
    )
    return a_state(case_id="case-1", team=team, clocks=clocks)


@pytest.mark.parametrize(
    ("team", "days", "is_late"),
    [("claims", 2, True), ("claims", 1, False), ("senior-desk", 2, False)],
)
def test_a_case_is_late_in_another_team_by_the_answer_that_it_had(
    held: Held, tmp_path: Path, team: str, days: int, is_late: bool
) -> None:
    """One that was handed to the senior desk since is not the route's any more."""
    scored = a_routed(a_deduplicated(a_contact("c1")), category="damage").scored
    key = case_key(TENANT, scored.case_id)
    state = a_case(team, at(days=days)).model_copy(update={"case_id": scored.case_id})
    held.add(topics.SCORED, encode(scored), key=key)
    held.add(topics.STATE, encode(state), key=key)
    result = what_if_of("complaints.scored", tmp_path)
    assert result.return_value == 0, result.exception or result.output
    assert ": team claims → task-force" in result.stdout
    assert ("team kept → team missed" in result.stdout) is is_late
    assert ("team of its case claims → task-force" in result.stdout) is (team == "claims")
    assert "each case as it stands" in result.stdout


# ------------------------------------------------------------------------------------ two lanes


def scored(name: str, hours: float = 0.0) -> bytes:
    """Return the record of a contact about damage, received so many hours after noon."""
    contact = a_contact(name, received_at=at(hours=hours))
    return encode(a_routed(a_deduplicated(contact), category="damage").scored)


ALWAYS = Period()


def order(topic: Topic, period: Period = ALWAYS) -> list[float]:
    """Return when the contacts that are replayed were received, in hours after noon."""
    progress = Progress(lambda _: None)
    found = list(from_topic(Settings(), topic, period, progress))
    assert all(isinstance(one, Replayed) for one in found), found
    times = [one.deduplicated.contact.received_at for one in found if isinstance(one, Replayed)]
    return [(one - at()).total_seconds() / 3600 for one in times]


@pytest.mark.parametrize(
    "name",
    [
        "complaints.scored",
        "complaints.scored.v1",
        "complaints.scored.express",
        "complaints.scored.express.v1",
    ],
)
def test_what_came_by_the_express_lane_is_replayed_under_the_name_of_either(
    held: Held, tmp_path: Path, name: str
) -> None:
    held.add(topics.SCORED, scored("a"))
    held.add(topics.SCORED_EXPRESS, scored("regulator"))
    result = what_if_of(name, tmp_path)
    assert result.return_value == 0, result.exception or result.output
    assert "2 contacts, 2 (100.0%) would be decided otherwise" in result.stdout


@pytest.mark.parametrize("topic", [topics.DEDUPLICATED, topics.SCORED, topics.ROUTED])
def test_each_topic_of_decided_contacts_is_known_by_all_its_names(topic: Topic) -> None:
    for lane in topics.lane_names(topic):
        assert topic_named(lane) is topic_named(lane.removesuffix(".v1")) is topic


def test_both_lanes_are_replayed_in_the_order_in_which_contacts_were_received(held: Held) -> None:
    for hours in (3, 1, 5):
        held.add(topics.SCORED, scored(f"c{hours}", hours))
    for hours in (4, 2):
        held.add(topics.SCORED_EXPRESS, scored(f"c{hours}", hours))
    assert order(topics.SCORED) == [1, 2, 3, 4, 5]


def test_a_contact_that_both_lanes_hold_is_replayed_once_as_it_was_decided_first(
    held: Held, tmp_path: Path
) -> None:
    held.add(topics.SCORED, scored("a"), came=at(hours=2))
    first = encode(a_routed(a_deduplicated(a_contact("a")), category="delay").scored)
    held.add(topics.SCORED_EXPRESS, first, came=at(hours=1))
    result = what_if_of("complaints.scored", tmp_path)
    assert "1 contacts, 0 (0.0%) would be decided otherwise" in result.stdout, result.output


def test_what_cannot_be_read_is_said_with_its_lane(held: Held, tmp_path: Path) -> None:
    held.add(topics.SCORED_EXPRESS, b"no record")
    held.add(topics.SCORED, scored("a"))
    result = what_if_of("complaints.scored", tmp_path)
    assert "complaints.scored.express.v1, partition 0, offset 0: " in result.stderr
    assert "1 contacts" in result.stdout
    assert result.return_value == 1


# --------------------------------------------------------------------------------- since and until


def test_a_period_has_its_begin_and_not_its_end_in_both_lanes(held: Held) -> None:
    for hours, topic in enumerate((topics.SCORED, topics.SCORED_EXPRESS) * 2):
        held.add(topic, scored(f"c{hours}", hours), came=at(hours=hours))
    assert order(topics.SCORED, Period(at(hours=1), at(hours=3))) == [1, 2]
    assert order(topics.SCORED, Period(None, at(hours=1))) == [0]
    assert order(topics.SCORED, Period(at(hours=3), None)) == [3]


def test_yesterday_is_named_by_two_spans_or_two_times(held: Held, tmp_path: Path) -> None:
    held.add(topics.SCORED, scored("a"), came=at())
    held.add(topics.SCORED, scored("b"), came=at(days=1))
    result = what_if_of(
        "complaints.scored", tmp_path, "--since", "2026-03-02", "--until", "2026-03-03"
    )
    assert "1 contacts" in result.stdout, result.output
    result = what_if_of("complaints.scored", tmp_path, "--since", "48h", "--until", "24h")
    assert "0 contacts" in result.stdout, result.output


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("24h", "48h", "is not after --since 24h"),
        ("2026-03-02", "2026-03-02", "--until 2026-03-02 (2026-03-02 00:00:00 UTC) is not after"),
        ("1h", "soon", "--until 'soon': neither a span (24h) nor a time"),
    ],
)
def test_a_period_that_ends_before_it_begins_is_refused(
    held: Held, tmp_path: Path, since: str, until: str, said: str
) -> None:
    result = what_if_of("complaints.scored", tmp_path, "--since", since, "--until", until)
    assert said in str(result.exception)


@pytest.mark.parametrize("option", ["--since", "--until"])
def test_a_file_has_no_period(tmp_path: Path, option: str) -> None:
    file = tmp_path / "contacts.jsonl"
    file.touch()
    result = what_if_of(str(file), tmp_path, option, "24h")
    assert f"{option} is for topics: a file is replayed whole" in str(result.exception)
