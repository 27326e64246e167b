"""A complainant of whom nothing is known but where he lives: between them the table, the sender and
the printing service see to it that he is told what he must be; the rest is recorded."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from infra.catcher import Catcher
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from schemas.personal import Personal
from schemas.vocabulary import ChangeKind, Channel, ClockName
from services.domain.notice_store import Reach
from services.sender.channels.letter import LetterChannel
from services.sender.channels.port import Letter
from services.sender.no_letter import NoLetter
from services.sender.policy import load_policy
from tests.channels.providers import CLOCK, NAMES, SECONDS, SECRET
from tests.support.builders import at
from tests.unit.notification.test_logic import POLICY as TABLE
from tests.unit.notification.test_logic import a_change, a_told, decided
from tests.unit.sender.desk import SenderDesk, a_notice
from tests.unit.sender.office import Office

AT_HOME = Personal(name="李华", address="上海市静安区南京西路1号")
NUMBERS = count(1)


class PostDesk(SenderDesk):
    """A sender with a printing service and mail, for a complainant with a postal address alone."""

    def __init__(self, catcher: Catcher, office: Office) -> None:
        super().__init__()
        url = catcher.url("letters")
        printing = LetterChannel(url, SECRET, NAMES, CLOCK, SECONDS, allow_private=True)
        self.channels = {NoticeChannel.LETTER: printing, NoticeChannel.EMAIL: self.mail}
        self._office = office
        self.restart()

    def letters(
        self, notices: Sequence[NoticeRequested], texts: Sequence[str | None] = ()
    ) -> list[Letter | NoLetter]:
        """Write as the sender does."""
        return self._office.writer.letters(notices)


def told_of(catcher: Catcher, kind: ChangeKind, **fields: Any) -> tuple[str, str | None, list[str]]:
    """Return how the notice about a change ends, why, and the texts that the printer got."""
    office = Office(AT_HOME, channel=Channel.LETTER)
    contact_id = office.contact.contact_id
    reach = Reach(contact_id, "p1", "zh", Channel.LETTER, has_post=True)
    known = () if kind is ChangeKind.OPENED else (a_told("p1", channel="letter"),)
    contact = {"contact_id": contact_id}
    added = {"contact": contact} if kind is ChangeKind.OPENED else {}
    change = a_change(kind, 5, **added, **fields)
    (decision,) = (one for one in decided(change, *known, reach=reach) if one.to.who is not None)
    assert (decision.to.channel, decision.suppressed) == ("letter", None)
    office.happens(kind, **fields)
    desk = PostDesk(catcher, office)
    notice = a_notice(
        f"N{next(NUMBERS)}",
        kind=decision.kind,
        recipient=f"contact:{contact_id}",
        channel=decision.to.channel,
        mandatory=decision.mandatory,
        reason=decision.rule,
    )
    ((_, state, _, reason),) = desk.ends(notice)
    return state, reason, [one.text for one in catcher.box.messages("letter")]


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        (ChangeKind.OPENED, {}, "收到并登记"),
        (ChangeKind.RESOLVED, {"note": "快件已找到，明天送达。"}, "快件已找到，明天送达。"),
        (ChangeKind.REJECTED, {"note": "此事不属我司。"}, "此事不属我司。"),
        (ChangeKind.PROPOSED, {"note": "我们愿赔付 50 元。"}, "我们愿赔付 50 元。"),
        (ChangeKind.CUSTOMER_UPDATED, {"note": "正在查找。"}, "正在查找。"),
        (
            ChangeKind.EXTENDED,
            {"note": "还需时日。", "clock": ClockName.STATUTORY, "due_at": at(days=9)},
            "还需时日。",
        ),
    ],
)
def test_what_must_be_told_comes_by_letter(
    catcher: Catcher, kind: ChangeKind, fields: dict[str, Any], says: str
) -> None:
    state, _, (text,) = told_of(catcher, kind, **fields)
    assert state == "sent"
    assert "".join(says.split()) in "".join(text.split())
    assert "上海市静安区南京西路1号" in text


@pytest.mark.parametrize(
    "kind",
    [
        ChangeKind.ACKNOWLEDGED,
        ChangeKind.ASSIGNED,
        ChangeKind.INVESTIGATION_STARTED,
        ChangeKind.TRANSFERRED,
        ChangeKind.SURVEY_REQUESTED,
    ],
)
def test_what_makes_no_sense_on_paper_is_not_printed_and_the_reason_is_recorded(
    catcher: Catcher, kind: ChangeKind
) -> None:
    assert told_of(catcher, kind) == ("suppressed", "not_for_this_channel", [])


def test_the_lines_that_go_by_letter_are_lines_of_the_table() -> None:
    only = load_policy().channels[NoticeChannel.LETTER].only
    assert only is not None
    lines = {rule.rule for rules in TABLE.changes.values() for rule in rules}
    assert set(only.rules) <= lines


def test_a_kind_without_a_letter_is_not_printed_even_when_it_is_mandatory(catcher: Catcher) -> None:
    office = Office(AT_HOME)
    recipient = f"contact:{office.contact.contact_id}"
    notice = a_notice(kind="survey", channel=NoticeChannel.LETTER, recipient=recipient)
    assert PostDesk(catcher, office).ends(notice) == [("N1", "suppressed", 0, "not_over_letter")]
    assert catcher.box.messages() == []


def test_a_notice_that_is_not_for_paper_goes_the_way_that_is_left(catcher: Catcher) -> None:
    """Who has mail as well gets it there."""
    office = Office(AT_HOME.model_copy(update={"email": "li@example.com"}))
    desk = PostDesk(catcher, office)
    notice = a_notice(
        kind="survey",
        channel=NoticeChannel.LETTER,
        fallback=(NoticeChannel.EMAIL,),
        mandatory=False,
        recipient=f"contact:{office.contact.contact_id}",
    )
    ((_, state, _, _),) = desk.ends(notice)
    assert (state, desk.mail.sent) == ("sent", ["N1"])
