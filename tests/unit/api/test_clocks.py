"""The time limits of a case over the API: due times, and the intervals that prove them."""

from datetime import datetime, timedelta
from itertools import pairwise

from tests.support.api_desk import Desk


def test_a_case_explains_each_of_its_clocks(desk: Desk) -> None:
    case_id = desk.case_of(desk.send())
    answer = desk.client.get(f"/v1/cases/{case_id}/clocks")
    assert answer.status_code == 200
    body = answer.json()
    assert body["policies"]["sla"].startswith("sla-")
    clocks = {one["clock"]: one for one in body["clocks"]}
    assert set(clocks) == {"statutory", "acknowledgement", "next_update", "resolution", "team"}
    law = clocks["statutory"]
    assert (law["amount"], law["unit"], law["is_law"]) == (7, "days", True)
    opened = datetime.fromisoformat(law["started_at"])
    assert datetime.fromisoformat(law["due_at"]) == opened + timedelta(days=7)
    assert not clocks["resolution"]["is_law"]


def test_the_intervals_tile_the_time_and_those_worked_sum_to_the_limit(desk: Desk) -> None:
    case_id = desk.case_of(desk.send())
    clocks = desk.client.get(f"/v1/cases/{case_id}/clocks").json()["clocks"]
    (resolution,) = (one for one in clocks if one["clock"] == "resolution")
    intervals = resolution["intervals"]
    for earlier, later in pairwise(intervals):
        assert earlier["end"] == later["begin"]
    assert (intervals[0]["begin"], intervals[-1]["end"]) == (
        resolution["started_at"],
        resolution["due_at"],
    )
    assert sum(one["minutes"] for one in intervals if one["kind"] == "worked") == 37.5 * 60


def test_it_is_told_in_words_of_either_language(desk: Desk) -> None:
    case_id = desk.case_of(desk.send())
    for language, words in (("zh", ["法定时限", "办结时限"]), ("en", ["Legal limit", "by law"])):
        told = "\n".join(
            desk.client.get(f"/v1/cases/{case_id}/clocks?lang={language}").json()["words"]
        )
        assert all(word in told for word in words)


def test_a_case_tells_how_the_limits_of_cases_merged_into_it_stand(desk: Desk) -> None:
    head = desk.case_of(desk.send(waybill="SF1300000000001"))
    desk.clock.advance(60)
    child = desk.case_of(desk.send(waybill="SF1300000000035", customer="d", text="丢了一个包裹"))
    assert desk.act(head, "merge", other=child).status_code == 200
    body = desk.client.get(f"/v1/cases/{head}/clocks?lang=en").json()
    (clocks,) = body["merged"].values()
    assert {"statutory", "resolution"} <= {one["clock"] for one in clocks}
    told = "\n".join(body["words"])
    assert f"Merged case {child}" in told
    assert told.count("Legal limit: due") == 2
    told = desk.client.get(f"/v1/cases/{child}/clocks").json()
    assert told["merged_into"] == head
    assert f"本案已并入 {head}" in told["words"][2]


def test_what_is_no_case_or_no_zone_is_said(desk: Desk) -> None:
    assert desk.client.get("/v1/cases/C0000000000000000/clocks").status_code == 404
    case_id = desk.case_of(desk.send())
    refused = desk.client.get(f"/v1/cases/{case_id}/clocks?zone=Mars/Base")
    assert refused.status_code == 422
    assert refused.json()["rule"] == "unknown_zone"


def test_times_are_shown_in_the_zone_that_is_asked_for(desk: Desk) -> None:
    case_id = desk.case_of(desk.send())
    told = desk.client.get(f"/v1/cases/{case_id}/clocks?lang=en&zone=Europe/London").json()
    assert "(Europe/London)" in told["words"][0]
