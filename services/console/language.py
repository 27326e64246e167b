"""The texts of the console, one catalogue per language, and the choice of the language.

A text may have forms for one and for many: ``{one: "1 case", other: "{n} cases"}``.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from services.domain.policies import parse_yaml

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
_FOLDER: Final = Path(__file__).parent / "texts"
_FORMS: Final = frozenset({"one", "other"})


class Texts:
    """A catalogue: ``texts("case.title", id="C1")``."""

    def __init__(self, language: Language, texts: Mapping[str, str | dict[str, str]]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text with its values filled in.

        Raises:
            KeyError: there is no such text, or a value is missing.
        """
        text = self._texts[key]
        if isinstance(text, dict):
            text = text["one" if values["n"] == 1 and "one" in text else "other"]
        return text.format(**values) if values else text

    def word(self, vocabulary: str, word: str) -> str:
        """Return what a word of a record is called; the word itself when nobody named it."""
        text = self._texts.get(f"{vocabulary}.{word}", word)
        return text if isinstance(text, str) else word

    def keys(self) -> frozenset[str]:
        """Return the names of all texts."""
        return frozenset(self._texts)


@cache
def texts_of(language: Language) -> Texts:
    """Return the catalogue of a language."""
    nested = parse_yaml((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return Texts(language, dict(_flat("", nested)))


def _flat(prefix: str, nested: dict[str, Any]) -> "list[tuple[str, str | dict[str, str]]]":
    found: list[tuple[str, str | dict[str, str]]] = []
    for name, value in nested.items():
        key = f"{prefix}.{name}" if prefix else str(name)
        if isinstance(value, dict) and not value.keys() <= _FORMS:
            found += _flat(key, value)
        else:
            found.append((key, value if isinstance(value, dict) else str(value)))
    return found


def language_of(chosen: str | None, accepted: str) -> Language:
    """Return the language a person chose, else the one their browser prefers; Chinese, unless
    English is preferred.

    >>> language_of("en", "zh-CN"), language_of(None, "en-GB,en;q=0.9,zh;q=0.8")
    ('en', 'en')
    >>> language_of("xx", "zh-CN,en;q=0.5"), language_of(None, ""), language_of(None, "en;q=x")
    ('zh', 'zh', 'zh')
    """
    if chosen in LANGUAGES:
        return chosen
    weights = dict.fromkeys(LANGUAGES, 0.0)
    for part in accepted[:500].lower().split(","):
        tag, _, quality = part.strip().partition(";q=")
        name = tag.partition("-")[0]
        if name in LANGUAGES:
            weights[name] = max(weights[name], _number(quality))
    return "en" if weights["en"] > weights["zh"] else "zh"


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
