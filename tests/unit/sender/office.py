"""A writer of letters over memory, with one contact and perhaps one change."""

from typing import Any

from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.notices import NoticeRequested
from schemas.personal import Personal, Sealed
from schemas.vocabulary import CaseStatus, ChangeKind
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_sends import MemoryLetterFacts, MemorySendStore
from services.adapters.preferences import MemoryPreferences
from services.domain.case_store import LogEntry, LoggedEvent
from services.domain.staff import StaffBook
from services.domain.teams import load_teams
from services.domain.wording.wording import shipped
from services.sender.channels.port import Letter
from services.sender.letters import Places
from services.sender.library import FixedWords
from services.sender.no_letter import NoLetter
from services.sender.writer import LetterWriter
from tests.support.builders import KEYS, NOON, TENANT, VAULT, a_contact, a_deduplicated, sealed
from tests.unit.notification.test_handler import a_row
from tests.unit.sender.desk import a_notice

WORDING = shipped()
BOOK = StaffBook.model_validate(
    {
        "version": "v1",
        "people": {
            "team:billing": {"email": "billing@example.com", "zone": "Europe/Berlin"},
            "partner:gb": {"email": "desk@gb.example", "zone": "America/New_York"},
        },
    }
)
PERSONAL = Personal(email="li@example.com", phone="+86 138 0013 8000", customer="cust-1")


class Office:
    """A writer over memory, with one contact and perhaps one change."""

    def __init__(
        self,
        personal: Personal | Sealed | None = PERSONAL,
        answers_by_sms: bool = False,
        **fields: Any,
    ) -> None:
        kept = sealed(personal) if isinstance(personal, Personal) else personal
        self.contact = a_contact(personal=kept, **fields)
        self.dedup, self.cases = MemoryDedupStore(), MemoryCaseStore()
        self.dedup.insert_rows([a_row(a_deduplicated(self.contact))])
        self.preferences = MemoryPreferences()
        self.sends = MemorySendStore()
        self.facts = MemoryLetterFacts(self.dedup, self.cases)
        self.writer = LetterWriter(
            self.facts,
            self.sends.marked,
            self.preferences.chosen,
            KEYS,
            VAULT,
            FixedWords(WORDING),
            load_teams(),
            Places("https://kd.example/", "https://console.example", answers_by_sms),
            BOOK,
        )

    def happens(self, kind: ChangeKind, **fields: Any) -> None:
        change = CaseChanged(
            tenant=TENANT, case_id="case-1", seq=1, at=NOON, kind=kind, actor="clerk:7",
            **{"status": CaseStatus.RESOLVED} | fields,
        )  # fmt: skip
        event = LoggedEvent(1, "src:0:1", encode(change))
        self.cases.append([LogEntry(f"{TENANT}|case-1", 1, NOON, ("src:0:1",), (), (event,))])

    def notice(self, **fields: Any) -> NoticeRequested:
        return a_notice(**({"recipient": f"contact:{self.contact.contact_id}"} | fields))

    def write(self, **fields: Any) -> Letter | NoLetter:
        (written,) = self.writer.letters([self.notice(**fields)])
        return written

    def letter(self, **fields: Any) -> Letter:
        written = self.write(**fields)
        assert isinstance(written, Letter), written
        return written
