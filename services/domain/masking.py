"""A complaint's text without what finds a person in it, for learning and showing. Pure.

What the complainant said of himself is taken out by its words, numbers that may be a telephone, a
waybill or an identity card lose their digits, addresses of e-mail become one that is nobody's.
Other people's names stay: nothing here knows them, so a masked text is still no public one.
"""

import re
from typing import Final

from schemas.personal import Personal

_NUMBER: Final = re.compile(r"\d(?:[ -]?\d){7,}")
"""Eight digits and more: a fixed line has eight, a mobile eleven, a waybill ten and more. Amounts
stay, which the level goes by."""
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_NOBODY: Final = "x@example.com"
_GONE: Final = "×"
_SHORTEST: Final = 2
"""A name of one letter would tear words apart."""


def masked(text: str, personal: Personal) -> str:
    """Return ``text`` without the person.

    >>> masked("我是王小明,13800001111,值5000元", Personal(name="王小明"))
    '我是×,00000000000,值5000元'
    """
    told = (personal.name, personal.address, personal.email, personal.customer, personal.phone)
    for words in sorted(filter(None, told), key=len, reverse=True):
        if len(words.strip()) >= _SHORTEST:
            text = re.sub(re.escape(words.strip()), _GONE, text, flags=re.IGNORECASE)
    text = _MAIL.sub(_NOBODY, text)
    return _NUMBER.sub(lambda found: re.sub(r"\d", "0", found[0]), text)
