"""Rolling choices forward: who opted out stays so."""

from contextlib import suppress

from pydantic import ValidationError

from schemas.codec import decode
from schemas.errors import MalformedRecordError
from schemas.preferences import PreferencesChosen
from schemas.topics import PREFERENCES
from services.adapters.preferences import MongoPreferences
from services.domain.preferences import FIELDS, Choice, Preferences, key_of
from services.recovery.tail import Tail


class PreferencesForward:
    """See :meth:`run`."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._store = MongoPreferences(tail.database)

    def run(self) -> int:
        """Choose again what people chose after the backup, one after the other: each says only
        some fields. Return how many."""
        count = 0
        for records in self._tail.read(self._tail.produced(PREFERENCES), "preferences"):
            for record in records:
                with suppress(MalformedRecordError):
                    said = decode(PreferencesChosen, record.value)
                    self._choose(said)
                    count += 1
        return count

    def _choose(self, said: PreferencesChosen) -> None:
        key = key_of(said.tenant, said.who)
        choice = Choice(said.at, said.by or "program", said.opt_out, said.notice_id)
        if choice not in self._store.choices(key):  # a restore may be begun again
            self._store.choose(key, chosen_in(said), choice, FIELDS & {*said.said} or FIELDS)


def chosen_in(said: PreferencesChosen) -> Preferences:
    """Return the choice of a record. What only a newer version knows is left out: an opt-out is
    kept in any case."""
    wish = said.model_dump(mode="json", include={*Preferences.model_fields}, exclude_none=True)
    understood: dict[str, object] = {}
    for field, value in wish.items():
        with suppress(ValidationError):
            Preferences.model_validate({field: value})
            understood[field] = value
    return Preferences.model_validate(understood)
