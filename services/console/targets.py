"""Which workers the console watches, and how they hang together. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from schemas.topics import TOPICS, Topic
from services.domain.errors import SettingsError

Targets = Mapping[str, Sequence[str]]
"""The health pages of each worker's copies, by name."""


def read_targets(written: str) -> dict[str, list[str]]:
    """Read ``COMPLAINTS_WORKERS``.

    >>> read_targets("dedup=http://127.0.0.1:9402, dedup=http://127.0.0.1:9502/")
    {'dedup': ['http://127.0.0.1:9402', 'http://127.0.0.1:9502']}

    Raises:
        SettingsError: an item is not ``name=url``.
    """
    targets: dict[str, list[str]] = {}
    for item in filter(None, (part.strip() for part in written.split(","))):
        name, _, url = item.partition("=")
        if not name or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise SettingsError(f"COMPLAINTS_WORKERS: {item!r} is not name=http://host:port")
        targets.setdefault(name, []).append(url.rstrip("/"))
    return targets


@dataclass(frozen=True, slots=True)
class Node:
    """A worker in the picture: its column from the left, and the topics it reads and writes."""

    name: str
    column: int
    reads: tuple[str, ...]
    writes: tuple[str, ...]


def picture(names: Iterable[str], topics: Sequence[Topic] = TOPICS) -> list[list[Node]]:
    """Return the columns of the pipeline from left to right.

    A worker stands to the right of everything it reads from; what flows back (a clock that
    fires into the case it came from) does not move it.
    """
    known = list(names)
    next_of = {
        name: [
            reader
            for topic in topics
            if name in topic.producers
            for reader in topic.consumers
            if reader in known
        ]
        for name in known
    }
    depth = _depths(known, next_of)
    nodes = [
        Node(
            name,
            depth[name],
            tuple(topic.name for topic in topics if name in topic.consumers),
            tuple(topic.name for topic in topics if name in topic.producers),
        )
        for name in known
    ]
    columns = sorted({node.column for node in nodes})
    return [[node for node in nodes if node.column == column] for column in columns]


def _depths(names: Sequence[str], next_of: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the longest way to each name, ways that lead back left out."""
    finished: list[str] = []
    seen: set[str] = set()

    def walk(name: str) -> None:
        seen.add(name)
        for reader in next_of[name]:
            if reader not in seen:
                walk(reader)
        finished.append(name)

    read = {reader for readers in next_of.values() for reader in readers}
    for name in sorted(names, key=lambda one: one in read):  # those that only give come first
        if name not in seen:
            walk(name)
    # Against the order in which they were finished, only what leads back runs backwards.
    order = finished[::-1]
    place = {name: number for number, name in enumerate(order)}
    depth = dict.fromkeys(names, 0)
    for name in order:
        for reader in next_of[name]:
            if place[reader] > place[name]:
                depth[reader] = max(depth[reader], depth[name] + 1)
    return depth
