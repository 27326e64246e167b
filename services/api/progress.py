"""What a customer may know about a case, in words. Pure.

Somebody else's part of the case does not exist here: no contact of another person, nothing
from before one's own first contact, no clerk's note, no clerk's name. The answer given is
shown only while the case has one complainant, because it may speak about the other one. So is what
we wait for from the customer.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from schemas.cases import CaseChanged, CaseState
from schemas.contacts import ContactReceived
from schemas.vocabulary import CaseStatus, ChangeKind
from services.api.forms import OwnContact, Step, TrackingAnswer

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_SUMMARY: Final[dict[CaseStatus, tuple[str, str]]] = {
    CaseStatus.RECEIVED: ("我们已收到您的投诉，正在安排处理。", "We have received your complaint."),
    CaseStatus.ASSIGNED: ("已有专人负责您的投诉。", "Someone is in charge of your complaint."),
    CaseStatus.ACKNOWLEDGED: ("我们正在处理您的投诉。", "We are working on your complaint."),
    CaseStatus.INVESTIGATING: ("我们正在调查您反映的问题。", "We are looking into it."),
    CaseStatus.WAITING: (
        "我们正在等待处理所需的信息。",
        "We are waiting for something we need to go on.",
    ),
    CaseStatus.PROPOSED: ("我们已提出解决方案。", "We have proposed a solution."),
    CaseStatus.REJECTED: (
        "我们已作出答复，未支持您的诉求。",
        "We have answered; we did not accept the complaint.",
    ),
    CaseStatus.TRANSFERRED: (
        "您的投诉已转给负责的单位处理，时限照常计算。",
        "Your complaint was passed to the unit in charge; its time limits run on.",
    ),
    CaseStatus.ARCHIVED: ("您的投诉已办结归档。", "Your complaint is closed and archived."),
    CaseStatus.APPEALED: ("您的申诉正在另案处理。", "Your appeal is being looked into."),
    CaseStatus.RESOLVED: ("我们已就您的投诉作出答复。", "We have answered your complaint."),
    CaseStatus.CLOSED: ("您的投诉已办结。", "Your complaint is closed."),
    CaseStatus.REOPENED: ("您的投诉已重新受理。", "We are looking into it again."),
    CaseStatus.UNKNOWN: ("我们正在处理您的投诉。", "We are working on your complaint."),
}
_STEPS: Final[dict[ChangeKind, tuple[str, str]]] = {
    ChangeKind.ASSIGNED: ("已指派专人负责", "Someone was put in charge"),
    ChangeKind.ACKNOWLEDGED: ("已开始处理", "We started to work on it"),
    ChangeKind.INVESTIGATION_STARTED: ("已开始调查", "We began to look into it"),
    ChangeKind.WAITING_STARTED: ("等待所需信息", "We wait for something we need"),
    ChangeKind.RESUMED: ("已恢复处理", "We went on with it"),
    ChangeKind.PROPOSED: ("已提出解决方案", "We proposed a solution"),
    ChangeKind.TRANSFERRED: ("已转给负责的单位", "Passed to the unit in charge"),
    ChangeKind.EXTENDED: ("处理时间延长", "We need more time"),
    ChangeKind.CUSTOMER_UPDATED: ("处理进展", "How the matter stands"),
    ChangeKind.RESOLVED: ("已作出答复", "We answered"),
    ChangeKind.REJECTED: ("已作出答复，未支持诉求", "We answered and did not accept it"),
    ChangeKind.PAYMENT_REQUESTED: ("赔偿已批准", "Compensation was approved"),
    ChangeKind.RATED: ("收到您的评价", "You rated our answer"),
    ChangeKind.APPEALED: ("收到您的申诉", "Your appeal reached us"),
    ChangeKind.APPEAL_OFFERED: ("您可以提出申诉", "You may appeal"),
    ChangeKind.CLOSED: ("已办结", "Closed"),
    ChangeKind.REOPENED: ("已重新受理", "Taken up again"),
}
_FOR_YOU: Final = (
    "我们在等您补充信息，收到后继续处理。",
    "We are waiting for information from you, and go on once we have it.",
)
"""While we wait for the only complainant, instead of the summary of others."""
_FOR_YOU_STEP: Final = ("等待您补充信息", "We wait for information from you")
_RECEIVED: Final = ("收到您的投诉", "Your complaint reached us")
_AGAIN: Final = ("收到您的补充反映", "Another message from you reached us")
_CUSTOMER: Final = "customer"
_ANSWER: Final = ("：", ": ")
_TOLD: Final = frozenset(
    {
        ChangeKind.RESOLVED,
        ChangeKind.REJECTED,
        ChangeKind.PROPOSED,
        ChangeKind.EXTENDED,
        ChangeKind.CUSTOMER_UPDATED,
    }
)
"""Changes whose note is written to the customer."""
_OF_ONE: Final = frozenset({ChangeKind.PAYMENT_REQUESTED, ChangeKind.RATED, ChangeKind.APPEALED})
"""Changes that may be about the other complainant alone."""


def progress_of(
    own: Sequence[ContactReceived],
    state: CaseState | None,
    history: Iterable[CaseChanged],
    tracking: str,
    language: Language,
    is_shared: bool = False,
) -> TrackingAnswer:
    """Return what the person whose contacts ``own`` are may see; at least one, any order.

    ``state`` is None in the moment before the case is opened. ``is_shared`` says that cases of
    others are merged into it.
    """
    contacts = sorted(own, key=lambda contact: (contact.received_at, contact.contact_id))
    known_since = min(contact.accepted_at for contact in contacts)
    is_sole = state is not None and state.complainants == 1
    status = CaseStatus.RECEIVED if state is None else state.status
    # Of merged cases somebody else's customer may be meant.
    is_asked = is_sole and state is not None and not (state.merged or state.merged_into)
    waits = is_asked and state is not None and state.waiting_for == _CUSTOMER
    steps = [*_arrivals(contacts, language)]
    later = (change for change in history if change.at >= known_since)
    if is_shared:
        later = (change for change in later if change.kind not in _OF_ONE)
    steps += _moves(later, is_sole, is_asked, language)
    return TrackingAnswer(
        tracking=tracking,
        state=status,
        summary=_in(language, _FOR_YOU if waits else _SUMMARY[status]),
        waits_for_you=waits,
        steps=tuple(sorted(steps, key=lambda step: step.at)),
        contacts=tuple(
            OwnContact(received_at=one.received_at, channel=one.channel, text=one.text)
            for one in contacts
        ),
    )


def for_appellant(
    history: Iterable[CaseChanged], about: CaseState, is_shared: bool
) -> list[CaseChanged]:
    """Return what the page of an appeal may tell of the case it is about. The appeal is one
    person's: what was done for another complainant of that case, or of one that is merged into it,
    is as little his to see as it was there."""
    if about.complainants == 1 and not is_shared:
        return list(history)
    hidden: dict[str, None] = {"entry": None}
    if about.complainants > 1:
        hidden |= {"note": None, "waiting_for": None}
    open_to_all = (change for change in history if change.kind not in _OF_ONE)
    return [change.model_copy(update=hidden) for change in open_to_all]


def _arrivals(contacts: Sequence[ContactReceived], language: Language) -> Iterator[Step]:
    for number, contact in enumerate(contacts):
        yield Step(at=contact.received_at, what=_in(language, _AGAIN if number else _RECEIVED))


def _moves(
    changes: Iterable[CaseChanged], is_sole: bool, is_asked: bool, language: Language
) -> Iterator[Step]:
    for change in changes:
        words = _STEPS.get(change.kind)
        if words is None:
            continue
        is_wait = change.kind is ChangeKind.WAITING_STARTED
        is_for_you = is_wait and is_asked and change.waiting_for == _CUSTOMER
        what = _in(language, _FOR_YOU_STEP if is_for_you else words)
        if change.kind in _OF_ONE and not is_sole:
            continue
        if (is_for_you or (change.kind in _TOLD and is_sole)) and change.note:
            what += _in(language, _ANSWER) + change.note
        yield Step(at=change.at, what=what)


def language_of(accept_language: str) -> Language:
    """Return the language to answer in, by an Accept-Language header; Chinese unless English
    is preferred.

    >>> language_of("en-GB,en;q=0.9,zh;q=0.8"), language_of("zh-CN,en;q=0.5"), language_of("")
    ('en', 'zh', 'zh')
    >>> language_of("fr,en;q=0.3,zh;q=0"), language_of("en;q=oops")
    ('en', 'zh')
    """
    weights: dict[Language, float] = {"zh": 0.0, "en": 0.0}
    for part in accept_language[:500].lower().split(","):
        tag, _, quality = part.strip().partition(";q=")
        name = tag.partition("-")[0]
        if name in ("zh", "en"):
            language: Language = "zh" if name == "zh" else "en"
            weights[language] = max(weights[language], _number(quality))
    return "en" if weights["en"] > weights["zh"] else "zh"


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0


def _in(language: Language, words: tuple[str, str]) -> str:
    return words[0] if language == "zh" else words[1]
