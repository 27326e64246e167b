"""Writes the letters of a batch: what they need is read in one go."""

from collections.abc import Sequence

from schemas.notices import NoticeRequested
from services.domain.send_store import LetterFacts
from services.domain.teams import Teams
from services.sender.channels.port import Letter
from services.sender.letters import NEEDS_CHANGE, NoLetter, contact_of, write
from services.sender.wording import Wording


class LetterWriter:
    """The handler's :class:`~services.sender.handler.Writer`."""

    def __init__(self, facts: LetterFacts, wording: Wording, teams: Teams, public_url: str) -> None:
        self._facts = facts
        self._wording = wording
        self._teams = teams
        self._public_url = public_url

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
            try:
                written.append(
                    write(notice, contact, change, self._wording, self._teams, self._public_url)
                )
            except NoLetter as nobody:
                written.append(nobody)
        return written
