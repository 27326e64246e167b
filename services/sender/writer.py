"""Writes the letters of a batch: what they need is read in one go."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from typing import Any, Final, Literal, NamedTuple

from schemas.cases import CaseChanged
from schemas.contacts import ContactDeduplicated
from schemas.notice_words import NoticeKind
from schemas.notices import NoticeRequested
from schemas.personal import KeyRing, Personal
from schemas.receipts import ReceiptEvent
from schemas.vocabulary import ChangeKind
from services.domain.addresses import address_index
from services.domain.merging import is_of_several, merged_after
from services.domain.opened import opened_personal
from services.domain.optout import PATH, optout_token
from services.domain.preferences import NOTHING_CHOSEN, Preferences, joined, key_of, looked_for
from services.domain.redress import load_redress
from services.domain.send_store import AddressMark, Bundle, LetterFacts
from services.domain.staff import NOBODY_LISTED, StaffBook
from services.domain.teams import Teams
from services.domain.vault import Vault
from services.sender.channels.port import Letter
from services.sender.letters import NEEDS_CHANGE, Facts, Places, address_of, contact_of, write
from services.sender.library import Words
from services.sender.no_letter import NoLetter
from services.sender.outcome import outcome_of
from services.sender.overtaken import LOOKED_THROUGH, OVERTAKEN, is_overtaken, may_be_overtaken
from services.sender.whose import opening_code, proved_among

OPTED_OUT: Final = "opted_out"
Place = tuple[str, str, int, str]
"""A change of a case, and the language in which it is told."""
_CASES_SHOWN: Final = 20
"""Of a digest; it says how many there are in all."""
_CONTACTS_TRIED: Final = 10
"""Of one person in one case, for another address."""
_CONTACTS_OF_CASE: Final = 50
"""Of each merged case, to see whose they are."""
_NO_WAY_THERE: Final = frozenset({"no_address", f"address_{ReceiptEvent.BOUNCED}"})
"""Reasons for which another contact's address is looked for; a complaint of its owner is none."""


class _Asked(NamedTuple):
    """A letter to be written, or why it must not be."""

    notice: NoticeRequested
    facts: Facts
    edition: str | None
    why_not: str | None


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
        vault: Vault,
        words: Words,
        teams: Teams,
        places: Places,
        staff: StaffBook = NOBODY_LISTED,
    ) -> None:
        self._facts = facts
        self._marked = marked
        self._chosen = chosen
        self._keys = keys
        self._vault = vault
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
        asked: list[_Asked] = []
        changes: dict[tuple[str, str, int, int], list[CaseChanged]] = {}
        outcomes: dict[Place, Mapping[str, Any]] = {}
        for notice, edition in zip_longest(notices, texts):
            wish = wishes.get(notice.notice_id, NOTHING_CHOSEN)
            if wish.language is not None:
                notice = notice.model_copy(update={"language": wish.language})
            happened = self._happened(notice, changes)
            change = next((one for one in happened if one.seq == notice.case_seq), None)
            link = f"{self._places.public.rstrip('/')}{PATH}"
            contact = contacts.get(f"{notice.tenant}|{contact_of(notice)}")
            facts = Facts(
                contact,
                self._who(contact),
                change,
                self._outcome(notice, change, outcomes),
                self._bundle(notice),
                link + optout_token(self._keys, notice.notice_id),
            )
            why_not = OPTED_OUT if wish.opt_out else None
            if why_not is None and is_overtaken(notice, happened):
                why_not = OVERTAKEN
            asked.append(_Asked(notice, facts, edition, why_not))
        written = self._without_marked(asked, [self._write(one, one.facts) for one in asked])
        return [
            self._by_other_contacts(one, letter) if isinstance(letter, NoLetter) else letter
            for one, letter in zip(asked, written, strict=True)
        ]

    def _happened(
        self, notice: NoticeRequested, known: dict[tuple[str, str, int, int], list[CaseChanged]]
    ) -> Sequence[CaseChanged]:
        """Return the change that a notice tells of, where it does; and those after it, where they
        may have overtaken it. Of what is ``known`` nothing is read again."""
        most = LOOKED_THROUGH if may_be_overtaken(notice) else int(notice.kind in NEEDS_CHANGE)
        if not most:
            return ()
        wanted = notice.tenant, notice.case_id, notice.case_seq, most
        if wanted not in known:
            known[wanted] = self._facts.changes_from(*wanted)
        return known[wanted]

    def _who(self, contact: ContactDeduplicated | None) -> Personal | None:
        return None if contact is None else opened_personal(contact, self._vault)

    def _write(self, asked: _Asked, facts: Facts) -> Letter | NoLetter:
        if asked.why_not is not None:
            return NoLetter(asked.why_not)
        facts = facts._replace(tracking=self._code(asked.notice, facts.contact))
        words = self._words.of(asked.edition)
        try:
            return write(asked.notice, facts, words, self._teams, self._places, self._staff)
        except NoLetter as nobody:
            return nobody

    def _by_other_contacts(self, asked: _Asked, nobody: NoLetter) -> Letter | NoLetter:
        """Return the letter by what its recipient gave with another contact of the same matter, the
        newest first, where this one has no address for the channel or one that is dead."""
        own = asked.facts.contact
        if own is None or own.contact.person is None or nobody.reason not in _NO_WAY_THERE:
            return nobody
        person = own.contact.person
        proved = proved_among(own, self._contacts_beside(own))
        his = [other for other in proved if other.contact.person == person]
        for other in his[:_CONTACTS_TRIED]:
            letter = self._write(asked, asked.facts._replace(contact=other, who=self._who(other)))
            (letter,) = self._without_marked([asked], [letter])
            if isinstance(letter, Letter):
                return letter
        return nobody

    def _contacts_beside(self, own: ContactDeduplicated) -> list[ContactDeduplicated]:
        """Return the contacts of the case of a contact, newest first; of an appeal those of the
        case that it is about. The person's own are among them, however many came since."""
        person = own.contact.person
        found = self._facts.contacts_of(own.tenant, own.case_id, None, _CONTACTS_OF_CASE)
        found += self._facts.contacts_of(own.tenant, own.case_id, person, _CONTACTS_OF_CASE)
        found = list({one.contact.contact_id: one for one in found}.values())
        return sorted(found, key=lambda one: one.contact.received_at, reverse=True)

    def _code(self, notice: NoticeRequested, own: ContactDeduplicated | None) -> str:
        if own is None:
            return ""

        def is_same_address(other: ContactDeduplicated) -> bool:
            # Asked of few letters: most contacts claim nothing.
            index = self._index_of(notice, own)
            return index is not None and self._index_of(notice, other) == index

        return opening_code(own, lambda: self._contacts_beside(own), is_same_address)

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
            names = (contact_id,) if contact is None else looked_for(contact.contact)
            keys[notice.notice_id] = [key_of(notice.tenant, name) for name in names]
        chosen = self._chosen(chain.from_iterable(keys.values())) if keys else {}
        return {
            notice_id: joined(chosen[key] for key in own if key in chosen)
            for notice_id, own in keys.items()
        }

    def _outcome(
        self,
        notice: NoticeRequested,
        change: CaseChanged | None,
        known: dict[Place, Mapping[str, Any]],
    ) -> Mapping[str, Any]:
        """Return what an answer, and word of a payment, tells beside its own words; all who
        complained are told it, in few batches, so what is ``known`` is not read again for each of
        them."""
        is_payment = change is not None and change.kind is ChangeKind.PAYMENT_REQUESTED
        if notice.kind is not NoticeKind.RESULT and not is_payment:
            return {}
        place = notice.tenant, notice.case_id, notice.case_seq
        language: Literal["zh", "en"] = "zh" if notice.language == "zh" else "en"
        if (*place, language) not in known:
            history = self._facts.history(*place)
            is_shared = self._is_shared(notice, merged_after(history))
            known[*place, language] = outcome_of(history, self._redress, language, is_shared)
        return known[*place, language]

    def _is_shared(self, notice: NoticeRequested, merged: Sequence[str]) -> bool:
        """Return whether cases of others are among those that are merged into a notice's own."""
        cases = (notice.case_id, *merged) if merged else ()
        return is_of_several(
            one
            for case_id in cases
            for one in self._facts.contacts_of(notice.tenant, case_id, None, _CONTACTS_OF_CASE)
        )

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
        return self._index_of(notice, self._facts.contacts([key]).get(key))

    def _index_of(self, notice: NoticeRequested, contact: ContactDeduplicated | None) -> str | None:
        try:
            address = address_of(notice, self._who(contact))
        except NoLetter:
            return None
        return self._index(notice.tenant, address.kind, address.value)

    def _without_marked(
        self, asked: Sequence[_Asked], written: list[Letter | NoLetter]
    ) -> list[Letter | NoLetter]:
        """Give each letter to a complainant its index, and take out those that must not go."""
        for at, (one, letter) in enumerate(zip(asked, written, strict=True)):
            notice = one.notice
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
