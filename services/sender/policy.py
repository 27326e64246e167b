"""How notices are sent: loaded once, checked whole, never half applied."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.vocabulary import NoticeChannel, NoticeKind
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("policy.yaml")
Language = Literal["zh", "en"]
OnUnknown = Literal["resend_same_id", "hold"]
Seconds = Annotated[float, Field(gt=0)]
LONGEST_BATCH: Final = 20.0


class Doubt(PolicyPart):
    """What to do about a notice of which nobody knows whether it was sent."""

    mandatory: OnUnknown
    other: OnUnknown


class ChannelPolicy(PolicyPart):
    """See ``policy.yaml``."""

    on_unknown: Doubt
    resends: Annotated[int, Field(ge=0, le=10)]
    attempts: Annotated[int, Field(ge=1, le=20)]
    pauses: Annotated[tuple[Seconds, ...], Field(min_length=1)]
    trip: Annotated[int, Field(ge=1)]
    leave_alone_seconds: Seconds
    leave_alone_longest: Seconds
    give_up_hours: Annotated[float, Field(gt=0)]

    def pause_after(self, refusals: int) -> float:
        """Return how long to wait after so many refusals."""
        return self.pauses[min(max(refusals, 1), len(self.pauses)) - 1]


class Templates(PolicyPart):
    """The texts' version, and the fields that each kind may use."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    fields: dict[NoticeKind, tuple[str, ...]]


class SendingPolicy(PolicyPart):
    """See ``policy.yaml``, where each value is explained."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    budget_seconds: Seconds
    call_seconds: Seconds
    channels: dict[NoticeChannel, ChannelPolicy]
    company: dict[Language, str]
    templates: Templates

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.budget_seconds + self.call_seconds > LONGEST_BATCH:
            raise ValueError(f"budget and call together exceed {LONGEST_BATCH:g} seconds")
        if {*self.channels} != {NoticeChannel.EMAIL, NoticeChannel.WEBHOOK}:
            raise ValueError("channels: email and webhook are needed")
        if {*self.company} != {"zh", "en"}:
            raise ValueError("company: zh and en are needed")
        missing = set(NoticeKind) - {NoticeKind.UNKNOWN} - set(self.templates.fields)
        if missing:
            raise ValueError(f"templates: no fields for {', '.join(sorted(missing))}")
        return self


def load_policy(path: Path | None = None) -> SendingPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(SendingPolicy, "sender policy", path or SHIPPED)
