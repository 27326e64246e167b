"""Writes the letters of a batch: what they need is read in one go."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from typing import Any, Final, Literal

from schemas.contacts import ContactDeduplicated
from schemas.notice_words import NoticeKind
from schemas.notices import NoticeRequested
from schemas.personal import KeyRing
from services.domain.addresses import address_index
from services.domain.optout import PATH, optout_token
from services.domain.preferences import NOTHING_CHOSEN, Preferences, joined, key_of, names_of
from services.domain.redress import load_redress
from services.domain.send_store import AddressMark, Bundle, LetterFacts
from services.domain.staff import NOBODY_LISTED, StaffBook
from services.domain.teams import Teams
from services.sender.channels.port import Letter
from services.sender.letters import NEEDS_CHANGE, Facts, Places, address_of, contact_of, write
from services.sender.library import Words
from services.sender.no_letter import NoLetter
from services.sender.outcome import outcome_of

OPTED_OUT: Final = "opted_out"
Place = tuple[str, str, int, str]
"""A change of a case, and the language in which it is told."""
_CASES_SHOWN: Final = 20
"""Of a digest; it says how many there are in all."""


class LetterWriter:
    """The sender's :class:`~services.sender.outside.Writer`. No letter is written to an address
    that bounced or whose owner complained; ``marked`` knows those, by their indexes. Nor is one
    that nobody has to get to who opted out since it was decided; ``chosen`` knows that, and in
    which language he wants to be written to by now."""

    def __init__(
        self,
        facts: LetterFacts,
        marked: Callable[[Iterable[str]], dict[str, AddressMark]],
        chosen: Callable[[Iterable[str]], dict[str, Preferences]],
        keys: KeyRing,
        words: Words,
        teams: Teams,
        places: Places,
        staff: StaffBook = NOBODY_LISTED,
    ) -> None:
        self._facts = facts
        self._marked = marked
        self._chosen = chosen
        self._keys = keys
        self._words = words
        self._redress = load_redress()
        self._teams = teams
        self._places = places
        self._staff = staff

    def letters(
        self, notices: Sequence[NoticeRequested], texts: Sequence[str | None] = ()
    ) -> list[Letter | NoLetter]:
        """See the port."""
        contacts = self._facts.contacts(
            f"{notice.tenant}|{contact_id}"
            for notice in notices
            if (contact_id := contact_of(notice)) is not None
        )
        wishes = self._wishes(notices, contacts)
        places = {
            (notice.tenant, notice.case_id, notice.case_seq)
            for notice in notices
            if notice.kind in NEEDS_CHANGE
        }
        changes = {place: self._facts.change(*place) for place in places}
        outcomes: dict[Place, Mapping[str, Any]] = {}
        written: list[Letter | NoLetter] = []
        for notice, edition in zip_longest(notices, texts):
            contact = contacts.get(f"{notice.tenant}|{contact_of(notice)}")
            change = changes.get((notice.tenant, notice.case_id, notice.case_seq))
            wish = wishes.get(notice.notice_id, NOTHING_CHOSEN)
            if wish.opt_out:
                written.append(NoLetter(OPTED_OUT))
                continue
            if wish.language is not None:
                notice = notice.model_copy(update={"language": wish.language})
            link = f"{self._places.public.rstrip('/')}{PATH}"
            link += optout_token(self._keys, notice.notice_id)
            outcome = self._outcome(notice, outcomes)
            facts = Facts(contact, change, outcome, self._bundle(notice), link)
            try:
                written.append(
                    write(
                        notice,
                        facts,
                        self._words.of(edition),
                        self._teams,
                        self._places,
                        self._staff,
                    )
                )
            except NoLetter as nobody:
                written.append(nobody)
        return self._without_marked(notices, written)

    def _wishes(
        self, notices: Iterable[NoticeRequested], contacts: Mapping[str, ContactDeduplicated]
    ) -> dict[str, Preferences]:
        """Return by notice what its recipient chose, perhaps after it was decided and held: nothing
        where it is mandatory, which is not held for long and cannot be refused."""
        keys: dict[str, list[str]] = {}
        for notice in notices:
            contact_id = contact_of(notice)
            if contact_id is None or notice.mandatory:
                continue
            contact = contacts.get(f"{notice.tenant}|{contact_id}")
            names = (contact_id,) if contact is None else names_of(contact.contact)
            keys[notice.notice_id] = [key_of(notice.tenant, name) for name in names]
        chosen = self._chosen(chain.from_iterable(keys.values())) if keys else {}
        return {
            notice_id: joined(chosen[key] for key in own if key in chosen)
            for notice_id, own in keys.items()
        }

    def _outcome(
        self, notice: NoticeRequested, known: dict[Place, Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Return what an answer tells beside its own words; all who complained are told it, in few
        batches, so what is ``known`` is not read again for each of them."""
        if notice.kind is not NoticeKind.RESULT:
            return {}
        place = notice.tenant, notice.case_id, notice.case_seq
        language: Literal["zh", "en"] = "zh" if notice.language == "zh" else "en"
        if (*place, language) not in known:
            history = self._facts.history(*place)
            known[*place, language] = outcome_of(history, self._redress, language)
        return known[*place, language]

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
