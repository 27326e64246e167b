"""How much one core decides in a second: texts scored, contacts routed and deduplicated.

All in one run, of the code as it lies here and, if asked, of the code of another commit in turn
with it: the machine's own speed moves by a third within minutes, so that only what was measured
round by round in the same minute can be compared.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

from bench.measuring import say
from bench.timing import ASKED
from bench.trees import ROOT, Measured, Tree, code_of

HERE: Final = Tree("this code", ROOT)


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured of one thing: the rates of each round, by the names of the trees; none of
    a tree that could not be measured."""

    measure: str
    asked: int
    rates: dict[str, list[float]]

    @property
    def is_reached(self) -> bool:
        """Whether this code is as fast as was asked."""
        rates = self.rates[HERE.name]
        return bool(rates) and median(rates) >= self.asked

    @property
    def ratio(self) -> float | None:
        """How many times as fast this code is as the other one, by their medians."""
        here, *others = self.rates.values()
        return median(here) / median(others[0]) if here and others and others[0] else None


def measure(
    measures: Sequence[str], against: str | None, rounds: int, fingerprints: int
) -> list[Figure]:
    """Measure one thing after the other, with the trees in turn.

    Raises:
        SettingsError: there is no such commit.
    """
    with ExitStack() as stack:
        trees = [HERE]
        if against is not None:
            trees.append(stack.enter_context(code_of(against)))
        return [_measured(name, trees, rounds, fingerprints) for name in ASKED if name in measures]


def _measured(name: str, trees: Sequence[Tree], rounds: int, fingerprints: int) -> Figure:
    rates: dict[str, list[float]] = {tree.name: [] for tree in trees}
    of = f" with {fingerprints:,} fingerprints" if name == "dedup" else ""
    say(f"{name}: getting ready{of}")
    with ExitStack() as stack:
        begun = [stack.enter_context(Measured(tree, name, fingerprints)) for tree in trees]
        turns = [one for one in begun if one.ready()]
        for number in range(rounds + 1):
            found = [(one.tree.name, one.round()) for one in turns]
            if number == 0:
                continue  # What is read and remembered once for all.
            for tree, timed in found:
                if timed is None:  # The rounds before its end say too little.
                    rates[tree].clear()
                else:
                    rates[tree].append(timed.rate)
            shown = ", ".join(f"{tree} {each[-1]:,.0f}" for tree, each in rates.items() if each)
            say(f"{name}: round {number} of {rounds}: {shown}")
    return Figure(name, ASKED[name], rates)


def table(figures: Sequence[Figure]) -> list[str]:
    """Return the lines that people read."""
    names = list(figures[0].rates)
    head = f"{'':<9}{'asked':>7}" + "".join(f"{name:>29}" for name in names)
    lines = [head + (f"{'ratio':>8}" if len(names) > 1 else "")]
    for one in figures:
        line = f"{one.measure:<9}{one.asked:>7,}"
        line += "".join(f"{_shown(rates):>29}" for rates in one.rates.values())
        line += f"{one.ratio:>8.2f}" if one.ratio is not None else ""
        lines.append(line + ("" if one.is_reached else "  BELOW"))
    return lines


def _shown(rates: Sequence[float]) -> str:
    if not rates:
        return "not measured"
    return f"{median(rates):,.0f} ({min(rates):,.0f}..{max(rates):,.0f})"


def as_json(figures: Sequence[Figure]) -> list[dict[str, object]]:
    """Return the same for machines."""
    return [
        asdict(one)
        | {
            "medians": {name: median(each) for name, each in one.rates.items() if each},
            "ratio": one.ratio,
            "is_reached": one.is_reached,
        }
        for one in figures
    ]
