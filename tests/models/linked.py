"""Cases that are merged, part again and go by other limits, told as simply as can be: a pointer to
a head, and each case's own minutes. Written from the guides, not from the workers' code."""

from dataclasses import dataclass, field
from typing import Final

from tests.models.reference import ANSWERED, LIMITS, OPEN, ModelCase

SHORTER: Final = {"acknowledgement": 60, "resolution": 240}
"""The limits of the other version, in minutes."""
VERSIONS: Final = {"A": LIMITS, "B": SHORTER}


@dataclass(eq=False)
class LinkedCase(ModelCase):
    """A case as if it were alone, and whom it is merged into. ``key`` says who began earlier."""

    key: tuple[int, str] = (0, "")
    version: str = "A"
    head: "LinkedCase | None" = None
    children: list["LinkedCase"] = field(default_factory=list)

    def __eq__(self, other: object) -> bool:
        """Two cases are two, however alike they are."""
        return self is other

    __hash__ = object.__hash__

    # ------------------------------------------------------------------ what happens to a case

    def contact(self, person: str | None = None) -> None:
        """One more contact: counted here; the head hears that somebody asks again."""
        super().contact(person)
        if self.head is not None:
            self.head.somebody_asks_again()

    def somebody_asks_again(self) -> None:
        if self.status in ANSWERED:
            self._move_to("reopened")
        elif self.waits_for == "customer":
            self._move_to("investigating")

    def command(self, kind: str, waits_for: str) -> bool:
        """Take a command of a clerk: for a merged case it is its head's."""
        return self.head is None and super().command(kind, waits_for)

    # ------------------------------------------------------------------ limits

    def rebase(self, version: str) -> bool:
        """Go by other limits from the beginning: what is not overdue by them was never breached."""
        if self.status not in OPEN or version == self.version:
            return False
        self.version = version
        for clock in self._unstopped():
            if self.used[clock] < VERSIONS[version][clock]:
                self.fired.discard(self._breach(clock))
        return True

    def minutes_pass(self, minutes: int) -> None:
        """Let the clocks that run go on; whatever is reached by now is said."""
        for clock in self._running():
            self.used[clock] += minutes
        for clock in self._unstopped():
            limit = VERSIONS[self.version][clock]
            for stage, at in (("warn", limit * 3 // 4), ("breach", limit)):
                if self.used[clock] >= at:
                    self._say(clock, stage)

    def _say(self, clock: str, stage: str) -> None:
        """A case remembers of each clock what was said of the newest run that said anything."""
        run = str(self.runs[clock])
        older = {one for one in self.fired if one.split(":")[0] == clock}
        self.fired -= {one for one in older if one.split(":")[2] != run}
        self.fired.add(f"{clock}:{stage}:{run}")

    def shows_breach(self, clock: str) -> bool:
        """Return whether the matter is overdue: by this case, or by one that is merged into it."""
        return any(one._breach(clock) in one.fired for one in (self, *self.children))

    def is_unstopped(self, clock: str) -> bool:
        return clock in self._unstopped()

    def _breach(self, clock: str) -> str:
        return f"{clock}:breach:{self.runs[clock]}"

    def _move_to(self, status: str, waits_for: str | None = None) -> None:
        before = list(self._unstopped())
        super()._move_to(status, waits_for)
        for clock in before:
            if not self.is_unstopped(clock):
                self._stop(clock)

    def _stop(self, clock: str) -> None:
        """In time is who is done by the minute; who is not was too late, said or not."""
        if self.used[clock] <= VERSIONS[self.version][clock]:
            self.fired.discard(self._breach(clock))
        else:
            self._say(clock, "breach")

    # ------------------------------------------------------------------ merges

    def merge(self, other: "LinkedCase", is_clerk: bool = True) -> bool:
        """Take in the wish to be one matter; return whether it is taken up."""
        if other is self or (self.head is not None and is_clerk) or self.status not in OPEN:
            return False
        if self.head is not None:
            if self.head is not other:
                self.head.merge(other, is_clerk=False)
            return False
        if other in self.children:
            return False
        self._offer(other)
        return True

    def unmerge(self, other: "LinkedCase") -> bool:
        """Let a merged case stand by itself again."""
        if self.head is not None or other not in self.children:
            return False
        self.children.remove(other)
        other.head = None
        return True

    def _offer(self, other: "LinkedCase") -> None:
        """The one that began earlier is the head; whose cases were merged brings them along."""
        if other.head is not None:
            if other.head is not self and other.head not in self.children:
                self._offer(other.head)
        elif other.status in ANSWERED:
            return
        elif other.key < self.key:
            other.merge(self, is_clerk=False)
        else:
            other.head = self
            self.children.append(other)
            brought, other.children = other.children, []
            for one in brought:
                one.head = None
                self.merge(one, is_clerk=False)
