"""Where a customer may turn after a final answer, as data (``redress.yaml``)."""

from functools import cache
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("redress.yaml")


ELSEWHERE: Final = "elsewhere"
"""Where there are no rules of the place itself."""


class Route(PolicyPart):
    """One way, in words for the customer. ``is_law``: ``basis`` gives the right to it."""

    id: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    zh: str
    en: str
    basis: str | None = None
    is_law: bool

    @model_validator(mode="after")
    def _law_has_a_basis(self) -> Self:
        if self.is_law and not self.basis:
            raise ValueError(f"{self.id}: what is shown as law names its basis")
        return self


class Redress(PolicyPart):
    """See ``redress.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    default: str
    jurisdictions: Annotated[
        dict[str, Annotated[tuple[Route, ...], Field(min_length=1)]], Field(min_length=1)
    ]

    @model_validator(mode="after")
    def _knows_its_default(self) -> Self:
        if ELSEWHERE not in self.jurisdictions:
            raise ValueError(f"jurisdictions: say where to turn {ELSEWHERE}")
        if self.default not in self.jurisdictions:
            raise ValueError(f"default: there is no jurisdiction {self.default!r}")
        return self

    def reference(self, jurisdiction: str | None = None) -> str:
        """Return what an answer records: ``<jurisdiction>@<version>``; of a place that is not here
        ``elsewhere``, never another one's ways."""
        name = (jurisdiction or self.default).lower()
        return f"{name if name in self.jurisdictions else ELSEWHERE}@{self.version}"

    def routes(self, reference: str | None) -> tuple[Route, ...]:
        """Return the routes that ``reference`` names; those of the default for one that is not
        known here. An older version is read as today's: the ways may have changed."""
        jurisdiction = (reference or "").partition("@")[0]
        return self.jurisdictions.get(jurisdiction) or self.jurisdictions[self.default]


@cache
def load_redress(path: Path | None = None) -> Redress:
    """Read and check the routes; the shipped ones without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Redress, "redress routes", path or SHIPPED)
