"""The account of a case's clocks for whoever asks: API and console. Reads, and reckons anew."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from pymongo.database import Database

from schemas.cases import CaseChanged
from services.adapters.case_queries import Queries
from services.adapters.mongo import Document
from services.adapters.mongo_policies import MongoPolicyArchive
from services.domain.clocks.account import CaseAccount, MatterAccount, account_of
from services.domain.clocks.book import PolicyBook, open_book
from services.domain.clocks.words import Teller
from services.domain.clocks.words_table import Language
from services.domain.teams import Teams, load_teams

PAGE: Final = 500
"""Changes read at a time: a long history is read to its end, or the sums would be wrong."""


class Accounts:
    """Accounts of cases. ``opened`` gives the book of policies, which is asked for at the first
    account: MongoDB may be away when the process starts."""

    def __init__(
        self,
        queries: Queries,
        opened: Callable[[], PolicyBook],
        teams: Teams | None = None,
    ) -> None:
        self._queries = queries
        self._opened = opened
        self._teams = teams or load_teams()
        self._book: PolicyBook | None = None

    @property
    def book(self) -> PolicyBook:
        """The book of policies.

        Raises:
            OutageError: the archive is away.
            SettingsError: a policy file was changed without a new version.
        """
        if self._book is None:
            self._book = self._opened()
        return self._book

    def of(self, tenant: str, case_id: str, now: datetime) -> CaseAccount | None:
        """Return the account of a case; None when nothing opened it.

        Raises:
            OutageError: the database is away.
        """
        changes = self._changes(tenant, case_id)
        first = next(changes, None)
        if first is None:
            return None
        return account_of(_chained(first, changes), self.book, now)

    def matter(self, tenant: str, case_id: str, now: datetime) -> MatterAccount | None:
        """Return the account of a case with those of the cases merged into it; None when nothing
        opened it.

        Raises:
            OutageError: the database is away.
        """
        own = self.of(tenant, case_id, now)
        state = self._queries.case(tenant, case_id)
        if own is None or state is None:
            return None if own is None else MatterAccount(own)
        found = ((one.case_id, self.of(tenant, one.case_id, now)) for one in state.merged)
        merged = tuple((name, account) for name, account in found if account is not None)
        return MatterAccount(own, merged, state.merged_into)

    def teller(self, language: Language, zone: tzinfo) -> Teller:
        """Return who tells an account in words."""
        return Teller(language, zone, self._teams, self.book)

    def _changes(self, tenant: str, case_id: str) -> Iterator[CaseChanged]:
        after = 0
        while page := self._queries.history(tenant, case_id, after, PAGE):
            yield from page
            after = page[-1].seq


def mongo_accounts(
    queries: Queries,
    database: Database[Document],
    files: Sequence[Path | None],
    teams_file: Path | None = None,
) -> Accounts:
    """Return the accounts on MongoDB."""
    teams = load_teams(teams_file)
    return Accounts(queries, lambda: open_book(MongoPolicyArchive(database), *files), teams)


def _chained(first: CaseChanged, rest: Iterator[CaseChanged]) -> Iterator[CaseChanged]:
    yield first
    yield from rest
