"""Traditional Chinese characters and their simplified forms."""

from functools import cache
from importlib import resources


@cache
def traditional() -> dict[str, str]:
    """Return each traditional character with the simplified one."""
    text = resources.files(__package__).joinpath("traditional.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    pairs = zip("".join(lines[::2]), "".join(lines[1::2]), strict=True)
    return dict(pairs)
