"""The watch of a tenant: looks at every contact, and finds the cases that are of an incident.

Its memory is that of its newest rows: a worker that has none, lost to another writer, or gets a
watch back that others kept meanwhile, reads them again. The words are read from the contacts
themselves, which are kept as long as they may be.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from schemas.codec import decode, encode
from schemas.incidents import WATCH, IncidentAsk, IncidentCommand
from services.domain.incident_store import (
    ContactText,
    ContactTexts,
    IncidentStore,
    PlaceRow,
    PlaceState,
    Seen,
    place_of,
)
from services.domain.incidents.detection import Cluster, Detection, Found
from services.domain.incidents.memory import Sighting, sighting_of
from services.domain.incidents.policy import IncidentPolicy
from services.incidents.messages import SYSTEM, key_of

_READ: Final = 1000
"""Contacts read at a time."""


class Look(NamedTuple):
    """What a look at one contact makes: the watch afterwards, and words to places."""

    state: PlaceState
    passed: tuple[tuple[str, bytes], ...]
    outcome: str


class Watches:
    """The watches of all tenants of this worker."""

    def __init__(
        self, store: IncidentStore, contacts: ContactTexts, policy: IncidentPolicy
    ) -> None:
        self._store = store
        self._contacts = contacts
        self._policy = policy
        self._detections: dict[str, Detection] = {}
        self._looked_at: dict[str, int] = {}
        """The number of the newest row of a watch that was made here."""

    def forget(self) -> None:
        """Know nothing any more: what was looked at was perhaps not stored."""
        self._detections.clear()
        self._looked_at.clear()

    def texts(self, words: Sequence[IncidentCommand]) -> dict[str, ContactText]:
        """Return what the contacts of words to watches said."""
        keys = [f"{one.tenant}|{one.contact_id}" for one in words]
        found: dict[str, ContactText] = {}
        for start in range(0, len(keys), _READ):
            found |= self._contacts.texts(keys[start : start + _READ])
        return found

    def look(
        self, place: str, n: int, command: IncidentCommand, texts: Mapping[str, ContactText]
    ) -> Look:
        """Look at one contact; ``n`` is the number of the row that this makes."""
        if self._looked_at.get(place) != n - 1:  # others made rows since: they saw more
            self._detections.pop(place, None)
        self._looked_at[place] = n
        if command.case_id is None or command.contact_id is None or command.who is None:
            return Look(PlaceState(), (), "about_nothing")
        seen = Seen(
            contact_id=command.contact_id,
            case_id=command.case_id,
            who=command.who,
            at=command.at,
            category=command.found_in or "unknown",
        )
        text = texts.get(f"{command.tenant}|{command.contact_id}")
        if text is None:
            return Look(PlaceState(seen=seen), (), "text_is_gone")
        sighting = self._sighting(seen, text)
        words = [_found(command, n, one) for one in self._of(place, n).see(sighting)]
        if text.hub and command.is_new:
            words.append(_sight(command, text.hub))
        return Look(
            PlaceState(seen=seen),
            tuple((key_of(one), encode(one)) for one in words),
            "found_incident" if any(one.kind is IncidentAsk.FOUND for one in words) else "looked",
        )

    def _of(self, place: str, n: int) -> Detection:
        detection = self._detections.get(place)
        if detection is None:
            detection = self._remembered(place, n)
            self._detections[place] = detection
        return detection

    def _remembered(self, place: str, n: int) -> Detection:
        """Read the memory of a watch from its rows before row ``n``."""
        rows = [one for one in self._store.tail(place, self._policy.most_sightings) if one.n < n]
        tenant = place.partition("|")[0]
        detection = Detection(self._policy)
        known: dict[str, Sighting] = {}
        for start in range(0, len(rows), _READ):
            some = [(row, place_of(row).seen) for row in rows[start : start + _READ]]
            keys = [f"{tenant}|{seen.contact_id}" for _, seen in some if seen]
            texts = self._contacts.texts(keys)
            for row, seen in some:
                text = texts.get(f"{tenant}|{seen.contact_id}") if seen else None
                if seen is None or text is None:
                    continue
                sighting = known[seen.case_id] = self._sighting(seen, text)
                detection.restore(sighting, _found_in(row, known))
        return detection

    def _sighting(self, seen: Seen, text: ContactText) -> Sighting:
        return sighting_of(
            seen.contact_id,
            seen.case_id,
            seen.who,
            seen.at,
            text.text,
            self._policy,
            hub=text.hub,
            category=seen.category,
        )


def watch_key(tenant: str) -> str:
    """Return the key of a tenant's watch."""
    return f"{tenant}|{WATCH}|unknown"


def _found(heard: IncidentCommand, n: int, found: Found) -> IncidentCommand:
    one, cluster = found.sighting, found.cluster
    return IncidentCommand.model_validate(
        {
            "tenant": heard.tenant,
            "hub": cluster.place,
            "category": cluster.category,
            "command_id": f"found-{n}-{one.case_id}"[:80],
            "kind": IncidentAsk.FOUND,
            "actor": SYSTEM,
            "at": one.at,
            "case_id": one.case_id,
            "who": one.complainant,
            "cause": cluster.cause,
            "words": cluster.words,
        }
    )


def _sight(heard: IncidentCommand, hub: str) -> IncidentCommand:
    return IncidentCommand.model_validate(
        {
            "tenant": heard.tenant,
            "hub": hub,
            "category": heard.found_in or "unknown",
            "command_id": f"sight-{heard.case_id}"[:80],
            "kind": IncidentAsk.SIGHT,
            "actor": SYSTEM,
            "at": heard.at,
            "case_id": heard.case_id,
            "who": heard.who,
        }
    )


def _found_in(row: PlaceRow, known: Mapping[str, Sighting]) -> Iterable[Found]:
    """Return what a row found, as far as its contacts are known."""
    for _, value in row.passed:
        word = decode(IncidentCommand, value)
        sighting = known.get(word.case_id or "")
        if word.kind is IncidentAsk.FOUND and sighting is not None:
            cluster = Cluster(word.hub, word.category, word.cause or "", word.words, word.at)
            yield Found(sighting, cluster)
