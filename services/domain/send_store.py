"""What sender remembers of every attempt to reach somebody, and what a letter is made of.

Insert-only: an attempt is claimed before the provider is called, its result written after.
Whoever comes second, to a claim or to a result, reads the winner (ADR 0008).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from schemas.cases import CaseChanged
from schemas.contacts import ContactDeduplicated
from schemas.notices import NoticeRequested


class Outcome(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    """The provider took it."""
    UNKNOWN = "unknown"
    """It may have arrived: no answer after it was handed over, or nobody lived to write it."""
    REFUSED = "refused"
    """Surely not taken this time; perhaps later."""
    AWAY = "away"
    """The provider could not even be asked: says nothing about this notice."""
    FAILED = "failed"
    """Surely not taken, and never will be."""
    SUPPRESSED = "suppressed"
    """Nobody was asked, on purpose."""
    GIVEN_UP = "given_up"
    """No further attempt, by a rule and not by an answer: written so that whoever looks at the
    notice sees its end without knowing the rules."""
    DELIVERED = "delivered"
    """A receipt: it arrived."""
    UNDELIVERED = "undelivered"
    """A receipt: it did not arrive after all."""
    SAID_SENT = "said_sent"
    """A person found out that it was sent."""
    SAID_NOT_SENT = "said_not_sent"
    """A person found out that it was not sent: doubts until then are none."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make attempt ``attempt`` of a notice; ``owner`` names the process."""

    notice_id: str
    attempt: int
    case_key: str
    channel: str
    owner: str
    at: datetime
    to: str | None = None
    """Keyed index of the address, so that who answers can be told what about."""
    texts: str | None = None
    """The edition of the words: whoever sends the notice again sends the same ones."""

    @property
    def key(self) -> str:
        return f"{self.notice_id}#{self.attempt}"


@dataclass(frozen=True, slots=True)
class Result:
    """How attempt ``attempt`` ended; attempt 0 is a decision without a provider, and a number
    below 0 is news that came after an end (:func:`services.domain.notice_fates.news_number`).
    ``provider_id`` is the name that the provider's receipts will use, where it is not ours, and
    ``provider`` who gave it (:func:`services.domain.provider_names.giver_of`): two providers may
    use the same one."""

    notice_id: str
    attempt: int
    outcome: Outcome
    reason: str
    at: datetime
    provider_id: str | None = None
    provider: str | None = None

    @property
    def key(self) -> str:
        return f"{self.notice_id}#{self.attempt}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claim and, once there is one, its result. Attempts of 0 and below have no claim."""

    number: int
    claim: Claim | None
    result: Result | None


@dataclass(frozen=True, slots=True)
class AddressMark:
    """An address that is not to be written to: it bounced, or its owner complained. ``address``
    is a keyed index, never the address; ``notice_id`` the notice that showed it."""

    address: str
    reason: str
    notice_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unmarked:
    """A mark that a person took off, with the reason; kept for ever. Whatever shows later that
    the address is still dead marks it anew."""

    mark: AddressMark
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a digest tells of: how many notices of one kind, and of which cases, sorted."""

    count: int
    kind: str
    cases: tuple[str, ...]


ENDS_BADLY: Final = frozenset({Outcome.FAILED, Outcome.GIVEN_UP, Outcome.UNDELIVERED})


class SendStore(Protocol):
    """Durable, shared by all senders. Reads see only what a majority has; writes return when
    a majority has them. All raise OutageError when the database is away."""

    def attempts(self, notice_ids: Iterable[str]) -> dict[str, list[Attempt]]:
        """Return the attempts of each notice in order; who has none is left out."""
        ...

    def claim(self, claims: Sequence[Claim]) -> frozenset[str]:
        """Insert what is not there; return the keys that were there before."""
        ...

    def record(self, results: Sequence[Result]) -> dict[str, Result]:
        """Insert what is not there; return the winner of every key asked for."""
        ...

    def requested(self, notice_ids: Iterable[str]) -> dict[str, NoticeRequested]:
        """Return the requests that were decided, by notice id."""
        ...

    def release(self, sources: Mapping[str, str]) -> dict[str, str]:
        """Let held notices go, by notice id with the source of the record that says so, and take
        them off the list; return for each the source that did it first."""
        ...

    def attempts_called(self, provider_id: str) -> dict[str, tuple[str, int]]:
        """Return the notice and the attempt that a provider calls by a name of its own, by whom:
        of each the newest, as names of centres that count come again. What was sent before it was
        kept whose name it is stands under the empty text."""
        ...

    def ended_badly(self, limit: int) -> list[Result]:
        """Return the newest results that may have ended a notice without reaching anybody."""
        ...

    def last_to(self, address: str) -> str | None:
        """Return the notice that was last sent, or tried, to an address (its index)."""
        ...

    def latest_to(self, address: str, limit: int) -> list[str]:
        """Return the notices that were last sent, or tried, to an address, the newest first; one
        that was tried several times may stand there as often."""
        ...

    def mark(self, marks: Sequence[AddressMark]) -> None:
        """Remember that addresses are not to be written to; the first mark of each stands. A mark
        that was taken off is not put again by the record that put it first."""
        ...

    def unmark(
        self, addresses: Iterable[str], actor: str, reason: str, at: datetime
    ) -> list[Unmarked]:
        """Take the marks off these addresses (their indexes), after it is written down who did so
        and why; return them. Addresses without a mark are left out."""
        ...

    def marked(self, addresses: Iterable[str]) -> dict[str, AddressMark]:
        """Return the marks of those addresses (their indexes) that have one."""
        ...


class LetterFacts(Protocol):
    """What letters are made of; addresses among it, so it is kept nowhere."""

    def contacts(self, contact_keys: Iterable[str]) -> dict[str, ContactDeduplicated]:
        """Return the contacts that exist, by ``<tenant>|<contact id>``."""
        ...

    def contacts_of(
        self, tenant: str, case_id: str, person: str | None, limit: int
    ) -> list[ContactDeduplicated]:
        """Return the contacts of a case, the newest first: only those by a ``person``, if given."""
        ...

    def changes_from(self, tenant: str, case_id: str, seq: int, limit: int) -> list[CaseChanged]:
        """Return changes of a case in order, from the one with this number."""
        ...

    def history(self, tenant: str, case_id: str, up_to_seq: int) -> list[CaseChanged]:
        """Return the changes of a case up to this number, in order: all of them, as what was paid
        and who complained may have come first."""
        ...

    def bundle(self, digest_id: str, limit: int) -> Bundle:
        """Return what was bundled into a digest; cases up to ``limit``."""
        ...
