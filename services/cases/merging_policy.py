"""How cases are merged, as data (``merging.yaml``)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from schemas.cases import CaseCommand
from schemas.vocabulary import ClockName, CommandKind
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("merging.yaml")


class MergingPolicy(PolicyPart):
    """See ``merging.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    most: Annotated[int, Field(ge=1, le=30)]
    ask_again_minutes: Annotated[int, Field(ge=1, le=1440)]
    hops: Annotated[int, Field(ge=1, le=20)]
    redirected: frozenset[str]
    taken: frozenset[CommandKind]
    clocks: frozenset[ClockName]

    def ask_again_at(self, now: datetime) -> datetime:
        """Return when an offer made now is sent again."""
        return now + timedelta(minutes=self.ask_again_minutes)

    def is_redirected(self, command: CaseCommand) -> bool:
        """Return whether a merged case leaves ``command`` to its head."""
        who = command.actor.partition(":")[0]
        return who in self.redirected and command.kind not in self.taken


def load_merging(path: Path | None = None) -> MergingPolicy:
    """Read and check the rules; the shipped ones without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(MergingPolicy, "rules of merging", path or SHIPPED)
