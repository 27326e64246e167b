"""The legal limits of a case in words, Chinese or English: what is not law never reads like it."""

from typing import Final

from schemas.places import Reach
from services.domain.clocks.frame import Frame
from services.domain.clocks.limits import LimitRule
from services.domain.clocks.words_table import UNITS, Language

_REACH: Final = {
    Reach.SAME_CITY: ("同城", "same city"),
    Reach.DOMESTIC: ("国内", "domestic"),
    Reach.INTERNATIONAL: ("国际", "international"),
}
_PRODUCTS: Final = {
    "express": ("快递", "express"),
    "registered": ("给据邮件", "registered mail"),
    "mail": ("普通邮件", "ordinary mail"),
    "insured": ("保价邮件", "insured mail"),
}
"""Products that the limits tell apart; another is called by its own word."""
_RESTS: Final = {
    "standard": ("依据标准：{basis}；并非法律", "by a standard: {basis}; not law"),
    "terms": ("依据经营者条款或指引：{basis}；并非法律", "by terms or guidance: {basis}; not law"),
    "default": (
        "默认值，可配置，并非法律规定（{basis}）",
        "a default that may be configured, not law ({basis})",
    ),
}
_LAW: Final = ("法律依据：{basis}", "by law: {basis}")
_FRAME: Final = ("适用规则：{where}，{on}", "Rules that hold: {where}, on {on}")
_PLACES: Final = ("（地点规则 {version}）", " (places {version})")
_NONE: Final = (
    "  未收录当地对答复期限的规定：不作推测，也不套用其他地区的法律，仅按内部时限",
    "  No limit of an answer is known there: none is guessed and no other place's law is applied; "
    "our own limits alone count",
)
_SEP: Final = (" · ", " · ")


def basis_words(rule: LimitRule, language: Language) -> str:
    """Return what a limit rests on. What is not law never reads like it."""
    said = _LAW if rule.is_law else _RESTS.get(rule.rests_on, _RESTS["default"])
    return said[_at(language)].format(basis=rule.basis)


def frame_lines(frame: Frame | None, language: Language) -> list[str]:
    """Return the frame line by line; empty without one."""
    if frame is None:
        return []
    at = _at(language)
    place = frame.place
    reach = _REACH.get(Reach(place.reach)) if place.reach else None
    product = _PRODUCTS[place.product][at] if place.product in _PRODUCTS else place.product
    parts = (place.jurisdiction, place.province, place.city, product)
    where = _SEP[at].join([*filter(None, parts), *([reach[at]] if reach else [])])
    told = [_FRAME[at].format(where=where, on=frame.on)]
    if frame.places:
        told[0] += _PLACES[at].format(version=frame.places)
    if frame.answer is None:
        told.append(_NONE[at])
    return [*told, *(f"  {_limit(one, language)}" for one in frame.others)]


def _limit(rule: LimitRule, language: Language) -> str:
    at = _at(language)
    length = UNITS[rule.unit][at].format(n=rule.amount)
    colon, comma = ("：", "，") if language == "zh" else (": ", "; ")
    return f"{rule.zh if language == 'zh' else rule.en}{colon}{length}{comma}" + basis_words(
        rule, language
    )


def _at(language: Language) -> int:
    return 0 if language == "zh" else 1
