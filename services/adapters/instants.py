"""Instants as whole microseconds since 1970, the form in which MongoDB keeps them.

A BSON date holds milliseconds and ours hold microseconds; what is read back must equal
what was written, so dates are kept only where a person or an index reads them.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Return ``instant`` as a whole number.

    >>> to_micros(datetime(1970, 1, 1, 0, 0, 1, 7, tzinfo=UTC))
    1000007
    """
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant that :func:`to_micros` turned into ``micros``.

    >>> from_micros(1000007).isoformat()
    '1970-01-01T00:00:01.000007+00:00'
    """
    return _EPOCH + timedelta(microseconds=micros)
