"""Writes the letters of a batch: what they need is read in one go."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from schemas.notice_words import NoticeKind
from schemas.notices import NoticeRequested
from schemas.personal import KeyRing
from services.domain.addresses import address_index
from services.domain.redress import load_redress
from services.domain.send_store import AddressMark, Bundle, LetterFacts
from services.domain.teams import Teams
from services.domain.wording.wording import Wording
from services.sender.channels.port import Letter
from services.sender.letters import (
    NEEDS_CHANGE,
    Facts,
    NoLetter,
    Places,
    address_of,
    contact_of,
    write,
)
from services.sender.outcome import outcome_of

_CASES_SHOWN: Final = 20
"""Of a digest; it says how many there are in all."""


class LetterWriter:
    """The sender's :class:`~services.sender.outside.Writer`. No letter is written to an address
    that bounced or whose owner complained; ``marked`` knows those, by their indexes."""

    def __init__(
        self,
        facts: LetterFacts,
        marked: Callable[[Iterable[str]], dict[str, AddressMark]],
        keys: KeyRing,
        wording: Wording,
        teams: Teams,
        places: Places,
    ) -> None:
        self._facts = facts
        self._marked = marked
        self._keys = keys
        self._wording = wording
        self._redress = load_redress()
        self._teams = teams
        self._places = places

    def letters(self, notices: Sequence[NoticeRequested]) -> list[Letter | NoLetter]:
        """See the port."""
        contacts = self._facts.contacts(
            f"{notice.tenant}|{contact_id}"
            for notice in notices
            if (contact_id := contact_of(notice)) is not None
        )
        places = {
            (notice.tenant, notice.case_id, notice.case_seq)
            for notice in notices
            if notice.kind in NEEDS_CHANGE
        }
        changes = {place: self._facts.change(*place) for place in places}
        written: list[Letter | NoLetter] = []
        for notice in notices:
            contact = contacts.get(f"{notice.tenant}|{contact_of(notice)}")
            change = changes.get((notice.tenant, notice.case_id, notice.case_seq))
            facts = Facts(contact, change, self._outcome(notice), self._bundle(notice))
            try:
                written.append(write(notice, facts, self._wording, self._teams, self._places))
            except NoLetter as nobody:
                written.append(nobody)
        return self._without_marked(notices, written)

    def _outcome(self, notice: NoticeRequested) -> Mapping[str, Any]:
        if notice.kind is not NoticeKind.RESULT:
            return {}
        history = self._facts.history(notice.tenant, notice.case_id, notice.case_seq)
        return outcome_of(history, self._redress, "zh" if notice.language == "zh" else "en")

    def _bundle(self, notice: NoticeRequested) -> Bundle | None:
        if notice.kind is not NoticeKind.DIGEST:
            return None
        return self._facts.bundle(notice.notice_id, _CASES_SHOWN)

    def index_of(self, notice: NoticeRequested) -> str | None:
        """See the port."""
        contact_id = contact_of(notice)
        if contact_id is None:
            return None
        key = f"{notice.tenant}|{contact_id}"
        try:
            address = address_of(notice, self._facts.contacts([key]).get(key))
        except NoLetter:
            return None
        return self._index(notice.tenant, address.kind, address.value)

    def _without_marked(
        self, notices: Sequence[NoticeRequested], written: list[Letter | NoLetter]
    ) -> list[Letter | NoLetter]:
        """Give each letter to a complainant its index, and take out those that must not go."""
        for at, (notice, letter) in enumerate(zip(notices, written, strict=True)):
            if isinstance(letter, Letter) and contact_of(notice) is not None:
                index = self._index(notice.tenant, letter.address_kind, letter.address)
                written[at] = replace(letter, index=index)
        indexes = {one.index for one in written if isinstance(one, Letter) and one.index}
        marks = self._marked(indexes) if indexes else {}
        return [
            NoLetter(f"address_{marks[one.index].reason}")
            if isinstance(one, Letter) and one.index in marks
            else one
            for one in written
        ]

    def _index(self, tenant: str, kind: str, address: str) -> str:
        return address_index(self._keys, tenant, kind, address)
