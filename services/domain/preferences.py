"""What a complainant chose about notices: language, over what, when it is night, what not."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from schemas.contacts import ContactReceived
from schemas.record import Part


def zone_named(name: str) -> str:
    """Return the name of a zone that exists.

    Raises:
        ValueError: there is none of this name.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone, such as Asia/Shanghai") from None
    return name


class Preferences(Part):
    """What is not said follows the policy. Mandatory notices, an answer among them, come to
    everybody: ``opt_out`` is about the others."""

    language: Literal["zh", "en"] | None = None
    channels: Annotated[
        tuple[Literal["email", "sms", "push", "letter"], ...], Field(max_length=4)
    ] = ()
    """Over what, best first; where there is no address the next one is taken."""
    zone: Annotated[str, Field(max_length=40), AfterValidator(zone_named)] | None = None
    """Where quiet hours are looked up."""
    opt_out: bool = False
    """Not to be told of progress, nor asked how content one is."""


NOTHING_CHOSEN = Preferences()
FIELDS: Final = frozenset(Preferences.model_fields)
By = Literal["page", "program", "link", "one_click", "sms"]
"""How a choice was made: on the tracking page, by a program under the tracking code, by the link
in a message, by a mail program's own button, by a word sent back."""
CHOICES_KEPT: Final = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """That something was chosen; ``notice_id`` is the message that offered it."""

    at: datetime
    by: str
    """One of :data:`By`, or the word of a newer version."""
    opt_out: bool
    notice_id: str | None = None


def key_of(tenant: str, who: str) -> str:
    """Return under what a choice is kept: of a person, or of an anonymous contact."""
    return f"{tenant}|{who}"


def names_of(contact: ContactReceived) -> tuple[str, ...]:
    """Return everything that whoever sent a contact is known by: the person first, then the same
    under older keys and by phone and e-mail. A choice is kept under each and looked for under
    each, so that neither a rotation of keys nor another number forgets it. Of somebody anonymous
    it is the contact's id."""
    if contact.person is None:
        return (contact.contact_id,)
    return tuple(dict.fromkeys((contact.person, *contact.aliases)))


def looked_for(contact: ContactReceived) -> tuple[str, ...]:
    """Return under what a choice is looked for that holds for a contact: that for it alone comes
    before those of its person."""
    return tuple(dict.fromkeys((contact.contact_id, *names_of(contact))))


def joined(found: Iterable[Preferences]) -> Preferences:
    """Return what one person chose under several names, the best name first. An opt-out under
    any of them holds until it is taken back by a way that knows this name."""
    known = list(found)
    if len(known) < 2:
        return known[0] if known else NOTHING_CHOSEN
    return Preferences(
        language=next((one.language for one in known if one.language), None),
        channels=next((one.channels for one in known if one.channels), ()),
        zone=next((one.zone for one in known if one.zone), None),
        opt_out=any(one.opt_out for one in known),
    )


class PreferenceStore(Protocol):
    """Durable; ``key`` is ``<tenant>|<who>``, a person's index or an anonymous contact's id.
    Reads see only what a majority has. All raise OutageError when the database is away."""

    def chosen(self, keys: Iterable[str]) -> dict[str, Preferences]:
        """Return what was chosen, by key; who chose nothing is left out."""
        ...

    def choose(
        self, key: str, preferences: Preferences, choice: Choice, said: Collection[str] = FIELDS
    ) -> None:
        """Let the fields that were ``said`` take the place of what was chosen before, in one
        step and touching no other, and remember that it was."""
        ...

    def choices(self, key: str) -> list[Choice]:
        """Return the newest choices, at most :data:`CHOICES_KEPT`, the oldest first."""
        ...
