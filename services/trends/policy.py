"""The trends policy."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("policy.yaml")


class TrendsPolicy(PolicyPart):
    """See ``policy.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    window_seconds: Annotated[int, Field(ge=1)]
    memory_windows: Annotated[int, Field(ge=2)]
    learn_windows: Annotated[int, Field(ge=1)]
    least_count: Annotated[int, Field(ge=1)]
    least_ratio: Annotated[float, Field(gt=1)]
    late_windows: Annotated[int, Field(ge=0)]


def load_policy(path: Path | None = None) -> TrendsPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(TrendsPolicy, "trends policy", path or SHIPPED)
