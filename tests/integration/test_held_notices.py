"""On real Kafka and MongoDB: what is held is sent once, what is not sent says its rule."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from schemas.vocabulary import ChangeKind, ClockName
from services.adapters.case_notices import MongoCaseNotices
from services.domain.notice_why import line_of
from tests.integration.test_notices import Office, catcher, office
from tests.support.builders import TENANT
from tests.unit.notification.test_logic import a_change

__all__ = ["catcher", "office"]
pytestmark = [pytest.mark.timeout(240)]


def test_what_is_held_over_quiet_hours_is_sent_once_when_they_end_and_the_line_says_so(
    office: Office,
) -> None:
    begun = time.monotonic()
    office.sender()
    # Long enough for another start and all that is to happen before, on a slow machine too.
    quiet = timedelta(seconds=round(max(12, 6 * (time.monotonic() - begun))))
    ends = datetime.now(UTC).replace(microsecond=0) + quiet
    office.notification(COMPLAINTS_NOTIFICATION_POLICY=str(office.quiet_until(ends)))
    (contact,) = office.contacts(1)
    case_id = f"case-{contact.contact_id}"
    office.opened([contact])
    office.happens(a_change(ChangeKind.INVESTIGATION_STARTED, 2, case_id=case_id))
    (acknowledged,) = office.wait_for(1)
    assert acknowledged.kind == "acknowledgement"  # mandatory: it does not wait
    held = next(one for one in office.requested() if one.kind == "progress")
    assert held.not_before == ends
    notices = MongoCaseNotices(office.namespace.database)
    line = line_of(notices.of_case(TENANT, case_id)[1], datetime.now(UTC), UTC, "en")
    # By now the sender may have looked at it, and said that it rests.
    assert "held for quiet hours; by rule investigating; " in line
    assert f"until {ends:%Y-%m-%d %H:%M}" in line
    progress = office.wait_for(2)[1]
    assert (progress.kind, progress.state, progress.attempts) == ("progress", "sent", 1)
    assert progress.at >= ends
    assert office.arrived() == {"c0@example.com": 2}
    found = office.audited()
    assert (found.examined, found.waiting, found.listed) == (2, 0, [])


def test_every_non_action_is_settled_with_its_rule_and_teams_are_told(office: Office) -> None:
    office.notification()
    office.sender()
    (contact,) = office.contacts(1, email="only@example.com")
    case_id = f"case-{contact.contact_id}"
    again = {"contact_id": contact.contact_id, "person": contact.person}
    unknown = {"contact_id": "nobody", "person": None}
    office.opened([contact])
    office.happens(
        a_change(ChangeKind.CONTACT_ADDED, 2, case_id=case_id, contact=again),
        a_change(ChangeKind.CONTACT_ADDED, 3, case_id=case_id, contact=again),
        a_change(ChangeKind.CONTACT_ADDED, 4, case_id=case_id, contact=unknown),
        a_change(
            ChangeKind.CLOCK_WARNED, 5, case_id=case_id, team="claims", clock=ClockName.RESOLUTION
        ),
    )
    ends = office.wait_for(5)
    assert Counter((one.kind, one.state, one.reason) for one in ends) == {
        ("acknowledgement", "sent", None): 1,
        ("progress", "sent", None): 1,
        ("progress", "suppressed", "throttled:further_contact"): 1,
        ("acknowledgement", "suppressed", "contact_unknown"): 1,
        ("warning", "sent", None): 1,
    }
    assert office.arrived() == {"only@example.com": 2, "team:claims": 1}
    found = office.audited()
    assert (found.examined, found.waiting, found.listed) == (5, 0, [])
