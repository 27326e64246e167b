"""The dedup policy: loaded once, checked whole, never half applied."""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("policy.yaml")


class SameItem(PolicyPart):
    """When two texts of one person speak of the same item."""

    least_shared: Annotated[int, Field(ge=1)]
    least_share: Annotated[float, Field(gt=0, le=1)]


class Defect(PolicyPart):
    """A kind of defect and the words that name it, in any language, folded to lower case."""

    news: bool
    words: Annotated[tuple[str, ...], Field(min_length=1)]


class DedupPolicy(PolicyPart):
    """See ``policy.yaml``, where each value is explained."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    waybill_window_days: Annotated[int, Field(ge=1, le=3660)]
    person_window_days: Annotated[int, Field(ge=0, le=366)]
    same_item: SameItem
    common: tuple[str, ...]
    defects: dict[str, Defect]
    denials: tuple[str, ...]

    @cached_property
    def common_pieces(self) -> frozenset[str]:
        """``common``, split into pieces and folded."""
        return frozenset(word for line in self.common for word in line.lower().split())

    @cached_property
    def defect_words(self) -> dict[str, re.Pattern[str]]:
        """One pattern per kind of defect, matching any of its words in folded text."""
        return {
            kind: re.compile("|".join(re.escape(word.lower()) for word in defect.words))
            for kind, defect in self.defects.items()
        }


def load_policy(path: Path | None = None) -> DedupPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: the file cannot be read, is not YAML or breaks the schema; the message
            names the file, the field and the rule.
    """
    return load_policy_file(DedupPolicy, "dedup policy", path or SHIPPED)
