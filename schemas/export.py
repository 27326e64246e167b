"""The contracts as files, for everyone who is not Python: JSON Schemas, topic table, AsyncAPI.

``python -m schemas.export`` writes them, ``--check`` exits 1 and lists what differs. They
describe what a *reader* must accept: unknown fields may come, and a word of an open
vocabulary (``x-extensible-enum``) may be one that this version does not list.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from schemas import asyncapi
from schemas.record import Record
from schemas.topics import PARTITIONS, TOPICS, Topic

HERE: Final = Path(__file__).resolve().parent
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
INSTANT_PATTERN: Final = (
    r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$"
)
"""``format`` is only a remark to most validators; the offset must not be."""


class _WithoutTitles(GenerateJsonSchema):
    """A title that repeats the field's name tells nobody anything."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def records() -> tuple[type[Record], ...]:
    """Return every record of the topic table once, in table order."""
    return tuple(dict.fromkeys(topic.record for topic in TOPICS if topic.record is not None))


def name_of(record: type[Record]) -> str:
    """Return the record's name in files.

    >>> from schemas.cases import CaseChanged
    >>> name_of(CaseChanged)
    'case_changed'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", record.__name__).lower()


def version_of(record: type[Record]) -> int:
    """Return the version that this class is."""
    version: int = record.model_fields["v"].default
    return version


def file_of(record: type[Record]) -> str:
    """Return the path of the record's schema under ``schemas/``."""
    return f"jsonschema/{name_of(record)}.v{version_of(record)}.json"


def schema_of(record: type[Record]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the record as a reader meets it."""
    schema = record.model_json_schema(schema_generator=_WithoutTitles)
    for part in _parts(schema):
        if part.get("format") == "date-time":
            part["pattern"] = INSTANT_PATTERN
        if "unknown" in part.get("enum", ()):
            part["x-extensible-enum"] = [word for word in part.pop("enum") if word != "unknown"]
    name = f"urn:complaints:record:{name_of(record)}:v{version_of(record)}"
    return {"$schema": DIALECT, "$id": name, **schema}


def topic_row(topic: Topic) -> dict[str, Any]:
    """Return the row of the topic table as plain data."""
    retention = topic.retention
    return {
        "topic": topic.name,
        "key": topic.key,
        "schema": None if topic.record is None else file_of(topic.record),
        "producers": list(topic.producers),
        "consumers": list(topic.consumers),
        "dead_letters": topic.dead_letter,
        "partitions": topic.partitions(PARTITIONS),
        "cleanup": "compact" if retention is None else "delete",
        "retention_days": None if retention is None else retention.days,
        "max_message_bytes": topic.max_message_bytes,
    }


def contracts() -> dict[str, str]:
    """Return the text of every file, by path under ``schemas/``; the same on every machine."""
    files: dict[str, Any] = {file_of(record): schema_of(record) for record in records()}
    files["topics.json"] = [topic_row(topic) for topic in TOPICS]
    files["asyncapi.json"] = asyncapi.document(name_of, file_of)
    return {
        path: json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        for path, content in files.items()
    }


def differences(wanted: Mapping[str, str], root: Path) -> list[str]:
    """Return one line for each file under ``root`` that is missing, stale or not ours."""
    found = {path.relative_to(root).as_posix() for path in root.glob("jsonschema/*")}
    lines = [f"{path}: no record has this schema" for path in sorted(found - wanted.keys())]
    for path, text in sorted(wanted.items()):
        file = root / path
        if not file.exists():
            lines.append(f"{path}: missing")
            continue
        old, new = file.read_text().splitlines(), text.splitlines()
        if old != new:
            removed, added = len(set(old) - set(new)), len(set(new) - set(old))
            lines.append(f"{path}: {added} lines to add, {removed} to remove")
    return lines


def write(wanted: Mapping[str, str], root: Path) -> None:
    """Make the files under ``root`` exactly ``wanted``."""
    (root / "jsonschema").mkdir(exist_ok=True)
    for stale in root.glob("jsonschema/*"):
        if stale.relative_to(root).as_posix() not in wanted:
            stale.unlink()
    for path, text in wanted.items():
        (root / path).write_text(text)


def main(arguments: Sequence[str] | None = None, root: Path = HERE) -> int:
    """Write or check the files; return the exit status."""
    parser = argparse.ArgumentParser(prog="schemas.export", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 on a diff")
    wanted = contracts()
    if not parser.parse_args(arguments).check:
        write(wanted, root)
        return 0
    lines = differences(wanted, root)
    if lines:
        print("\n".join([*lines, "run: python -m schemas.export"]), file=sys.stderr)
    return 1 if lines else 0


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in tuple(schema.values()):
            yield from _parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)


if __name__ == "__main__":
    sys.exit(main())
