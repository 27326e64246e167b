"""Places and their incidents, in memory: the twin of :mod:`services.adapters.mongo_incidents`."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_hooks import Hooked
from services.adapters.store_rules import texts_of
from services.domain.incident_store import ContactText, Incident, Member, PlaceRow, place_of


class MemoryIncidentStore(Hooked):
    """The IncidentStore port."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[int, PlaceRow]] = {}
        self._commands: dict[tuple[str, str], PlaceRow] = {}

    def newest(self, places: Iterable[str]) -> dict[str, PlaceRow]:
        """See the port."""
        with self._operation("newest"):
            return {one: self.rows[one][max(self.rows[one])] for one in places if one in self.rows}

    def of_commands(self, commands: Iterable[tuple[str, str]]) -> dict[tuple[str, str], PlaceRow]:
        """See the port."""
        with self._operation("of_commands"):
            return {one: self._commands[one] for one in commands if one in self._commands}

    def lasting(self, tenant: str, now: datetime, limit: int) -> list[tuple[str, Incident]]:
        """See the port."""
        with self._operation("lasting"):
            newest = {place: place_of(rows[max(rows)]) for place, rows in self.rows.items()}
        found = [
            (place, state.incident)
            for place, state in newest.items()
            if place.startswith(f"{tenant}|") and state.incident is not None
        ]
        found = [one for one in found if one[1].quiet_until >= now]
        return sorted(found, key=lambda one: one[1].quiet_until, reverse=True)[: max(limit, 0)]

    def tail(self, place: str, limit: int) -> list[PlaceRow]:
        """See the port."""
        with self._operation("tail"):
            rows = self.rows.get(place, {})
            return [rows[n] for n in sorted(rows)[-limit:]] if limit > 0 else []

    def about(self, tenant: str, incident_id: str, limit: int) -> list[PlaceRow]:
        """See the port."""
        with self._operation("about"):
            return self._about(tenant, incident_id)[::-1][: max(limit, 0)]

    def change_after(self, place: str, n: int) -> PlaceRow | None:
        """See the port."""
        with self._operation("change_after"):
            rows = self.rows.get(place, {})
            told = (rows[at] for at in sorted(rows) if at > n and rows[at].changes)
            return next(told, None)

    def members(
        self, tenant: str, incident_id: str, after: int, limit: int
    ) -> list[tuple[int, Member]]:
        """See the port."""
        with self._operation("members"):
            rows = self._about(tenant, incident_id)
        found = [(row.n, row.member) for row in rows if row.member is not None and row.n > after]
        return found[: max(limit, 0)]

    def _about(self, tenant: str, incident_id: str) -> list[PlaceRow]:
        found = [
            row
            for place, rows in self.rows.items()
            if place.startswith(f"{tenant}|")
            for row in rows.values()
            if row.about == incident_id
        ]
        return sorted(found, key=lambda row: row.n)

    def append(self, rows: Sequence[PlaceRow]) -> bool:
        """See the port."""
        with self._operation("append"):
            for row in rows:
                place = self.rows.setdefault(row.place, {})
                if row.n in place or (row.place, row.command_id) in self._commands:
                    return False
                place[row.n] = row
                self._commands[row.place, row.command_id] = row
            return True


class MemoryContactTexts:
    """The ContactTexts port over dedup's store in memory, whose hooks apply."""

    def __init__(self, dedup: MemoryDedupStore) -> None:
        self._dedup = dedup

    def texts(self, contact_keys: Iterable[str]) -> dict[str, ContactText]:
        """See the port."""
        rows = self._dedup.rows(contact_keys)
        return texts_of((key, row.out) for key, row in rows.items())
