"""Complainants with many cases: a hint for handling in person, as data (``frequent.yaml``).

Never a lower level: neither severity nor ``cases`` reads this; it is worked out when somebody
looks at a case.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from schemas.contacts import ContactDeduplicated
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("frequent.yaml")
KIND: Final = "frequent"
"""Its name in the log."""
MOST_ASKED: Final = 20
"""Complainants of one case that are looked up: more are no person who asks often."""

Count = Callable[[str, Sequence[str], datetime], int]
"""Counts the cases of a tenant's person, given by any index, with contacts since a time."""


class Frequent(PolicyPart):
    """See ``frequent.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    cases: Annotated[int, Field(ge=2)]
    days: Annotated[int, Field(ge=1, le=730)]


class Hint(NamedTuple):
    """A complainant of this case has so many cases within so many days."""

    cases: int
    days: int


def load_frequent(path: Path | None = None) -> Frequent:
    """Read the policy.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Frequent, "frequent policy", path or SHIPPED)


def hint_of(
    contacts: Iterable[ContactDeduplicated], count: Count, now: datetime, policy: Frequent
) -> Hint | None:
    """Return what to say of whoever has most cases among the complainants of ``contacts``."""
    indexes: dict[str, dict[str, None]] = {}
    tenant = ""
    for one in contacts:
        contact = one.contact
        tenant = contact.tenant
        if contact.person is not None:
            indexes.setdefault(contact.person, {}).update(
                dict.fromkeys((contact.person, *contact.aliases))
            )
    since = now - timedelta(days=policy.days)
    asked = list(indexes.values())[:MOST_ASKED]
    most = max((count(tenant, list(one), since) for one in asked), default=0)
    return Hint(most, policy.days) if most >= policy.cases else None
