"""A storm: staff get digests, what is grave comes by itself, every complainant his own answer."""

from collections import defaultdict

import pytest

from services.notification.policy import load_policy
from tests.support.storm import GRAVE_EVERY, Told, answered, play, staff, without_storm_mode

CASES = 2000
GRAVE = CASES // GRAVE_EVERY


@pytest.fixture(scope="module")
def storm() -> Told:
    return play(CASES, load_policy())


def test_every_complainant_gets_an_acknowledgement_and_an_answer_of_his_own(storm: Told) -> None:
    assert answered(storm, "acknowledgement") == CASES
    assert answered(storm, "result") == CASES
    assert not [who for who in storm.bundled if who.startswith("contact:")]


def test_teams_get_few_messages_where_there_were_thousands(storm: Told) -> None:
    calm, stormy = dict(staff(play(200, without_storm_mode()))), dict(staff(storm))
    assert calm["team:senior-desk"] == 400  # each case: to be informed, and breached
    most = load_policy().storm.rates["team"].most
    times = 4 * 4 + 1  # quarters of four hours
    assert stormy["team:senior-desk"] <= times * (most + 2) + 2 * GRAVE
    assert stormy["team:claims"] <= times * (most + 2) + 2 * GRAVE
    assert stormy["team:head-office"] == 1  # the digest of the day


def test_what_is_grave_comes_by_itself_in_the_middle_of_the_storm(storm: Told) -> None:
    warned = storm.kinds["team:claims", "warning"]
    assert warned >= GRAVE
    assert storm.reasons["bundled:clock_warned"] == CASES - warned


def test_every_digest_that_was_named_is_asked_for_once_and_let_go(storm: Told) -> None:
    assert storm.named
    assert storm.digests == storm.named
    assert storm.due >= storm.digests


def test_the_cases_of_each_incident_are_told_of_together() -> None:
    told = play(300, load_policy(), incidents=2)
    of_digest: defaultdict[str, set[str]] = defaultdict(set)
    for digest, case_id, incident in told.incidents:
        assert incident == f"I{int(case_id.partition('-')[2]) % 2}"
        of_digest[digest].add(incident)
    assert all(len(names) == 1 for digest, names in of_digest.items() if digest not in told.daily)
    assert {name for one in of_digest.values() for name in one} == {"I0", "I1"}
