"""How a case's level follows from its contacts, as data (``levels.yaml``)."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from schemas.vocabulary import Relation
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("levels.yaml")


class AskedAgain(PolicyPart):
    """When a contact counts as asking again, and which level so many askings reach."""

    relations: frozenset[Relation]
    times_to_level: dict[int, Annotated[int, Field(ge=1, le=4)]]
    same_asking_minutes: Annotated[int, Field(ge=0)]

    @property
    def same_asking(self) -> timedelta:
        """Contacts no further apart than this ask once."""
        return timedelta(minutes=self.same_asking_minutes)

    def level_of(self, askings: int) -> int:
        """Return the level that ``askings`` contacts about one unsolved matter reach."""
        return max((to for times, to in self.times_to_level.items() if askings >= times), default=1)


class Levels(PolicyPart):
    """See ``levels.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    asked_again: AskedAgain


def load_levels(path: Path | None = None) -> Levels:
    """Read and check the levels; the shipped ones without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Levels, "levels", path or SHIPPED)
