"""The table of notices: who is told what about a change, and who is not, and why."""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from schemas.added import ContactAdded
from schemas.cases import CaseChanged
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.vocabulary import CaseStatus, ChangeKind, Channel, Relation
from services.domain.errors import SettingsError
from services.domain.languages import language_of
from services.domain.notice_store import NOWHERE, Reach, Standing, Told
from services.domain.preferences import NOTHING_CHOSEN, Preferences
from services.domain.teams import load_teams
from services.notification.gates import Moment
from services.notification.logic import Decision, decide, notice_id_of
from services.notification.policy import load_policy
from services.notification.recipients import Around
from tests.support.builders import TENANT, at

POLICY = load_policy()
TEAMS = load_teams()
ADDED = {"contact_id": "c1", "relation": Relation.NEW, "channel": Channel.PHONE}


def a_change(kind: ChangeKind, seq: int = 5, **fields: Any) -> CaseChanged:
    """Return a change; contact kinds bring contact ``c1`` of person ``p1`` unless told."""
    if kind in (ChangeKind.OPENED, ChangeKind.CONTACT_ADDED):
        contact = ADDED | {"received_at": at(), "person": "p1"} | fields.pop("contact", {})
        fields["contact"] = ContactAdded(**contact)
    known: dict[str, Any] = {
        "tenant": TENANT,
        "case_id": "case-1",
        "seq": seq,
        "at": at(hours=100),
        "kind": kind,
        "actor": "system",
        "status": CaseStatus.RECEIVED,
    }
    return CaseChanged(**(known | fields))


def a_reach(**fields: Any) -> Reach:
    known = {"contact_id": "c1", "person": "p1", "language": "zh", "channel": "phone"}
    return Reach(**(known | {"has_email": True} | fields))


def a_told(who: str = "p1", seq: int = 1, **fields: Any) -> Told:
    known: dict[str, Any] = {
        "kind": "acknowledgement",
        "at": at(),
        "is_requested": True,
        "contact_id": f"c-{who}",
        "channel": "email",
        "language": "zh",
    }
    return Told(who=who, seq=seq, **(known | fields))


NOON_IN_CHINA = at(hours=-8)


def decided(
    change: CaseChanged,
    *known: Told,
    reach: Reach | None = None,
    standing: Standing = NOWHERE,
    chosen: Preferences = NOTHING_CHOSEN,
    now: datetime = NOON_IN_CHINA,
    sent: dict[str, int] | None = None,
) -> list[Decision]:
    around = Around(reach, known, standing, {"p1": chosen})
    return decide(change, around, POLICY, TEAMS, Moment(now, Counter(sent or {})))


def told(decisions: list[Decision]) -> list[tuple[str, str, str | None]]:
    """Kind, recipient, and why it is not sent."""
    return [(one.kind, one.to.name, one.suppressed) for one in decisions]


# ------------------------------------------------------------------ complainants


def test_whoever_opens_a_case_gets_an_acknowledgement() -> None:
    (one,) = decided(a_change(ChangeKind.OPENED, seq=1), reach=a_reach())
    assert (one.kind, one.to.name) == (NoticeKind.ACKNOWLEDGEMENT, "contact:c1")
    assert (one.to.channel, one.mandatory, one.rule) == ("email", True, "first_contact")


def test_a_second_complainant_gets_an_acknowledgement_of_his_own() -> None:
    change = a_change(
        ChangeKind.CONTACT_ADDED,
        contact={"contact_id": "c9", "person": "p9", "relation": Relation.SECOND_COMPLAINANT},
    )
    reach = a_reach(contact_id="c9", person="p9")
    assert told(decided(change, a_told("p1"), reach=reach)) == [
        ("acknowledgement", "contact:c9", None)
    ]


@pytest.mark.parametrize("relation", [Relation.REPEAT, Relation.NEW_FACT])
def test_a_further_contact_gets_progress(relation: Relation) -> None:
    change = a_change(ChangeKind.CONTACT_ADDED, contact={"relation": relation})
    (one,) = decided(change, a_told("p1"), reach=a_reach())
    assert (one.kind, one.suppressed, one.mandatory) == ("progress", None, False)


def test_a_first_contact_that_arrives_late_is_acknowledged_whatever_dedup_called_it() -> None:
    change = a_change(ChangeKind.CONTACT_ADDED, contact={"relation": Relation.REPEAT})
    assert told(decided(change, a_told("p2"), reach=a_reach())) == [
        ("acknowledgement", "contact:c1", None)
    ]


def test_progress_within_the_window_is_throttled_by_its_rule() -> None:
    change = a_change(ChangeKind.CONTACT_ADDED, contact={"relation": Relation.REPEAT})
    recent = a_told("p1", seq=3, kind="progress", at=at(hours=90))
    (one,) = decided(change, a_told("p1"), recent, reach=a_reach())
    assert one.suppressed == "throttled:further_contact"


def test_progress_after_the_window_is_sent_again() -> None:
    change = a_change(ChangeKind.ACKNOWLEDGED)
    old = a_told("p1", seq=3, kind="progress", at=at(hours=76))
    assert told(decided(change, a_told("p1"), old)) == [("progress", "contact:c-p1", None)]


def test_what_was_throttled_itself_does_not_throttle() -> None:
    silent = a_told("p1", seq=3, kind="progress", at=at(hours=99), is_requested=False)
    assert told(decided(a_change(ChangeKind.ASSIGNED), silent))[0][2] is None


def test_one_complainant_does_not_throttle_another() -> None:
    recent = a_told("p2", seq=3, kind="progress", at=at(hours=99))
    change = a_change(ChangeKind.ACKNOWLEDGED)
    assert told(decided(change, a_told("p1"), recent)) == [
        ("progress", "contact:c-p1", None),
        ("progress", "contact:c-p2", "throttled:taken_up"),
    ]


def test_the_result_goes_to_every_complainant_once_and_is_never_throttled() -> None:
    known = (
        a_told("p1", 1),
        a_told("p2", 2),
        a_told("p1", 3, kind="progress", at=at(hours=99)),
        a_told("p1", 4, kind="result", at=at(hours=99)),
    )
    results = decided(a_change(ChangeKind.RESOLVED, note="赔付 50 元"), *known)
    assert told(results) == [("result", "contact:c-p1", None), ("result", "contact:c-p2", None)]
    assert all(one.mandatory for one in results)


@pytest.mark.parametrize("kind", [ChangeKind.CLOSED, ChangeKind.NOTED])
def test_nobody_is_told_of_what_the_table_leaves_empty(kind: ChangeKind) -> None:
    assert decided(a_change(kind), a_told("p1")) == []


def test_rows_of_later_changes_do_not_count() -> None:
    later = a_told("p7", seq=9)
    assert decided(a_change(ChangeKind.RESOLVED, seq=5), later) == []


# ------------------------------------------------------------------ over what


@pytest.mark.parametrize(
    ("has", "channel"),
    [
        ({"has_email": True, "has_phone": True}, "email"),
        ({"has_email": False, "has_phone": True}, "sms"),
        ({"has_email": False, "has_account": True, "channel": "app"}, "push"),
        ({"has_email": False, "has_account": True, "channel": "letter"}, "none"),
        ({"has_email": False, "has_post": True, "channel": "letter"}, "letter"),
        ({"has_email": False, "has_phone": True, "has_post": True, "channel": "letter"}, "sms"),
        ({"has_email": False}, "none"),
    ],
)
def test_the_first_way_that_fits_is_taken(has: dict[str, Any], channel: str) -> None:
    (one,) = decided(a_change(ChangeKind.OPENED, seq=1), reach=a_reach(**has))
    assert one.to.channel == channel
    assert (one.suppressed == "no_address") == (channel == "none")


def test_a_contact_that_nobody_knows_is_recorded_as_such() -> None:
    (one,) = decided(a_change(ChangeKind.OPENED, seq=1), reach=None)
    assert (one.to.channel, one.suppressed) == (NoticeChannel.NONE, "contact_unknown")


def test_a_person_is_told_at_the_best_address_of_all_their_contacts() -> None:
    change = a_change(ChangeKind.CONTACT_ADDED, contact={"contact_id": "c2"})
    reach = a_reach(contact_id="c2", has_email=False, has_phone=True)
    (one,) = decided(change, a_told("p1", contact_id="c1", channel="email"), reach=reach)
    assert (one.to.name, one.to.channel) == ("contact:c1", "email")


def test_of_equally_good_addresses_the_newest_counts() -> None:
    known = (a_told("p1", 1, contact_id="c1"), a_told("p1", 2, contact_id="c2", language="en"))
    (one,) = decided(a_change(ChangeKind.RESOLVED), *known)
    assert (one.to.name, one.to.language) == ("contact:c2", "en")


def test_somebody_without_an_address_is_recorded_for_every_notice() -> None:
    known = a_told("c3", channel="none", contact_id="c3", is_requested=False)
    assert told(decided(a_change(ChangeKind.RESOLVED), known)) == [
        ("result", "contact:c3", "no_address")
    ]


# ------------------------------------------------------------------ ids, language, policy


def test_the_same_decision_has_the_same_id_and_another_one_another() -> None:
    same = [notice_id_of(TENANT, "case", 3, "result", "contact:c") for _ in range(2)]
    others = {
        notice_id_of("other", "case", 3, "result", "contact:c"),
        notice_id_of(TENANT, "case", 4, "result", "contact:c"),
        notice_id_of(TENANT, "case", 3, "progress", "contact:c"),
        notice_id_of(TENANT, "case", 3, "result", "contact:d"),
    }
    assert same[0] == same[1]
    assert len(others | {same[0]}) == 5


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        (None, "快件还没有到", "zh"),
        (None, "where is it", "en"),
        (None, "Where is 快件", "zh"),
        ("zh_CN", "hello", "zh"),
        ("en-GB", "你好", "en"),
        ("de", "Wo ist mein Paket", "en"),
        (" ", "你好", "zh"),
    ],
)
def test_the_language_is_the_declared_one_else_that_of_the_text(
    declared: str | None, text: str, language: str
) -> None:
    assert language_of(declared, text) == language


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ("  noted: []\n", "nothing is said about noted"),
        ("from_level: 4", "from_level"),
    ],
)
def test_a_table_that_is_not_whole_is_refused(tmp_path: Any, changed: str, problem: str) -> None:
    from services.notification.policy import SHIPPED

    broken = SHIPPED.read_text().replace(changed, "from_level: 9" if "level" in changed else "")
    (tmp_path / "policy.yaml").write_text(broken)
    with pytest.raises(SettingsError, match=problem):
        load_policy(tmp_path / "policy.yaml")


def test_what_is_mandatory_cannot_be_throttled(tmp_path: Any) -> None:
    from services.notification.policy import SHIPPED

    text = SHIPPED.read_text().replace(
        "whom: complainants, mandatory: true", "whom: complainants, mandatory: true, every_hours: 1"
    )
    (tmp_path / "policy.yaml").write_text(text)
    with pytest.raises(SettingsError, match="not throttled"):
        load_policy(tmp_path / "policy.yaml")
