"""What complainants choose about notices, as it travels."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.notice_words import NoticeChannel
from schemas.record import Id, Instant, Record, open_word


class PreferencesChosen(Record):
    """A complainant chose how to be told, and of what not: what he had chosen then, of which only
    the fields that were ``said`` take the place of all before. Topic
    ``preferences.chosen.v1``, keyed by person."""

    v: Literal[1] = 1
    who: Id
    """The person's index; of who stayed anonymous the contact's id."""
    language: Annotated[str, Field(min_length=1, max_length=10)] | None = None
    channels: Annotated[
        tuple[Annotated[NoticeChannel, open_word(NoticeChannel)], ...], Field(max_length=16)
    ] = ()
    """Over what, best first."""
    zone: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    """Where quiet hours are looked up."""
    opt_out: bool = False
    """Not to be told of what is not mandatory."""
    said: tuple[Annotated[str, Field(min_length=1, max_length=20)], ...] = ()
    """The fields that were chosen this time. Empty: it does not say, all of them were."""
    by: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    """How: ``page``, ``program``, ``link``, ``one_click`` or ``sms``. Absent: it does not say."""
    notice_id: Id | None = None
    """The message whose link or word said so."""
    at: Instant
