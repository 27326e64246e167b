"""How a defect is planted into ordinary tests: one name is exchanged once all is imported."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, NamedTuple

Breaks = Callable[[Any], Any]


class Planted(NamedTuple):
    """``breaks`` makes of the good ``attribute`` of ``owner`` a bad one; ``tests`` find it.

    What a module defines is exchanged wherever it was imported; what it only imports, there.
    """

    name: str
    owner: Any
    attribute: str
    breaks: Breaks
    tests: tuple[str, ...]

    def plant(self) -> None:
        """Put the bad one in the place of the good one."""
        good = getattr(self.owner, self.attribute)
        bad = self.breaks(good)
        setattr(self.owner, self.attribute, bad)
        if not isinstance(self.owner, ModuleType):
            return
        if getattr(good, "__module__", self.owner.__name__) != self.owner.__name__:
            return
        for module in list(sys.modules.values()):
            if vars(module).get(self.attribute) is good:
                setattr(module, self.attribute, bad)


PLANTED: Final[list[Planted]] = []


def planted(owner: Any, attribute: str, *tests: str) -> Callable[[Breaks], Breaks]:
    """Add a defect, under the name of the function that makes it."""

    def register(breaks: Breaks) -> Breaks:
        PLANTED.append(Planted(breaks.__name__, owner, attribute, breaks, tests))
        return breaks

    return register
