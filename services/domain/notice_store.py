"""What notification remembers: every decision to tell somebody, or not to; and how it learns
whether a complainant can be reached at all.

Insert-only: a decision is made once per notice id, whoever comes later reads the winner.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class Reach:
    """How a contact's complainant may be reached. Says *whether* there is an address, never
    which; ``channel`` is how the contact came in."""

    contact_id: str
    person: str | None
    language: str
    channel: str
    has_email: bool = False
    has_phone: bool = False
    has_account: bool = False
    has_post: bool = False
    calling_code: str | None = None
    """Of the phone, where it is written with one: says roughly what time it is there."""
    aliases: tuple[str, ...] = ()
    """What else the person is known by: under older keys, by phone and e-mail."""
    claims: bool = False
    """It says that it is by somebody who had complained in its case before. Whom an authority
    speaks for is nobody who only says so."""
    proved: tuple[str, ...] = ()
    """The person's names, one under each key, that the way it came proves, or what it answers."""


@dataclass(frozen=True, slots=True)
class Told:
    """An earlier decision about a complainant of a case, as far as later ones need it.

    ``who`` is the person's index, or the contact id of somebody anonymous, or None where a
    team was told; ``contact_id``, ``channel`` and ``language`` say how the contact could be
    reached.
    """

    who: str | None
    seq: int
    kind: str
    at: datetime
    is_requested: bool
    contact_id: str
    channel: str
    language: str
    calling_code: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands now: what changes that do not concern it leave unsaid."""

    level: int
    team: str | None = None
    assignee: str | None = None
    waiting_for: str | None = None


NOWHERE: Final = Standing(1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is held, and until when; ``seq`` is the change that it tells ``who`` of."""

    notice_id: str
    case_key: str
    due: datetime
    seq: int
    kind: str
    who: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A decision. ``key`` is the notice id, ``source`` where the change stood
    (topic id:partition:offset), ``out`` the record that was produced, byte for byte: a
    NoticeRequested when ``told.is_requested``, else a NoticeSettled."""

    key: str
    case_key: str
    source: str
    told: Told
    out: bytes
    due: datetime | None = None
    """Of a notice that is held: until when; it waits in the list of its partition."""
    partition: int = 0
    to: str | None = None
    """Of a notice that goes out to staff by itself: its recipient, so that they are counted."""
    decided_at: datetime | None = None
    digest: str | None = None
    """Of a notice that was bundled: the digest that tells of it, and when that goes out."""
    digest_due: datetime | None = None
    unreached_at: datetime | None = None
    """Of a notice that had to be told, and nobody can be: when that was decided."""


class NoticeStore(Protocol):
    """Durable, shared by all notification workers. Reads see only what a majority has; writes
    return when a majority has them. All raise OutageError when the database is away."""

    def about(self, pairs: Iterable[tuple[str, str]]) -> dict[str, list[Told]]:
        """Return what was decided about each (case key, who), by case key, in order of seq;
        cases about which nothing was are left out."""
        ...

    def of_cases(self, case_keys: Iterable[str]) -> dict[str, list[Told]]:
        """Return what was decided about all complainants of the cases, as :meth:`about` does."""
        ...

    def stand(self, found: Mapping[tuple[str, int], Standing]) -> dict[tuple[str, int], Standing]:
        """Keep by which standing of its case each change (case key, seq) is decided, unless one
        is kept; return the winner of every change asked for."""
        ...

    def insert(self, rows: Sequence[NoticeRow]) -> dict[str, NoticeRow]:
        """Insert what is not there; return the winner of every key asked for."""
        ...

    def sent_since(self, since: datetime, recipients: Iterable[str], limit: int) -> dict[str, int]:
        """Return how many notices went out to each of these staff by themselves since then; no
        more than ``limit`` are counted."""
        ...

    def due(self, partitions: Iterable[int], until: datetime, limit: int) -> list[Waiting]:
        """Return the held notices whose time came by ``until``, the oldest first."""
        ...


class ContactDirectory(Protocol):
    """Knows of contacts whether they can be answered, and of cases where they stand."""

    def reaches(self, contact_keys: Iterable[str]) -> dict[str, Reach]:
        """Return what is known, by ``<tenant>|<contact id>``; who is unknown is left out.

        Raises:
            OutageError: the database is away.
        """
        ...

    def standings(self, case_keys: Iterable[str]) -> dict[str, Standing]:
        """Return where cases stand; whose projection is not written yet is left out.

        Raises:
            OutageError: the database is away.
        """
        ...
