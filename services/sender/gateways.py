"""How providers over HTTP want to be asked: requests as data, checked when they are loaded.

A leaf of ``fields`` or a header is a text with placeholders such as ``{to}``; nothing else is
computed, so that a policy can name any field of a provider and can run nothing.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, JsonValue, model_validator

from services.domain.policies import PolicyPart

PLACEHOLDERS: Final = frozenset(
    {"id", "to", "subject", "text", "language", "kind", "secret", "callback"}
)
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]*)\}")


class Accepted(PolicyPart):
    """Where an answer's body says whether the request was taken, for providers whose status is
    200 either way. ``later`` are the values that mean "not now"."""

    field: Annotated[str, Field(min_length=1)]
    values: Annotated[tuple[str | int | bool, ...], Field(min_length=1)]
    later: tuple[str | int | bool, ...] = ()


class Gateway(PolicyPart):
    """One provider's request; see ``policy.yaml``."""

    form: Literal["json", "urlencoded"] = "json"
    headers: dict[str, str] = Field(default_factory=dict)
    fields: dict[str, JsonValue]
    longest: Annotated[int, Field(ge=20, le=20_000)]
    accepted: Accepted | None = None
    provider_id: str | None = None

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        texts = [*self.headers.values(), *_leaves(self.fields)]
        used = {name for text in texts for name in _PLACEHOLDER.findall(text)}
        if unknown := used - PLACEHOLDERS:
            raise ValueError(f"nobody fills {{{'}, {'.join(sorted(unknown))}}}")
        if not {"to", "text", "id"} <= used:
            raise ValueError("fields: {to}, {text} and {id} are needed")
        if self.form == "urlencoded" and not all(isinstance(v, str) for v in self.fields.values()):
            raise ValueError("fields: a urlencoded request has texts only")
        return self


def filled(template: JsonValue, values: Mapping[str, str]) -> Any:
    """Return ``template`` with every placeholder replaced.

    >>> filled({"to": ["+{to}"], "n": 1}, {"to": "86138"})
    {'to': ['+86138'], 'n': 1}
    """
    if isinstance(template, str):
        return _PLACEHOLDER.sub(lambda found: values[found[1]], template)
    if isinstance(template, list):
        return [filled(one, values) for one in template]
    if isinstance(template, dict):
        return {name: filled(one, values) for name, one in template.items()}
    return template


def found_at(body: Any, path: str) -> Any:
    """Return what stands at ``path`` (``data.0.id``) of a JSON value, None where nothing does."""
    for step in path.split("."):
        if isinstance(body, dict):
            body = body.get(step)
        elif isinstance(body, list) and step.isdigit() and int(step) < len(body):
            body = body[int(step)]
        else:
            return None
    return body


def clipped(text: str, longest: int) -> str:
    """Return ``text`` in at most ``longest`` characters; what is left out shows as ``…``."""
    text = text.strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _leaves(value: JsonValue) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [leaf for one in inner for leaf in _leaves(one)]
