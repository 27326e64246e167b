"""One form of the names of places, hubs and stations, so that one place is not two."""

import unicodedata


def place_key(place: str) -> str:
    """Return one form of a place's name: ``上海市`` and ``上海``, ``London`` and ``london``,
    ``杭州 三站`` and ``杭州三站``.

    >>> place_key(" 上海市 "), place_key("Ｌondon"), place_key("杭州 三站")
    ('上海', 'london', '杭州三站')
    """
    folded = unicodedata.normalize("NFKC", place).casefold().strip()
    return (folded if folded.isascii() else "".join(folded.split())).removesuffix("市")
