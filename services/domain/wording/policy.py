"""Who writes, and what each kind of notice may say: loaded once, checked whole."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from schemas.notice_words import NoticeChannel, NoticeKind
from services.domain.policies import PolicyPart, load_policy_file

HERE: Final = Path(__file__).parent
SHIPPED: Final = HERE / "texts.yaml"
TEMPLATES: Final = HERE / "templates"
KEPT: Final = "kept"
"""Context of reading what an earlier version of the service kept, which may have known fewer kinds:
what was written with it is of those."""
Language = Literal["zh", "en"]


class Texts(PolicyPart):
    """See ``texts.yaml``. ``digest`` pins the templates: those of a version never change."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    company: dict[Language, str]
    longest: dict[NoticeChannel, Annotated[int, Field(ge=60, le=4000)]]
    only: dict[NoticeChannel, Annotated[tuple[NoticeKind, ...], Field(min_length=1)]]
    fields: dict[NoticeKind, tuple[str, ...]]

    @model_validator(mode="after")
    def _is_whole(self, info: ValidationInfo) -> Self:
        if {*self.company} != {"zh", "en"}:
            raise ValueError("company: zh and en are needed")
        missing = set(NoticeKind) - {NoticeKind.UNKNOWN} - set(self.fields)
        if missing and info.context != KEPT:
            raise ValueError(f"fields: none for {', '.join(sorted(missing))}")
        return self


def load_texts(path: Path | None = None) -> Texts:
    """Read and check a file of texts; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Texts, "texts", path or SHIPPED)
