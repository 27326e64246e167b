"""Rolling incidents forward: each word that their writer had read takes the effect it had.

A place follows from the words to it, in order, by a pure rule; what was produced of it then stands
in place of what would be made today. Nothing is produced: cases have their own logs.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.incidents import WATCH, IncidentAsk, IncidentChange, IncidentChanged, IncidentCommand
from schemas.topics import INCIDENTS, PLACES
from services.adapters.mongo_incidents import MongoIncidentStore
from services.domain.incident_store import (
    IncidentStore,
    Member,
    PlaceRow,
    PlaceState,
    Seen,
    place_of,
)
from services.domain.incidents.policy import IncidentPolicy
from services.domain.incidents.saying import OF_PERSONS
from services.incidents.logic import TOLD_AT_ONCE, step
from services.incidents.messages import key_of
from services.recovery.tail import Tail

_AT_A_TIME: Final = 500
_UNTIMED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands where a record that was never produced would say when it was made."""
_PASSED: Final = frozenset({IncidentAsk.FOUND, IncidentAsk.SIGHT})


class IncidentsForward:
    """See :meth:`run`."""

    def __init__(
        self, tail: Tail, policy: IncidentPolicy, store: IncidentStore | None = None
    ) -> None:
        """``store`` is another one than that of the database (tests)."""
        self._tail = tail
        self._store = store or MongoIncidentStore(tail.database)
        self._policy = policy
        self._found: defaultdict[str, list[tuple[str, bytes]]] = defaultdict(list)

    def run(self) -> int:
        """Write the rows of all words that were read since the backup; return how many."""
        for records in self._tail.read(self._tail.produced(INCIDENTS, None), "incidents"):
            changes = [(one, record.value) for record, one in _read(IncidentChanged, records)]
            self._tail.finds.put({_change_mark(one): {"value": value} for one, value in changes})
        for records in self._tail.read(self._tail.produced(PLACES), "words of the watch"):
            for record, word in _read(IncidentCommand, records):
                if word.kind in _PASSED and word.case_id is not None:
                    self._found[f"{word.tenant}|{word.case_id}"].append(
                        (key_of(word), record.value)
                    )
        count = 0
        spans = self._tail.consumed(PLACES, "incidents")
        for records in self._tail.read(spans, "words to places"):
            words = _read(IncidentCommand, records)
            for begin in range(0, len(words), _AT_A_TIME):
                count += self._take(words[begin : begin + _AT_A_TIME])
        return count

    def _take(self, words: Sequence[tuple[Any, IncidentCommand]]) -> int:
        marks = [(key_of(word), word.command_id) for _, word in words]
        known = set(self._store.of_commands(marks))
        newest = self._store.newest({key for key, _ in marks})
        rows: list[PlaceRow] = []
        for (record, word), mark in zip(words, marks, strict=True):
            if mark in known:
                continue
            known.add(mark)
            source = f"{self._tail.topic_id(PLACES)}:{record.partition}:{record.offset}"
            row = self._row(word, mark[0], source, newest.get(mark[0]), rows)
            newest[mark[0]] = row
            rows.append(row)
        if rows:
            self._store.append(rows)
        return len(rows)

    def _row(
        self,
        word: IncidentCommand,
        place: str,
        source: str,
        before: PlaceRow | None,
        unsaved: Sequence[PlaceRow],
    ) -> PlaceRow:
        n = before.n + 1 if before else 1
        row = PlaceRow(place, n, word.command_id, source, b"{}")
        if word.hub == WATCH:
            return self._seen(word, row)
        state = PlaceState() if before is None else place_of(before)
        made = step(state, word, self._policy, _UNTIMED, self._members(word, place, unsaved))
        changes = self._produced(made.changes)
        if word.kind in OF_PERSONS and None in changes:
            # It was refused: who had the rank then, today's teams do not say.
            return replace(row, state=_state(state))
        return replace(
            row,
            state=_state(made.state),
            changes=tuple(
                encode(one) if value is None else value
                for one, value in zip(made.changes, changes, strict=True)
            ),
            about=made.about,
            member=made.member,
        )

    def _members(
        self, word: IncidentCommand, place: str, unsaved: Sequence[PlaceRow]
    ) -> Sequence[tuple[int, Member]]:
        """Return who is told next, or all who ever were of the incident that a case leaves."""
        if word.kind not in (IncidentAsk.TELL, IncidentAsk.LEFT):
            return ()
        incident_id, found = word.incident_id or "", list[tuple[int, Member]]()
        after, is_telling = word.after or 0, word.kind is IncidentAsk.TELL
        while page := self._store.members(word.tenant, incident_id, after, TOLD_AT_ONCE):
            found += page
            after = page[-1][0]
            if is_telling:
                break
        found += [
            (one.n, one.member)
            for one in unsaved
            if one.place == place and one.member and one.member.incident_id == incident_id
        ]
        return found[:TOLD_AT_ONCE] if is_telling else found

    def _seen(self, word: IncidentCommand, row: PlaceRow) -> PlaceRow:
        """Return the row of the watch; what it found by a contact is known by the case."""
        if word.case_id is None or word.contact_id is None or word.who is None:
            return row
        seen = Seen(
            contact_id=word.contact_id,
            case_id=word.case_id,
            who=word.who,
            at=word.at,
            category=word.found_in or "unknown",
        )
        passed = self._found.pop(f"{word.tenant}|{word.case_id}", [])
        return replace(row, state=_state(PlaceState(seen=seen)), passed=tuple(passed))

    def _produced(self, changes: Sequence[IncidentChanged]) -> list[bytes | None]:
        """Return the changes as they stand on the topic; None: nothing like it does."""
        marks = [_change_mark(one) for one in changes]
        found = self._tail.finds.get(marks) if marks else {}
        values = [bytes(found[mark]["value"]) if mark in found else None for mark in marks]
        return [
            value if value is not None and _is_like(value, one) else None
            for value, one in zip(values, changes, strict=True)
        ]


def _is_like(value: bytes, change: IncidentChanged) -> bool:
    """Return whether the change with this number is of the same word."""
    told = decode(IncidentChanged, value)
    if told.kind is IncidentChange.LEVEL_SET and told.level != change.level:
        return False
    return (told.kind, told.actor, told.note) == (change.kind, change.actor, change.note)


def _state(state: PlaceState) -> bytes:
    return state.model_dump_json(exclude_none=True, exclude_defaults=True).encode()


def _change_mark(one: IncidentChanged) -> str:
    return f"i|{one.tenant}|{one.incident_id}|{one.seq:08}"


def _read(kind: Any, records: Sequence[Any]) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    for record in records:
        with suppress(MalformedRecordError):
            found.append((record, decode(kind, record.value)))
    return found
