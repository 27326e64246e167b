"""The clocks of a case as its page shows them. Pure."""

from dataclasses import dataclass

from services.console.language import Texts
from services.domain.clocks.account import CaseAccount, Standing
from services.domain.clocks.limits import Unit
from services.domain.clocks.words import Teller


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock: its name, how it stands, and why in several lines."""

    name: str
    stands: str
    lines: tuple[str, ...]
    standing: str


def clocks_of(account: CaseAccount | None, teller: Teller) -> list[ClockView]:
    """Return the clocks of a case, those that run first; tasks are shown by themselves."""
    if account is None:
        return []
    return [
        ClockView(
            name=teller.name(one),
            stands=teller.standing(one),
            lines=tuple(line.strip() for line in teller.clock(one))[1:],
            standing=one.standing.value,
        )
        for one in account.clocks
        if one.task is None
    ]


def frame_of(account: CaseAccount | None, teller: Teller) -> list[str]:
    """Return which legal limits are the case's own, and what each rests on."""
    return [] if account is None else [line.strip() for line in teller.frame(account)]


def extensible(account: CaseAccount | None, texts: Texts) -> list[tuple[str, str]]:
    """Return the clocks that may still be given time, as a form offers them: the value says which
    clock and how much of its limit's unit is one of what a person types (minutes are typed as
    hours), the name how much there is to give. What is overdue is not extended."""
    found = []
    for one in account.clocks if account is not None else ():
        left = one.limit.extension - one.extended
        if left < 1 or one.standing not in (Standing.RUNNING, Standing.HELD):
            continue
        times, unit = (60, Unit.HOURS) if one.limit.unit is Unit.MINUTES else (1, one.limit.unit)
        name = texts(
            "act.extensible",
            clock=texts.word("clock", one.clock),
            n=f"{left / times:g}",
            unit=texts(f"unit.{unit}"),
        )
        found.append((f"{one.clock}:{times}", name))
    return found
