"""A complaint about a station never goes to that station alone, whatever happens to the case."""

from random import Random

import pytest

from schemas.vocabulary import Category, Cause, ChangeKind, Refusal
from services.domain.clocks.stages import clocks_of
from tests.support.builders import NOON
from tests.support.station_teams import GUANGZHOU, HANGZHOU, LEEDS, OWN
from tests.unit.cases.stations import TEAMS, Stations

RUDE, LATE = Category.ATTITUDE, Category.DELAY


@pytest.fixture
def town() -> Stations:
    return Stations()


def last(town: Stations, case_id: str) -> tuple[str | None, str | None, str | None]:
    """Return the newest change's team passed over, why, and who has the case."""
    change = town.history(case_id)[-1]
    return change.skipped, change.reason, change.team


def test_a_first_contact_goes_past_the_stations_team_and_tells_it(town: Stations) -> None:
    case_id = town.hear(None, "a", HANGZHOU, category=RUDE)
    opened, passed = town.history(case_id)
    assert (opened.team, opened.inform) == ("senior-desk", ("front-desk",))
    assert (passed.skipped, passed.reason) == ("front-desk", "conflict_of_interest")
    assert town.case(case_id).stations == opened.stations


def test_a_later_contact_that_names_the_station_takes_the_case_away(town: Stations) -> None:
    case_id = town.hear(None, "a")
    assert town.case(case_id).team == "front-desk"
    town.hear(case_id, "b", HANGZHOU, category=RUDE)
    assert last(town, case_id) == ("front-desk", "conflict_of_interest", "senior-desk")
    assert town.history(case_id)[-1].inform == ("front-desk",)
    assert town.case(case_id).assignee in TEAMS.teams["senior-desk"].members


def test_a_station_that_routing_found_in_the_text_counts_like_one_of_the_form(
    town: Stations,
) -> None:
    case_id = town.hear(None, "a", stations=(HANGZHOU,), category=RUDE)
    assert town.case(case_id).team == "senior-desk"


def test_in_another_matter_the_station_has_the_case_and_somebody_watches(town: Stations) -> None:
    case_id = town.hear(None, "a", HANGZHOU, category=LATE)
    assert town.case(case_id).team == "front-desk"
    assert town.history(case_id)[0].inform == ("delivery",)
    town.hear(case_id, "b", HANGZHOU, category=LATE)
    assert town.history(case_id)[-1].inform == ()


def test_asking_a_third_time_does_not_raise_it_to_the_station(town: Stations) -> None:
    case_id = town.hear(None, "a", GUANGZHOU, category=RUDE)
    for n in range(1, 6):
        town.hear(case_id, f"b{n}", at=NOON.replace(day=NOON.day + n))
    assert "asked_again" in [change.reason for change in town.history(case_id)]
    assert town.case(case_id).team == "task-force"


def test_climbing_passes_over_the_station_and_says_so(town: Stations) -> None:
    case_id = town.hear(None, "a", GUANGZHOU, category=RUDE)
    town.until(60)
    skipped = [c for c in town.history(case_id) if c.kind is ChangeKind.ESCALATION_SKIPPED]
    assert ("senior-desk", "conflict_of_interest") in [(c.skipped, c.reason) for c in skipped]
    assert "senior-desk" not in [change.team for change in town.history(case_id)]
    assert town.wrongs() == []


def test_a_full_desk_does_not_leave_the_case_to_the_station(town: Stations) -> None:
    town.loads = dict.fromkeys(TEAMS.teams["front-desk"].members, 5)
    case_id = town.hear(None, "a", GUANGZHOU, category=RUDE)
    assert town.case(case_id).team == "task-force"
    reasons = [(c.skipped, c.reason) for c in town.history(case_id)[1:]]
    assert reasons == [("front-desk", "full"), ("senior-desk", "conflict_of_interest")]


def test_a_clerk_cannot_give_it_to_the_station(town: Stations) -> None:
    case_id = town.hear(None, "a", HANGZHOU, category=RUDE)
    settled = town.act(case_id, "transfer", unit="team:front-desk", note="theirs")
    assert settled.refusal is Refusal.CONFLICT_OF_INTEREST
    for word in ("unit: front-desk", HANGZHOU, "conflict", TEAMS.version, "another team"):
        assert word in (settled.explanation or "")
    person = town.act(case_id, "assign", assignee="clerk-101")
    assert person.refusal is Refusal.CONFLICT_OF_INTEREST
    assert "assignee: clerk-101 of front-desk" in (person.explanation or "")
    assert town.act(case_id, "transfer", unit="team:claims", note="ok").settlement == "accepted"


def test_a_clerk_may_give_the_station_what_only_names_it_and_somebody_watches(
    town: Stations,
) -> None:
    case_id = town.hear(None, "a", LEEDS, category=LATE)
    town.act(case_id, "transfer", unit="team:claims", note="broken")
    change = town.history(case_id)[-1]
    assert (change.team, change.inform) == ("claims", ("delivery",))


def test_a_correction_to_the_staffs_doing_takes_the_case_away_for_good(town: Stations) -> None:
    case_id = town.hear(None, "a", HANGZHOU, category=LATE)
    town.correct(case_id, cause=Cause.STAFF)
    assert town.case(case_id).team == "senior-desk"
    town.correct(case_id, cause=Cause.CUSTOMER)
    settled = town.act(case_id, "transfer", unit="team:front-desk", note="ours after all")
    assert settled.refusal is Refusal.CONFLICT_OF_INTEREST


def test_a_correction_that_would_lead_to_the_station_goes_past_it(town: Stations) -> None:
    case_id = town.hear(None, "a", LEEDS, category=RUDE)
    town.correct(case_id, category=Category.LOSS)
    assert town.case(case_id).team == "senior-desk"
    assert ("claims", "conflict_of_interest") in [
        (change.skipped, change.reason) for change in town.history(case_id)
    ]


def test_a_head_is_not_with_the_station_that_a_merged_case_is_about(town: Stations) -> None:
    head = town.hear(None, "a", waybill="SF1")
    child = town.hear(None, "b", HANGZHOU, category=RUDE, waybill="SF2")
    town.merge(head, child)
    assert town.children(head) == {child} or town.children(child) == {head}
    assert town.wrongs() == []
    assert town.case(head).team != "front-desk"


def test_what_a_merged_case_hears_later_counts_for_its_head(town: Stations) -> None:
    head = town.hear(None, "a", waybill="SF1")
    child = town.hear(None, "b", waybill="SF2", at=NOON.replace(hour=NOON.hour + 1))
    town.merge(head, child)
    assert town.case(head).team == "front-desk"
    town.hear(child, "c", HANGZHOU, category=RUDE)
    town.deliver()
    assert town.case(head).team == "senior-desk"


def test_a_case_of_an_incident_at_the_stations_hub_names_the_station(town: Stations) -> None:
    case_id = town.hear(None, "a", category=RUDE, team="claims")
    town.join(case_id, LEEDS)
    assert town.wrongs() == []
    assert town.case(case_id).team != "claims"


def test_an_appeal_is_not_decided_by_the_station(town: Stations) -> None:
    case_id = town.hear(None, "a", GUANGZHOU, category=RUDE)
    town.act(case_id, "resolve", note="ok")
    first = town.history(case_id)[0].contact
    town.act(case_id, "appeal", note="no", actor="customer", contact=first)
    town.deliver()
    appeal = town.case(case_id).appealed_by
    assert appeal is not None
    assert town.case(appeal).team == "task-force"
    assert town.case(appeal).stations


def test_a_reopened_case_is_not_with_the_station_that_it_became_about(town: Stations) -> None:
    case_id = town.hear(None, "a")
    town.act(case_id, "resolve", note="ok")
    town.hear(case_id, "b", HANGZHOU, category=RUDE)
    assert town.case(case_id).status == "reopened"
    assert town.case(case_id).team == "senior-desk"


def test_an_older_routers_contact_counts_by_its_form(town: Stations) -> None:
    case_id = town.hear(None, "a", "杭州 三站", category=RUDE)
    assert town.case(case_id).team == "senior-desk"
    assert clocks_of(town.case(case_id)).policies is not None


@pytest.mark.parametrize("seed", range(24))
def test_no_sequence_of_events_leaves_a_case_to_those_whom_it_is_about(seed: int) -> None:
    rng = Random(seed)
    town = Stations(rng)
    cases = [town.hear(None, f"first-{n}", waybill=f"SF{n}") for n in range(3)]
    for step in range(30):
        case_id = rng.choice(cases)
        _happen(town, rng, case_id, cases, step)
        town.deliver()
        assert town.wrongs() == [], f"after step {step}"


def _happen(town: Stations, rng: Random, case_id: str, cases: list[str], step: int) -> None:
    clerk, anybody = "clerk:clerk-901", sorted(TEAMS.teams)
    match rng.randrange(9):
        case 0 | 1:
            said = {"category": rng.choice((RUDE, LATE)), "team": rng.choice(anybody)}
            hub = rng.choice((None, *OWN))
            town.hear(case_id, f"more-{step}", hub, level=rng.randint(1, 4), **said)
        case 2:
            unit = f"team:{rng.choice(anybody)}"
            town.act(case_id, "transfer", unit=unit, note="n", actor=clerk)
        case 3:
            member = rng.choice(TEAMS.teams[rng.choice(anybody)].members)
            town.act(case_id, "assign", assignee=member, actor=clerk)
        case 4:
            town.correct(case_id, category=rng.choice((RUDE, LATE, Category.LOSS)))
        case 5:
            town.merge(case_id, rng.choice(cases))
        case 6:
            other = rng.choice([*town.children(case_id), *cases])
            town.unmerge(case_id, other)
        case 7:
            town.join(case_id, rng.choice(list(OWN)), f"I{step}", rng.randint(1, 4))
        case _:
            full = rng.sample(anybody, 3)
            town.loads = {who: 5 for team in full for who in TEAMS.teams[team].members}
            town.until(rng.choice((1, 5)) + (town.desk.clock.time - NOON).days)
