"""The rules that make the guarantees true, and for each the defects that break it on purpose:
read from ``rules.yaml``, which says how a defect is named.

``python -m tests.faults.rules`` writes the table for readers, ``docs/rules.md``.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from services.cli.instance import ROOT
from services.domain.policies import parse_yaml
from tests.faults.planted import BY_NAME as PLANTED
from tests.simulation.found_by import FOUND_BY

PAGE: Final = ROOT / "docs" / "rules.md"
_HEAD: Final = """\
# The rules, and what breaks them on purpose

Each rule that makes the guarantees true, a deliberate defect that breaks it, and what fails then
([0052](decisions/0052-broken-on-purpose.md)). Made of `tests/faults/rules.yaml` by
`python -m tests.faults.rules`; `tests/faults/test_planted.py` sees that each defect and each test
is there, and that no defect is without a rule. A check is one of the simulation's judge, which
`complaints test` lets look for those defects; `complaints test --faults` plants the others.
"""


class Rule(BaseModel):
    """One rule; ``adr`` gives the reasons. ``instead`` says what holds it where nothing breaks
    it on purpose."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: str
    rule: Annotated[str, Field(max_length=120)]
    adr: Annotated[str, Field(pattern=r"^\d{4}$")]
    broken_by: tuple[str, ...] = ()
    instead: str | None = None


def load_rules(path: Path) -> tuple[Rule, ...]:
    """Read the file of the rules.

    Raises:
        ValidationError: a rule says too little or too much.
    """
    groups = parse_yaml(path.read_text(encoding="utf-8"))
    return tuple(Rule(group=group, **one) for group, several in groups.items() for one in several)


RULES: Final = load_rules(Path(__file__).with_name("rules.yaml"))
"""All of them, in the order of the file."""


def found_by(defect: str) -> str:
    """Return what fails when ``defect`` is there, for a reader.

    >>> found_by("simulation:number_not_unique"), found_by("faults/test_x::test_it_is_found")
    ('check `work was left undone`', '`test_it_is_found`')
    """
    kind, _, name = defect.partition(":")
    if kind == "simulation":
        return f"check `{FOUND_BY[name]}`"
    if kind == "planted":
        return ", ".join(f"`{_short(test)}`" for test in PLANTED[name].tests)
    return f"`{_short(defect)}`"


def _short(test: str) -> str:
    return test.rpartition("::")[2]


def page() -> str:
    """Return the table."""
    return "\n".join([_HEAD.rstrip(), *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    group = ""
    for one in RULES:
        if one.group != group:
            group = one.group
            yield f"\n## {group}\n\n| rule | why | defect | found by |\n|---|---|---|---|"
        why = next((ROOT / "docs" / "decisions").glob(f"{one.adr}-*.md")).name
        said = f"{one.rule} | [{one.adr}](decisions/{why})"
        for name in one.broken_by or ("",):
            yield f"| {said} | {_cell(name) if name else f'none | {one.instead}'} |"
            said = " | "


def _cell(defect: str) -> str:
    """Return a defect, and what finds it; a test that breaks the rule itself is both."""
    name = "in the test itself" if "::" in defect else f"`{defect.partition(':')[2]}`"
    return f"{name} | {found_by(defect)}"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
