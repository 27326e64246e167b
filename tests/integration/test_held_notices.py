"""Quiet hours on real Kafka and MongoDB: held, then sent once."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.vocabulary import ChangeKind
from services.adapters.case_notices import MongoCaseNotices
from services.domain.notice_why import line_of
from tests.integration.test_notices import Office, catcher, office
from tests.support.builders import TENANT
from tests.unit.notification.test_logic import a_change

__all__ = ["catcher", "office"]
pytestmark = [pytest.mark.timeout(180)]


def test_what_is_held_over_quiet_hours_is_sent_once_when_they_end_and_the_line_says_so(
    office: Office,
) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=12)
    office.notification(COMPLAINTS_NOTIFICATION_POLICY=str(office.quiet_until(ends)))
    office.sender()
    (contact,) = office.contacts(1)
    case_id = f"case-{contact.contact_id}"
    office.opened([contact])
    office.happens(a_change(ChangeKind.PROPOSED, 2, case_id=case_id))
    (acknowledged,) = office.wait_for(1)
    assert acknowledged.kind == "acknowledgement"  # mandatory: it does not wait
    held = next(one for one in office.requested() if one.kind == "progress")
    assert held.not_before == ends
    notices = MongoCaseNotices(office.namespace.database)
    line = line_of(notices.of_case(TENANT, case_id)[1], datetime.now(UTC), UTC, "en")
    assert "held for quiet hours; by rule proposed; until" in line
    progress = office.wait_for(2)[1]
    assert (progress.kind, progress.state, progress.attempts) == ("progress", "sent", 1)
    assert progress.at >= ends
    assert office.arrived() == {"c0@example.com": 2}
    found = office.audited()
    assert (found.examined, found.waiting, found.listed) == (2, 0, [])
