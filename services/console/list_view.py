"""The list of cases as a page shows it. Pure: records in, words out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from urllib.parse import urlencode

from schemas.cases import CaseState
from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import CaseStatus, Category, ClockStage
from services.adapters.case_search import SETTLED, CaseFilter, Order, Place
from services.adapters.deadlines import Deadline
from services.console.due_view import is_overdue
from services.console.language import Texts
from services.console.words import Moment, Remaining, duration, excerpt, moment, remaining
from services.domain.compensation.payments import left_unpaid, unanswered
from services.domain.merging import gravest, total_contacts
from services.domain.teams import Teams

LEVELS = (4, 3, 2, 1)
_INDEX: Final = re.compile(r"[A-Za-z0-9-]{1,12}\.[A-Z2-7]{26}")
_MOST_INDEXES: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address of a list asks for. Words it does not know are as if not there."""

    filter: CaseFilter
    order: Order
    after: Place | None
    text: str
    mine: bool
    person: tuple[str, ...] = ()
    """The blind indexes of a complainant: what somebody typed to find him stands in no address."""

    @classmethod
    def read(cls, query: Mapping[str, str], clerk: str | None) -> "Wanted":
        """Read the address's query."""
        status = query.get("status", "open")
        level = query.get("level", "")
        mine = query.get("mine") == "1" and clerk is not None
        # Most payments fail after the answer, when nobody has the case before his eyes.
        unpaid = query.get("unpaid") == "1"
        text = query.get("q", "").strip()[:80]
        named = query.get("person", "").split(",")[:_MOST_INDEXES]
        return cls(
            CaseFilter(
                open_only=status not in ("all", *CaseStatus) and not (text or unpaid),
                status=CaseStatus(status) if status in set(CaseStatus) else None,
                level=int(level) if level in ("1", "2", "3", "4") else None,
                category=_category(query.get("category", "")),
                team=query.get("team", "")[:40] or None,
                assignee=clerk if mine else None,
                to_check=query.get("check") == "1",
                left_unpaid=unpaid,
                id_prefix=text.upper() or None,
            ),
            Order.NEWEST if query.get("order") == Order.NEWEST else Order.URGENT,
            Place.read(query.get("after", "")),
            text,
            mine,
            () if text else tuple(one for one in named if _INDEX.fullmatch(one)),
        )

    @property
    def status(self) -> str:
        """The chosen word of the status filter."""
        if self.filter.status is not None:
            return self.filter.status.value
        return "open" if self.filter.open_only or self.text else "all"

    def address(self, **changes: str | None) -> str:
        """Return the address of this list with some of its words changed; the first page,
        unless ``after`` says otherwise."""
        words = {
            "q": self.text,
            "person": ",".join(self.person),
            "status": "" if self.status == "open" else self.status,
            "level": str(self.filter.level or ""),
            "category": self.filter.category or "",
            "team": self.filter.team or "",
            "mine": "1" if self.mine else "",
            "check": "1" if self.filter.to_check else "",
            "unpaid": "1" if self.filter.left_unpaid else "",
            "order": "" if self.order is Order.URGENT else self.order.value,
        } | changes
        query = urlencode({name: value for name, value in words.items() if value})
        return f"/cases?{query}" if query else "/cases"

    @property
    def without_filters(self) -> str | None:
        """The address of this search with nothing else chosen; None where nothing else is."""
        if not (self.text or self.person):
            return None
        chosen = dict.fromkeys(("level", "category", "team", "mine", "check"), "")
        address = self.address(**chosen, status="all" if self.person else "")
        return address if address != self.address() else None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order was chosen."""
        return self.address(order="") != "/cases"


def cases_of(person: Sequence[str]) -> str:
    """Return the address of the list of all cases of a complainant, by his blind indexes."""
    return f"/cases?{urlencode({'person': ','.join(person[:_MOST_INDEXES]), 'status': 'all'})}"


def _category(written: str) -> Category | None:
    return Category(written) if written in set(Category) else None


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the list."""

    case_id: str
    address: str
    level: int
    level_name: str
    category: str
    status: str
    status_name: str
    excerpt: str
    team: str
    assignee: str
    channel: str
    contacts: int
    is_unsure: bool
    is_left_unpaid: bool
    is_unanswered: bool
    opened: Moment
    age: str
    time: Remaining
    time_hint: str


def rows_of(
    states: Sequence[CaseState],
    first: Mapping[str, ContactDeduplicated],
    due: Mapping[str, Deadline],
    teams: Teams,
    now: datetime,
    zone: tzinfo,
    texts: Texts,
) -> list[Row]:
    """Return the rows of a page; ``first`` are the contacts that opened the cases."""
    return [
        Row(
            case_id=state.case_id,
            address=f"/cases/{state.case_id}",
            level=gravest(state),
            level_name=texts(f"level.{gravest(state)}"),
            category=texts.word("category", state.category),
            status=state.status,
            status_name=texts.word("status", state.status),
            excerpt=excerpt(opening.contact.text)
            if (opening := first.get(state.first_contact_id))
            else "",
            team=team_name(state.team, teams, texts),
            assignee=clerk_name(state.assignee, teams, texts),
            channel=texts.word("channel", state.channel),
            contacts=total_contacts(state),
            is_unsure=state.unsure,
            is_left_unpaid=bool(left_unpaid(state)),
            is_unanswered=bool(unanswered(state)),
            opened=moment(state.opened_at, now, zone, texts),
            age=duration(now - state.opened_at, texts),
            time=time_of(state, due.get(state.case_id), now, texts),
            time_hint=hint_of(due.get(state.case_id), texts),
        )
        for state in states
    ]


def time_of(state: CaseState, due: Deadline | None, now: datetime, texts: Texts) -> Remaining:
    """Return the time left until the next limit; without one, the age of the open case, and that it
    is overdue where it is: also one at the end of its ladder, which nothing is due of any more."""
    if state.status in SETTLED:
        ended = state.closed_at or state.resolved_at or state.updated_at
        return Remaining(
            texts("due.settled", time=duration(ended - state.opened_at, texts)), "calm"
        )
    age = duration(now - state.opened_at, texts)
    if is_overdue(state):
        return Remaining(texts("due.overdue", time=age), "late")
    if due is not None:
        return remaining(due.due, now, texts)
    return Remaining(texts("due.age", time=age), "calm")


def hint_of(due: Deadline | None, texts: Texts) -> str:
    """Return which limit the time is about."""
    if due is None:
        return ""
    if due.stage == ClockStage.BREACH:
        return texts.word("clock", due.clock)
    return texts(
        "due.which", clock=texts.word("clock", due.clock), stage=texts.word("stage", due.stage)
    )


def clerk_name(clerk: str | None, teams: Teams, texts: Texts) -> str:
    """Return who has a case; of who is in no team that this is so: perhaps the id is misspelt, and
    nobody looks after the case."""
    if clerk is None or any(clerk in team.members for team in teams.teams.values()):
        return clerk or ""
    return texts("case.in_no_team", clerk=clerk)


def team_name(team: str | None, teams: Teams, texts: Texts) -> str:
    """Return a team's name in the language of the page; its id when it is not known here."""
    known = teams.teams.get(team or "")
    if known is None:
        return team or ""
    return known.zh if texts.language == "zh" else known.en
