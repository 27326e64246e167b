"""In which language to write to somebody."""

import re
from typing import Final

ZH: Final = "zh"
EN: Final = "en"
_CJK: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def language_of(declared: str | None, text: str) -> str:
    """Return the language that was declared or, without one, that of the text.

    We write Chinese and English; whoever declares another one is written to in English.

    >>> language_of("zh-Hant", "hello"), language_of("fr", "bonjour"), language_of(None, "快件")
    ('zh', 'en', 'zh')
    """
    tag = (declared or "").strip().lower().replace("_", "-").partition("-")[0]
    if tag:
        return ZH if tag in (ZH, "cmn", "yue") else EN
    return ZH if _CJK.search(text) else EN
