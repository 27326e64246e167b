"""Whose name a name of a provider's is: two that count their messages use the same ones. Pure.

A provider is known by its channel (``sms``), and where the channel has several by its own name
behind it (``sms/north``).
"""

from collections.abc import Mapping
from typing import Final, TypeVar

T = TypeVar("T")
_BEHIND: Final = "/"
OF_BEFORE: Final = ""
"""Stands for whoever gave a name when it was not kept yet who did."""


def giver_of(channel: str, name: str = "") -> str:
    """Return what the provider ``name`` of a channel is known by.

    >>> giver_of("sms"), giver_of("sms", "north")
    ('sms', 'sms/north')
    """
    return f"{channel}{_BEHIND}{name}" if name else str(channel)


def meant(known: Mapping[str, T], channel: str | None, name: str) -> T | None:
    """Return which of those that several gave the same name is meant by the one that calls itself
    ``name`` and sends over ``channel`` (None: any). Of a channel's several providers each means his
    own, and says who he is. None where it may be another's: nobody is credited with that.

    >>> known = {"sms": 1, "voice": 2, "push/north": 3}
    >>> meant(known, "sms", "sms"), meant(known, None, "north"), meant(known, None, "twilio")
    (1, 3, None)
    """
    for own in (name, ""):
        some = [
            one
            for giver, one in known.items()
            if giver != OF_BEFORE and _is_of(giver, channel, own)
        ]
        if some:
            return some[0] if len(some) == 1 else None
    return known.get(OF_BEFORE)


def _is_of(giver: str, channel: str | None, name: str) -> bool:
    over, _, own = giver.partition(_BEHIND)
    return own == name and channel in (None, over)
