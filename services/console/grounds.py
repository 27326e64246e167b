"""Why a worker decided so, for people: the names of its rules and what they saw. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from schemas.record import Reason
from services.console.language import Texts
from services.domain.policies import parse_yaml

_NAMES: Final = Path(__file__).parent / "texts" / "rules.yaml"
_COUNTED: Final = {
    "level_amount": ("CNY", "why.yuan"),
    "level_prior_contacts": ("on record", "why.times"),
    "level_earlier_contacts": ("before", "why.times"),
    "level_customers": ("hit", "why.customers"),
}
"""Rules that say a number and a word after it, and the text that says the same."""
_CAUSE: Final = re.compile(r"cause (\w+)(?:: (.*))?", re.DOTALL)
_ASKS: Final = re.compile(r"(\w+) asks for ([1-4])")


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason of a decision."""

    name: str
    rule: str
    detail: str
    weight: str


def grounds(reasons: Iterable[Reason], texts: Texts) -> tuple[Ground, ...]:
    """Return the reasons in the language of the page."""
    return tuple(
        Ground(
            rule_name(reason.rule, texts),
            reason.rule,
            _seen(reason, texts),
            "" if reason.weight is None else f"{reason.weight:+.2f}",
        )
        for reason in reasons
    )


def rule_name(rule: str, texts: Texts) -> str:
    """Return what a rule is called; what its id says where nobody named it."""
    named = texts.word("rule", rule)
    if named != rule:
        return named
    if texts.language == "zh":
        return rule_names().get(rule, rule)
    if not rule.isidentifier():
        return rule
    words = rule.removeprefix("level_").replace("_", " ")  # the heading speaks of the level
    return words[:1].upper() + words[1:]


@cache
def rule_names() -> dict[str, str]:
    """Return the Chinese names of the rules of severity."""
    names: dict[str, str] = parse_yaml(_NAMES.read_text(encoding="utf-8"))
    return names


def _seen(reason: Reason, texts: Texts) -> str:
    """Return what the rule saw: words of the text as they are, the worker's own in ours."""
    detail = reason.detail or ""
    if reason.rule in _COUNTED:
        word, key = _COUNTED[reason.rule]
        number, _, after = detail.partition(" ")
        return texts(key, n=int(number)) if after == word and number.isdigit() else detail
    if found := _CAUSE.fullmatch(detail):
        cause = texts.word("cause", found[1])
        return f"{cause}{texts('why.colon')}{found[2]}" if found[2] else cause
    if found := _ASKS.fullmatch(detail):
        return texts("why.asks", rule=rule_name(found[1], texts), level=found[2])
    if reason.rule == "new_defect":
        named = (rule_name(one, texts) for one in detail.split(","))
        return texts("change_detail.comma").join(named)
    return detail
