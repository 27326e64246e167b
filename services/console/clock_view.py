"""The clocks of a case as its page shows them. Pure."""

from dataclasses import dataclass

from services.domain.clocks.account import CaseAccount, Standing
from services.domain.clocks.words import Teller


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock: how it stands in a line, and why in several."""

    headline: str
    lines: tuple[str, ...]
    standing: str
    is_open: bool
    """Whether it still runs."""


def clocks_of(account: CaseAccount | None, teller: Teller) -> list[ClockView]:
    """Return the clocks of a case, those that run first."""
    if account is None:
        return []
    return [
        ClockView(
            headline=teller.headline(one),
            lines=tuple(line.strip() for line in teller.clock(one))[1:],
            standing=one.standing.value,
            is_open=one.standing in (Standing.RUNNING, Standing.HELD, Standing.OVERDUE),
        )
        for one in account.clocks
    ]
