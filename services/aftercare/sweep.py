"""One pass over cases that something is due of: each gets a command, and how it ended is told.

The worker of a case checks each command against the case: what is read here may be old. A command
names the state of the case that was read, so of several about one state one takes effect, whoever
sends them and however often.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from schemas.cases import CaseState
from schemas.vocabulary import CommandKind
from services.domain.aftercare import AftercarePolicy
from services.domain.aftercare_store import AftercareStore
from services.domain.merging import next_look_at

SYSTEM: Final = "system"
PAGE: Final = 500
"""Cases that are asked at a time."""
AGAIN_DAYS: Final = 30
"""So long removals are done once more, where a pass died between deciding and doing; and so long
what a customer wrote after the removal stays, to be read."""
PENDING: Final = "pending"
"""Instead of a refusal: how the command ended is not known yet."""
_MINUTE: Final = timedelta(minutes=1)
_SETTLED: Final = ("nothing_due", "stale", "already_decided", "not_allowed_now", "merged_into")
"""Refusals that mean: the case has moved on. Nothing is wrong."""


class Asked(NamedTuple):
    """A command to a case. ``key`` is its idempotency key."""

    state: CaseState
    kind: CommandKind
    key: str


class Answer(NamedTuple):
    """What became of a command."""

    is_accepted: bool
    word: str


Commands = Callable[[Sequence[Asked]], list[Answer]]
"""The way commands take; the answers come in the same order."""


@dataclass
class Tally:
    """What a pass did; ``failed`` are cases that could not be asked, with why."""

    found: int = 0
    done: int = 0
    held: int = 0
    moved_on: int = 0
    pending: int = 0
    contacts: int = 0
    entries: int = 0
    """Log entries from which words were removed."""
    failed: list[str] = field(default_factory=list)

    def take(self, asked: Asked, answer: Answer) -> None:
        """Count an answer."""
        if answer.is_accepted:
            self.done += 1
        elif answer.word == "on_hold":
            self.held += 1
        elif answer.word in _SETTLED:
            self.moved_on += 1
        else:
            self.pending += answer.word == PENDING
            self.failed.append(f"{asked.state.case_id}: {answer.word}")


class Sweep:
    """Passes over the cases of ``store``; ``send`` is the way commands take.

    What a case refused is not asked again under the same key, by this object; the key changes
    after one minute, two, four and so on, so that a case which stays due is asked more and more
    seldom, and a refusal because clocks differ is not the last word.
    """

    def __init__(self, store: AftercareStore, send: Commands, policy: AftercarePolicy) -> None:
        self._store = store
        self._send = send
        self._kept = timedelta(days=policy.retention_days)
        self._refused: dict[CommandKind, set[str]] = {}

    def follow_up(self, now: datetime) -> Tally:
        """Have each case looked at that is due."""
        tally = Tally()
        wanted = (
            _asked(state, CommandKind.FOLLOW_UP, now - (next_look_at(state) or now))
            for state in self._store.due(now)
        )
        for _ in self._accepted(CommandKind.FOLLOW_UP, wanted, tally):
            pass
        return tally

    def to_remove(self, now: datetime) -> Iterable[CaseState]:
        """Return the cases whose personal data are kept no longer, unless they are held."""
        return self._store.ended(now - self._kept)

    def remove(self, now: datetime, tell: Callable[[str], None]) -> Tally:
        """Have the removal decided by each case, then remove; a case on hold keeps everything.

        Decided first: only the case knows whether it is held.
        """
        tally = Tally()

        def not_held() -> Iterable[Asked]:
            for state in self.to_remove(now):
                if (why := self.kept_by(state)) is not None:
                    tally.found += 1
                    tally.held += 1
                    tell(f"{state.case_id}  {why}, kept")
                else:
                    ended = state.closed_at or state.resolved_at or now
                    yield _asked(state, CommandKind.ANONYMISE, now - ended - self._kept)

        for state in self._accepted(CommandKind.ANONYMISE, not_held(), tally):
            self._forget(state, now, tally)
            tell(f"{state.case_id}  personal data removed")
        return tally

    def finish(self, now: datetime, tally: Tally | None = None) -> Tally:
        """Remove what was decided lately and not done, because a pass died between, what was
        written about a case after its removal, what was written on dead letters so long ago, and
        the contacts of those that were discarded before there was a case; count it into
        ``tally``."""
        tally = tally or Tally()
        lately = self._store.anonymised(now - timedelta(days=AGAIN_DAYS))
        for state in chain(lately, self._store.written_after()):
            if self.kept_by(state) is None and not _is_to_be_read(state, now):
                self._forget(state, now, tally)
        self._store.forget_letters(now - self._kept)
        tally.contacts += self._store.forget_caseless(now - self._kept, now)
        return tally

    def kept_by(self, state: CaseState) -> str | None:
        """Say what keeps a case's personal data beyond their time; None: nothing does.

        The contacts of an appeal are those of the case it is about. So that case keeps them while
        the appeal keeps its own: open, held, or answered not so long ago.
        """
        if state.legal_hold:
            return "on legal hold"
        about, appeal = state.appeal_of, state.appealed_by
        if about is not None:
            first = self._store.case(state.tenant, about)
            if first is not None and first.legal_hold:
                return f"an appeal about {about}, which is on legal hold"
        if appeal is not None:
            found = self._store.case(state.tenant, appeal)
            if found is None or found.anonymised_at is None:
                return f"its appeal {appeal} needs it"
        return None

    def counts(self, state: CaseState) -> tuple[int, int]:
        """Return how many contacts of a matter and how many entries of its logs would lose
        something."""
        contacts = state.contacts + sum(one.contacts for one in state.merged)
        return contacts, sum(self._store.worded(state.tenant, one) for one in _cases_of(state))

    def _accepted(
        self, kind: CommandKind, wanted: Iterable[Asked], tally: Tally
    ) -> Iterator[CaseState]:
        """Ask page by page; yield the cases that agreed."""
        rest, known, refused = iter(wanted), self._refused.get(kind, set()), set[str]()
        while page := list(islice(rest, PAGE)):
            tally.found += len(page)
            refused.update(one.key for one in page if one.key in known)
            asked = [one for one in page if one.key not in known]
            answers = self._send(asked) if asked else []
            for one, answer in zip(asked, answers, strict=True):
                tally.take(one, answer)
                if answer.is_accepted:
                    yield one.state
                elif answer.word != PENDING:
                    refused.add(one.key)
        self._refused[kind] = refused

    def _forget(self, state: CaseState, now: datetime, tally: Tally) -> None:
        """Remove the personal data of a matter, and what was written about it: of the case and of
        those merged into it."""
        for case_id in _cases_of(state):
            tally.contacts += self._store.forget(state.tenant, case_id, now)
            tally.entries += self._store.forget_words(state.tenant, case_id, now)


def _is_to_be_read(state: CaseState, now: datetime) -> bool:
    """Say whether a contact came after the removal that somebody may not have read yet."""
    gone, came = state.anonymised_at, state.last_contact_at
    return gone is not None and gone < came and now - came < timedelta(days=AGAIN_DAYS)


def _cases_of(state: CaseState) -> tuple[str, ...]:
    return state.case_id, *(one.case_id for one in state.merged)


def _asked(state: CaseState, kind: CommandKind, late: timedelta) -> Asked:
    attempt = (max(late, timedelta()) // _MINUTE).bit_length()
    return Asked(state, kind, f"{kind}-{state.case_id}-{state.seq}-{attempt}")


def as_command(asked: Asked) -> dict[str, Any]:
    """Return the body of a command of the system."""
    return {
        "kind": asked.kind,
        "id": asked.key,
        "actor": SYSTEM,
        "expected_seq": asked.state.seq,
    }
