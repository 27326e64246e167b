"""Stretches of text that very many contacts share, remembered so that nobody asks for them.

In a storm thousands write the same few sentences. A stretch that finds as many contacts as a
lookup may find tells nothing about the matter, and to read those contacts again for every batch
would make dedup slowest just then. What is remembered only spares work: a stretch that was not
noticed yet is asked for, and its answer dropped.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Final

from services.dedup.examining import Examined, Lookups
from services.domain.dedup_store import SIGHTS_PER_HASH, Lookup, Sight

Found = Mapping[tuple[str, Lookup], Sequence[Sight]]

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Then a stretch is asked for once more: what everybody wrote in a storm may be rare again."""
MOST_KEPT: Final = 200_000
"""About 30 MB; with more, all are forgotten and noticed anew."""


class CommonStretches:
    """What one worker has noticed. Times are those of contacts, not of a clock."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self._most_kept = most_kept
        self._noticed: dict[tuple[str, Lookup], datetime] = {}

    def left_out(self, one: Examined, asked: Lookups) -> Lookups:
        """Return the lookups of a contact without the stretches known to be common."""
        noticed = self._noticed
        if not asked.stretches or noticed.keys().isdisjoint(asked.stretches):
            return asked
        since = one.contact.received_at - FORGOTTEN_AFTER
        common = {key for key in asked.stretches if key in noticed and noticed[key] >= since}
        return Lookups(
            tuple([key for key in asked.wanted if key not in common]),
            asked.left,
            asked.stretches - common,
        )

    def noticed(self, found: Found, stretches: Set[tuple[str, Lookup]], at: datetime) -> Found:
        """Return what was ``found`` without the answers of common ``stretches``, and remember
        those."""
        common = {key for key in stretches if len(found.get(key, ())) >= SIGHTS_PER_HASH}
        if not common:
            return found
        if len(self._noticed) + len(common) > self._most_kept:
            self._noticed.clear()
        self._noticed |= dict.fromkeys(common, at)
        return {key: sights for key, sights in found.items() if key not in common}
