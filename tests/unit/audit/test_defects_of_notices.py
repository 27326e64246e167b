"""Somebody not told, or told twice: the audit finds it in what topics and collections hold."""

from dataclasses import dataclass, field

import pytest

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.notices import NoticesCheck
from services.audit.logic.places import Places, Span

CHANGED, REQUESTED, SETTLED = "changed", "requested", "settled"
IDS = {name: f"id-{name}" for name in (CHANGED, REQUESTED, SETTLED)}


@dataclass
class Told:
    """An installation that told three: N1 by mail, N2 at the second attempt; N3 was throttled."""

    requested: list[str] = field(default_factory=lambda: ["N1", "N2"])
    ends: list[tuple[str, str, int, bytes]] = field(
        default_factory=lambda: [
            ("N1", "sent", 1, b"1"),
            ("N2", "sent", 2, b"2"),
            ("N3", "suppressed", 0, b"3"),
        ]
    )
    rows: dict[str, bool] = field(default_factory=lambda: {"N1": True, "N2": True, "N3": False})
    claims: list[tuple[str, int] | tuple[str, int, str]] = field(
        default_factory=lambda: [("N1", 1), ("N2", 1), ("N2", 2)]
    )
    results: list[tuple[str, int, str]] = field(
        default_factory=lambda: [("N1", 1, "sent"), ("N2", 1, "unknown"), ("N2", 2, "sent")]
    )
    dead: list[int] = field(default_factory=list)
    notification_at: int = 100
    sender_at: int = 100
    aside: set[str] = field(default_factory=set)
    start: int = 0

    def audit(self) -> Findings:
        spans = {(name, 0): Span(self.start, 100) for name in IDS}
        positions = {(CHANGED, 0): self.notification_at, (REQUESTED, 0): self.sender_at}
        places = Places(IDS, spans, positions)
        check = NoticesCheck(places, REQUESTED, SETTLED, self.aside)
        for offset in self.dead:
            check.dead(f"{IDS[REQUESTED]}:0:{offset}")
        for offset, notice in enumerate(self.requested):
            check.requested(places.place(REQUESTED, 0, offset), notice)
        for end in self.ends:
            check.ended(*end)
        for offset, (notice, is_requested) in enumerate(self.rows.items()):
            check.row(notice, f"{IDS[CHANGED]}:0:{offset}", is_requested)
        for claim in self.claims:
            check.claim(*claim)
        for result in self.results:
            check.result(*result)
        return check.findings()

    def defects(self) -> list[tuple[Defect, str]]:
        return [(one.defect, one.id) for one in self.audit().listed]


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_good_history_has_no_defect_and_owns_up_to_its_possible_doubles(told: Told) -> None:
    found = told.audit()
    assert (found.violations, found.examined, found.waiting) == (0, 3, 0)
    assert "1 possible doubles" in found.title


def test_a_notice_that_was_asked_for_and_called_off_is_in_order(told: Told) -> None:
    told.requested.append("N4")
    told.rows["N4"] = True
    told.ends += [("N4", "requested", 0, b"4"), ("N4", "suppressed", 0, b"5")]
    told.results.append(("N4", 0, "suppressed"))
    assert told.defects() == []


def test_a_request_without_an_end_is_unsettled(told: Told) -> None:
    del told.ends[0]
    assert told.defects() == [(Defect.UNSETTLED, "N1")]


def test_a_request_that_sender_has_not_read_is_waiting(told: Told) -> None:
    del told.ends[0]
    told.sender_at = 0
    assert told.defects() == []
    assert told.audit().waiting == 1


def test_a_dead_letter_excuses_a_missing_end(told: Told) -> None:
    del told.ends[0]
    told.dead.append(0)
    assert told.defects() == []


def test_a_notice_requested_twice_is_doubled(told: Told) -> None:
    told.requested.append("N1")
    assert told.defects() == [(Defect.DOUBLED, "N1")]


def test_a_notice_that_ended_twice_is_doubled(told: Told) -> None:
    told.ends.append(told.ends[0])
    assert told.defects() == [(Defect.DOUBLED, "N1")]


def test_an_end_of_a_lane_may_be_told_again_with_the_same_bytes_only(told: Told) -> None:
    told.claims[0] = ("N1", 1, "0-17-9/email")
    told.ends.append(told.ends[0])
    assert told.defects() == []
    told.ends.append(("N1", "failed", 0, b"other"))
    assert told.defects()[0] == (Defect.DIFFERENT_BYTES, "N1")


def test_what_waits_for_its_provider_is_counted_and_no_defect(told: Told) -> None:
    told.requested.append("N4")
    told.rows["N4"] = True
    assert told.defects() == [(Defect.UNSETTLED, "N4")]
    told.aside = {"N4"}
    found = told.audit()
    assert (found.listed, "1 waiting for their provider" in found.title) == ([], True)


def test_two_different_ends_are_told_apart(told: Told) -> None:
    told.ends.append(("N1", "failed", 0, b"other"))
    assert told.defects()[0] == (Defect.DIFFERENT_BYTES, "N1")


@pytest.mark.parametrize("notice", ["N1", "N3"])
def test_a_decision_that_was_never_produced_is_found(told: Told, notice: str) -> None:
    told.requested = [one for one in told.requested if one != notice]
    told.ends = [end for end in told.ends if end[0] != notice]
    told.claims = [claim for claim in told.claims if claim[0] != notice]
    told.results = [result for result in told.results if result[0] != notice]
    assert told.defects() == [(Defect.NOT_PRODUCED, notice)]
    told.notification_at = 0
    assert told.defects() == []
    told.notification_at, told.start = 100, 50  # retention has taken the beginning
    assert told.defects() == []


def test_what_nobody_decided_is_undecided(told: Told) -> None:
    del told.rows["N1"]
    assert told.defects() == [(Defect.UNDECIDED, "N1")]


def test_two_attempts_that_were_both_sent_are_a_double(told: Told) -> None:
    told.claims.append(("N1", 2))
    told.results.append(("N1", 2, "sent"))
    assert told.defects() == [(Defect.DOUBLED, "N1")]


def test_a_provider_asked_without_a_claim_is_found(told: Told) -> None:
    told.claims.remove(("N1", 1))
    assert told.defects() == [(Defect.PHANTOM, "N1")]


def test_an_end_that_claims_more_than_was_done_is_found(told: Told) -> None:
    told.results[0] = ("N1", 1, "refused")
    assert told.defects() == [(Defect.PHANTOM, "N1")]


def test_an_attempt_that_was_claimed_after_one_had_been_sent_is_doubled(told: Told) -> None:
    told.claims.append(("N1", 2))
    assert told.defects() == [(Defect.DOUBLED, "N1")]


def test_an_attempt_after_one_that_came_back_is_in_order(told: Told) -> None:
    told.claims.append(("N1", 2))
    told.results += [("N1", -11, "undelivered"), ("N1", 2, "sent")]
    assert told.defects() == []


def test_what_was_claimed_twice_is_a_possible_double_before_it_has_an_end(told: Told) -> None:
    told.ends = [one for one in told.ends if one[0] != "N2"] + [("N2", "claimed", 0, b"2")]
    told.sender_at = 0
    told.results = [one for one in told.results if one[:2] != ("N2", 2)]
    assert "1 possible doubles" in told.audit().title


def test_an_attempt_that_was_refused_makes_no_possible_double(told: Told) -> None:
    told.ends[1] = ("N2", "sent", 1, b"2")
    told.results[1] = ("N2", 1, "refused")
    assert "possible doubles" not in told.audit().title
