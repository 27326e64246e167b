"""The address book of staff and partners: over what each is told, in which language and zone, and
when each is left alone. What nobody wrote down follows the table of notices."""

from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from services.domain.night import Night
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.preferences import zone_named

SHIPPED: Final = Path(__file__).with_name("staff.yaml")
CHINA: Final = "Asia/Shanghai"
Name = Annotated[str, Field(pattern=r"^(team|clerk|partner):[^\s:]{1,80}$")]
StaffChannel = Literal["chat", "email", "webhook"]


class Entry(PolicyPart):
    """What is written down about a kind of recipient, or about one. What is left out is what is
    written about its kind."""

    over: Annotated[
        tuple[StaffChannel, ...], Field(max_length=3, description="Best first; then the next.")
    ] = ()
    email: Annotated[str, Field(max_length=200, pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")] | None = None
    language: Literal["zh", "en"] | None = None
    zone: Annotated[str, Field(max_length=40), AfterValidator(zone_named)] | None = None
    quiet: Night | None = None
    always: Annotated[
        bool, Field(description="On duty at all hours, whatever its kind is left alone in.")
    ] = False


class Reached(NamedTuple):
    """How one of the staff is told; empty and None where the table of notices says."""

    over: tuple[StaffChannel, ...] = ()
    email: str | None = None
    language: Literal["zh", "en"] | None = None
    zone: str = CHINA
    quiet: Night | None = None


class StaffBook(PolicyPart):
    """See ``staff.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    kinds: dict[Literal["team", "clerk", "partner"], Entry] = Field(default_factory=dict)
    people: dict[Name, Entry] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for kind, entry in self.kinds.items():
            if entry.email is not None:
                raise ValueError(f"kinds: {kind}: an address is one recipient's, not a kind's")
        for name, entry in self.people.items():
            if "email" in self.of(name).over and entry.email is None:
                raise ValueError(f"people: {name}: is told by e-mail and has no address")
            if entry.always and entry.quiet is not None:
                raise ValueError(f"people: {name}: always on duty, and quiet hours")
        return self

    def of(self, name: str) -> Reached:
        """Return how a recipient (``team:claims``) is told."""
        own = self.people.get(name, _NOTHING)
        its_kind = name.partition(":")[0]
        kind = next((entry for one, entry in self.kinds.items() if one == its_kind), _NOTHING)
        return Reached(
            own.over or kind.over,
            own.email,
            own.language or kind.language,
            own.zone or kind.zone or CHINA,
            None if own.always else own.quiet or kind.quiet,
        )


_NOTHING: Final = Entry()
NOBODY_LISTED: Final = StaffBook(version="none")


def load_staff(path: Path | None = None) -> StaffBook:
    """Read and check an address book; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(StaffBook, "address book of staff", path or SHIPPED)
