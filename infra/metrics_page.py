"""The table of labels in ``docs/metrics.md``, from the catalogue: ``python -m infra.metrics_page``
writes it, ``--check`` compares."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from services.runtime.catalogue import CATALOGUE
from services.runtime.catalogue.metric import Values

FILE: Final = Path(__file__).resolve().parents[1] / "docs" / "metrics.md"
_BEGIN: Final = "## Labels\n"
_END: Final = "\n## What to watch\n"


def labels() -> str:
    """Return the section: labels with one set of values together, in order of the catalogue."""
    found: dict[tuple[str, Values], list[str]] = {}
    for metric in CATALOGUE:
        for label, values in metric.labels.items():
            found.setdefault((label, values), []).append(f"`{metric.name}`")
    rows = [
        f"| `{label}` | {_told(values)} | {', '.join(of)} |"
        for (label, values), of in found.items()
    ]
    head = ["", "All values of each label, or what makes them.", "", "| label | values | of |"]
    return "\n".join([*head, "|---|---|---|", *rows, ""])


def _told(values: Values) -> str:
    return values if isinstance(values, str) else ", ".join(f"`{value}`" for value in values)


def main(arguments: Sequence[str]) -> int:
    """Write or check the file; return the exit status."""
    text = FILE.read_text()
    before, _, rest = text.partition(_BEGIN)
    wanted = before + _BEGIN + labels() + _END + rest.partition(_END)[2]
    if "--check" not in arguments:
        FILE.write_text(wanted)
        return 0
    if text == wanted:
        return 0
    print(f"{FILE.name} differs; run: python -m infra.metrics_page", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
