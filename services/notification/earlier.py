"""What was decided about the complainants of one case, found by who they are. Pure.

A case may have thousands of contacts of hundreds of people: what concerns one of them is found
without looking at what concerns the others.
"""

from collections.abc import Iterable, Iterator, Sequence

from services.domain.notice_store import Told


class Earlier:
    """In the order of the changes; grows while a batch is decided."""

    def __init__(self, told: Iterable[Told] = ()) -> None:
        self.everybody: list[Told] = []
        self._own: dict[str | None, list[Told]] = {}
        self._decided: set[tuple[int, str, str | None]] = set()
        for one in told:
            self.add(one)

    def __iter__(self) -> Iterator[str]:
        """Yield who was decided about."""
        return (who for who in self._own if who is not None)

    def of(self, who: str | None) -> Sequence[Told]:
        """Return what was decided about one complainant."""
        return self._own.get(who, ())

    def has(self, told: Told) -> bool:
        """Return whether this change was decided to be told to this complainant, in this way."""
        return _what(told) in self._decided

    def add(self, told: Told) -> None:
        """Take in one more decision."""
        self.everybody.append(told)
        self._own.setdefault(told.who, []).append(told)
        self._decided.add(_what(told))


def _what(told: Told) -> tuple[int, str, str | None]:
    return told.seq, told.kind, told.who
