"""What a message to staff shows at a glance: level and its colour, the time left, a link. Pure."""

from datetime import timedelta
from typing import Final, Literal

from schemas.cases import CaseChanged
from schemas.notice_words import NoticeKind
from schemas.notices import NoticeRequested
from services.sender.channels.port import Card, Tone
from services.sender.logic import may_go_from

_LEVELS: Final = {
    "zh": ("一般", "较大", "重大", "特大"),
    "en": ("minor", "moderate", "serious", "grave"),
}
_LABELS: Final = {
    "zh": {"level": "级别", "due": "截止", "left": "剩余", "over": "已超", "open": "打开案件"},
    "en": {"level": "Level", "due": "Due", "left": "Left", "over": "Over by", "open": "Open case"},
}
_ALARMING: Final = frozenset({NoticeKind.BREACH, NoticeKind.ESCALATION})
_WARNING: Final = frozenset(
    {
        NoticeKind.WARNING,
        NoticeKind.TASK,
        NoticeKind.PAYMENT_FAILED,
        NoticeKind.PAYMENT_UNANSWERED,
    }
)


def card_of(
    notice: NoticeRequested, change: CaseChanged | None, due: str, console_url: str
) -> Card:
    """Return the card; ``due`` is the time limit as people read it, ``console_url`` where clerks
    find their console, empty when nobody said so."""
    language: Literal["zh", "en"] = "zh" if notice.language == "zh" else "en"
    labels, level = _LABELS[language], change.level if change else None
    facts: list[tuple[str, str]] = []
    if level:
        name = _LEVELS[language][min(level, 4) - 1]
        facts.append((labels["level"], f"{level} · {name}"))
    if change is not None and change.due_at is not None:
        facts.append((labels["due"], due))
        left = change.due_at - may_go_from(notice)
        word = "over" if left < timedelta(0) else "left"
        facts.append((labels[word], _span(abs(left), language)))
    link = f"{console_url.rstrip('/')}/cases/{notice.case_id}" if console_url else ""
    is_one_case = notice.kind is not NoticeKind.DIGEST
    return Card(_tone(notice, level), tuple(facts), link if is_one_case else "", labels["open"])


def _tone(notice: NoticeRequested, level: int | None) -> Tone:
    if (level or 0) >= 4 or notice.kind in _ALARMING:
        return "red"
    if level == 3 or notice.kind in _WARNING:
        return "orange"
    return "blue"


def _span(left: timedelta, language: str) -> str:
    """Return a time span in its two largest units.

    >>> _span(timedelta(days=1, hours=2, minutes=3), "en"), _span(timedelta(minutes=5), "zh")
    ('1 d 2 h', '5 分钟')
    """
    minutes = int(left.total_seconds()) // 60
    units = (
        (minutes // 1440, "天", "d"),
        (minutes // 60 % 24, "小时", "h"),
        (minutes % 60, "分钟", "min"),
    )
    first = next((at for at, (number, _, _) in enumerate(units) if number), 2)
    shown = [(n, zh, en) for n, zh, en in units[first : first + 2] if n] or [units[2]]
    return " ".join(f"{n} {zh if language == 'zh' else en}" for n, zh, en in shown)
