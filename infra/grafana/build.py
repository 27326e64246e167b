"""The dashboard as a file: ``python -m infra.grafana.build`` writes it, ``--check`` compares.

The rows stand in :mod:`infra.grafana.panels`; places and ids follow from their order.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from infra.grafana.panel import Panel
from infra.grafana.panels import ROWS

FILE: Final = Path(__file__).with_name("dashboards") / "complaints.json"
_SOURCE: Final = {"type": "prometheus", "uid": "prometheus"}
_WIDTH: Final = 24
_HEIGHT: Final = 8


def _panels(rows: Sequence[tuple[str, tuple[Panel, ...]]]) -> Iterator[dict[str, Any]]:
    number, y = 0, 0
    for title, panels in rows:
        number += 1
        place = {"h": 1, "w": _WIDTH, "x": 0, "y": y}
        yield {"id": number, "type": "row", "title": title, "gridPos": place, "collapsed": False}
        y += 1
        width = _WIDTH // len(panels)
        height = _HEIGHT // 2 if all(panel.kind == "stat" for panel in panels) else _HEIGHT
        for column, panel in enumerate(panels):
            number += 1
            yield {
                "id": number,
                "type": panel.kind,
                "title": panel.title,
                "description": panel.hint,
                "datasource": _SOURCE,
                "gridPos": {"h": height, "w": width, "x": column * width, "y": y},
                "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
                "targets": [
                    {"refId": chr(65 + n), "datasource": _SOURCE, "expr": e, "legendFormat": legend}
                    for n, (e, legend) in enumerate(panel.queries)
                ],
            }
        y += height


def dashboard() -> str:
    """Return the text of the dashboard's file."""
    content = {
        "uid": "complaints",
        "title": "Complaints",
        "tags": ["complaints"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "graphTooltip": 1,
        "panels": list(_panels(ROWS)),
    }
    return json.dumps(content, indent=2) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write or check the file; return the exit status."""
    wanted = dashboard()
    if "--check" not in arguments:
        FILE.write_text(wanted)
        return 0
    if FILE.exists() and FILE.read_text() == wanted:
        return 0
    print(f"{FILE.name} differs; run: python -m infra.grafana.build", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
