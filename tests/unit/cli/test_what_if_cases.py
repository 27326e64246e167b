"""What a candidate would change of cases: their levels, their teams and the clocks they miss."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from schemas.cases import CaseState
from schemas.judgements import Reviewed
from schemas.ledger import CaseClocks, ClockRun
from schemas.tasks import Task, TaskWanted
from schemas.vocabulary import ClockName
from services.cases import levels
from services.cli.__main__ import cli
from services.cli.policies.breaches import dues_of
from services.cli.policies.standing import Made, as_it_would_stand
from services.dedup import policy as dedup
from services.domain import teams
from services.domain.clocks import policy as sla
from services.domain.clocks.book import open_book
from services.domain.clocks.stages import clocks_of
from services.domain.incidents import policy as incidents
from services.routing import policy as routing
from tests.support.builders import at
from tests.unit.sla.states import a_state

DAMAGED = "杯子收到就碎了,外箱是湿的,要求赔偿。"
LATE = "快件三天没有更新,请查一下。"
FIRE = (
    "听说潍坊转运中心着火了,我的快件还在吗",
    "我的包裹停在潍坊转运中心,网上说失火了",
    "潍坊转运中心火灾,里面有我的电脑",
    "物流显示到潍坊转运中心,那边起火了是真的吗",
    "潍坊转运中心那场大火,我的生鲜还有吗",
)
Line = dict[str, object]


def what_if(folder: Path, lines: list[Line], *policies: Path, more: tuple[str, ...] = ()) -> Result:
    file = folder / "stream.jsonl"
    file.write_text("\n".join(json.dumps({"channel": "phone", **one}) for one in lines))
    named = [word for policy in policies for word in ("--policy", str(policy))]
    arguments = ["what-if", *named, "--from", str(file), *more]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


def told(folder: Path, lines: list[Line], *policies: Path, more: tuple[str, ...] = ()) -> str:
    result = what_if(folder, lines, *policies, more=more)
    assert result.return_value == 0, result.exception or result.output
    return result.stdout


def changed(folder: Path, shipped: Path, *swaps: tuple[str, str]) -> Path:
    text = shipped.read_text(encoding="utf-8")
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / f"new-{shipped.parent.name}-{shipped.name}"
    file.write_text(text, encoding="utf-8")
    return file


def contact(name: str, day: int, text: str = LATE, **more: object) -> Line:
    return {"id": name, "text": text, "at": f"2026-03-{day:02}T10:00:00+08:00", **more}


def test_a_team_that_works_by_the_clock_is_late_where_one_with_hours_was_not(
    tmp_path: Path,
) -> None:
    lines = [contact("a", 2, DAMAGED, answered_at="2026-03-04T10:00:00+08:00")]
    policy = changed(tmp_path, routing.SHIPPED, ("team: claims", "team: task-force"))
    page = tmp_path / "page.html"
    report = told(tmp_path, lines, policy, more=("--html", str(page)))
    assert "team of the case: 1 cases" in report
    assert "a: team of its case claims → task-force" in report
    assert "team kept → team missed" in report
    assert "a: team due 2026-03-05 09:00 UTC → 2026-03-03 06:00 UTC, would be missed" in report
    html = page.read_text(encoding="utf-8")
    assert "<h2>Expected breaches by clock</h2>" in html
    assert "<li>The answer comes when it came, whoever leads" in html
    assert "<li>No team has a capacity" in html


def test_a_route_that_asks_a_partner_gives_him_a_clock_that_he_may_miss(tmp_path: Path) -> None:
    lines = [
        contact("a", 2, "not delivered", destination="London", answered_at="2026-03-20T10:00:00Z")
    ]
    cities = "cities: [London, Manchester, Birmingham, 伦敦, 曼彻斯特, 伯明翰]"
    policy = changed(tmp_path, routing.SHIPPED, (cities, "cities: [Manchester]"))
    report = told(tmp_path, lines, policy)
    assert "a: team international → front-desk, tasks partner:gb destination → nobody" in report
    assert "task missed → no task" in report


def test_a_team_that_is_full_leaves_cases_to_the_next_one_up(tmp_path: Path) -> None:
    lines = [contact(f"c{number}", 2, DAMAGED, customer=f"p{number}") for number in range(4)]
    room = "calendar: cn-office\n    members: [clerk-201"
    policy = changed(tmp_path, teams.SHIPPED, (room, f"capacity: 1\n    {room}"))
    report = told(tmp_path, lines, policy, more=("--as-of", "2026-03-02T11:00:00+08:00"))
    assert "4 contacts, 0 (0.0%) would be decided otherwise" in report
    assert "4 cases; 1 would have another level or team" in report
    assert "claims → senior-desk" in report
    assert "every desk is empty when the replay begins" in report
    answered = [one | {"answered_at": "2026-03-02T10:00:00+08:00"} for one in lines]
    assert "would have another" not in told(tmp_path, answered, policy)


def test_hours_that_both_files_say_are_tried_together_and_one_alone_is_refused(
    tmp_path: Path,
) -> None:
    lines = [contact("a", 2, DAMAGED, answered_at="2026-03-04T10:00:00+08:00")]
    hours = ("calendar: cn-office\n    members: [clerk-201", "members: [clerk-201")
    own = changed(tmp_path, teams.SHIPPED, hours)
    clocks = changed(
        tmp_path, sla.SHIPPED, ("  task-force: always", "  task-force: always\n  claims: always")
    )
    refused = what_if(tmp_path, lines, own)
    assert "write the same in both" in str(refused.exception)
    report = told(tmp_path, lines, own, clocks)
    assert "0 (0.0%) would be decided otherwise" in report
    assert "team kept → team missed" in report


def test_levels_that_rise_sooner_shorten_the_limits_of_those_who_ask_again(tmp_path: Path) -> None:
    lines = [
        contact("a", 2, customer="c", waybill="SF1302847561029"),
        contact("b", 3, customer="c", waybill="SF1302847561029"),
    ]
    policy = changed(tmp_path, levels.SHIPPED, ("{2: 2, 3: 3}", "{2: 4, 3: 4}"))
    report = told(tmp_path, lines, policy, more=("--as-of", "2026-03-03T11:00:00+08:00"))
    assert "2 contacts, 0 (0.0%) would be decided otherwise" in report
    assert "a: level of its case 2 → 4" in report
    assert "a: team of its case front-desk → task-force" in report
    assert "resolution kept → resolution missed" in report
    soon = "acknowledgement 1, next_update 1, resolution 1"
    assert f"clocks that would be due sooner: {soon}" in report


def test_a_contact_after_the_answer_asks_about_another_matter(tmp_path: Path) -> None:
    lines = [
        contact(
            "a", 2, customer="c", waybill="SF1302847561029", answered_at="2026-03-02T09:00:00Z"
        ),
        contact("b", 4, customer="c", waybill="SF1302847561029"),
    ]
    policy = changed(tmp_path, levels.SHIPPED, ("{2: 2, 3: 3}", "{2: 4, 3: 4}"))
    assert "would have another" not in told(tmp_path, lines, policy)


def test_an_incident_that_is_no_longer_one_takes_its_level_from_the_cases(tmp_path: Path) -> None:
    lines = [
        contact(f"c{number}", 2, text, customer=f"p{number}") for number, text in enumerate(FIRE)
    ]
    policy = changed(tmp_path, incidents.SHIPPED, ("least_cases: 4", "least_cases: 6"))
    report = told(tmp_path, lines, policy)
    assert "1 incidents of 5 cases, 0 of 0 would be" in report
    assert "an incident, would be none" in report
    assert "5 cases; " in report
    assert "level of the case" in report
    assert "incidents by the rule alone" in report


def test_cases_that_dedup_parts_have_clocks_of_their_own(tmp_path: Path) -> None:
    text = dedup.SHIPPED.read_text(encoding="utf-8")
    swaps = []
    for window in ("waybill_window_days", "person_window_days"):
        value = text.partition(f"\n{window}: ")[2].partition("\n")[0]
        swaps.append((f"\n{window}: {value}", f"\n{window}: 1"))
    policy = changed(tmp_path, dedup.SHIPPED, *swaps)
    lines = [
        contact(name, day, customer="c", waybill="SF1302847561029")
        for name, day in (("a", 2), ("b", 9))
    ]
    report = told(tmp_path, lines, policy, more=("--as-of", "2026-03-20"))
    assert "1 cases, 2 would be" in report
    assert "a: level of its case 2 → 1" in report
    assert "no resolution → resolution missed" in report
    assert "both sides decide from nothing" in report


def test_against_a_kind_that_no_candidate_is_of_is_refused(tmp_path: Path) -> None:
    more = ("--against", str(sla.SHIPPED))
    refused = what_if(tmp_path, [contact("a", 2)], routing.SHIPPED, more=more)
    assert "--against has a sla policy, but no --policy is one" in str(refused.exception)


# ------------------------------------------------------------------- cases as they really stand

BEFORE = Made(1, "claims", None, ())
AFTER = Made(2, "billing", None, ())


def stood(**changed: object) -> CaseState:
    team = ClockRun(clock=ClockName.TEAM, holder="claims", since=at(hours=-10))
    clocks = CaseClocks(runs=(team,))
    known = a_state(opened_at=at(hours=-10), level=1, team="claims", clocks=clocks)
    return as_it_would_stand(known.model_copy(update=changed), BEFORE, AFTER)


def test_what_a_case_has_of_its_contacts_follows_the_candidate() -> None:
    made = stood()
    assert (made.level, made.team) == (2, "billing")
    assert [run.holder for run in clocks_of(made).runs] == ["billing"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("level", 3),
        ("reviewed", Reviewed(seq=2, at=at(hours=-1), covers=1, askings=1)),
    ],
)
def test_a_level_of_a_person_an_incident_or_an_asking_stays(field: str, value: object) -> None:
    assert stood(**{field: value}).level == (value if field == "level" else 1)


def test_a_team_that_a_case_was_handed_to_stays() -> None:
    made = stood(team="senior-desk")
    assert made.team == "senior-desk"
    assert [run.holder for run in clocks_of(made).runs] == ["claims"]


def task(number: int, part: str) -> Task:
    return Task(number=number, holder="partner:gb", part=part, since=at(hours=-9))


def test_what_a_clerk_asked_stays_whatever_the_route_asks() -> None:
    asked, routed = task(1, "asked"), task(2, "destination")
    clocks = CaseClocks(tasks=(asked, routed))
    state = a_state(opened_at=at(hours=-10), level=1, team="claims", clocks=clocks)
    gives = Made(1, "claims", None, (task(1, "destination"),))
    nobody, us = BEFORE, TaskWanted(holder="partner:us", part="transit")
    instead = Made(1, "claims", None, (Task(number=1, since=at(hours=-9), **us.model_dump()),))
    assert clocks_of(as_it_would_stand(state, gives, nobody)).tasks == (asked,)
    found = clocks_of(as_it_would_stand(state, gives, instead)).tasks or ()
    assert [(one.number, one.holder) for one in found] == [(1, "partner:gb"), (3, "partner:us")]


def test_a_partner_asked_by_route_and_clerk_has_two_clocks_in_the_sums() -> None:
    clocks = CaseClocks(tasks=(task(1, "asked"), task(2, "destination")))
    state = a_state(opened_at=at(hours=-10), level=1, team="claims", clocks=clocks)
    dues = dues_of(state, open_book().terms(None), at())
    assert {"task partner:gb", "task partner:gb 1"} <= dues.keys()
