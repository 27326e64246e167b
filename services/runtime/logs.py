"""Structured logs: one JSON object a line, known fields only, never a person's data.

An exception is logged as its class and the places it passed, without its message, because
messages quote values.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Final

FIELDS: Final = (
    "worker",
    "topic",
    "partition",
    "offset",
    "contact",
    "case",
    "command",
    "reason",
    "rule",
    "field",
    "error",
    "step",
    "policy",
    "seconds",
)
_CHATTY: Final = ("kafka",)
"""Libraries that tell every step of theirs; only what they warn of is worth a line."""


class JsonFormatter(logging.Formatter):
    """Write the message, the known extra fields and, for errors, the way they took."""

    def __init__(self, worker: str) -> None:
        super().__init__()
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "worker": self._worker,
            "message": record.getMessage(),
        }
        for field in FIELDS:
            value = getattr(record, field, None)
            if value is not None:
                line[field] = value
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__)
            line["exception"] = type(error).__name__
            line["where"] = [f"{frame.filename}:{frame.lineno}" for frame in frames[-6:]]
        return json.dumps(line, ensure_ascii=False)


def configure_logs(worker: str, level: str) -> None:
    """Send this process's logs to standard error in our form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(worker))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
