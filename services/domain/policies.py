"""Policy files: YAML checked whole against a model at load, or refused with the reason."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from services.domain.errors import SettingsError

P = TypeVar("P", bound=BaseModel)
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same reader in C is six to nine times as fast; a build without it only starts later."""


class PolicyPart(BaseModel):
    """A piece of a policy: frozen, and a misspelt field is an error, not a rule without effect."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def parse_yaml(text: str) -> Any:
    """Return what a YAML text says; plain data only.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    return yaml.load(text, Loader=_LOADER)


def load_policy_file(kind: type[P], name: str, path: Path) -> P:
    """Read the policy called ``name`` (for messages) from ``path``.

    Raises:
        SettingsError: the file cannot be read, is not YAML or breaks the model; the message
            names the file, the field and the rule.
    """
    try:
        return kind.model_validate(parse_yaml(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"{name} {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name} {path} is not YAML in UTF-8: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "whole"
        raise SettingsError(f"{name} {path}: {field}: {first['msg']}") from None


Way = tuple[int | str, ...]
"""Where a field stands in a file: keys, and numbers in lists."""


class Wrong(NamedTuple):
    """What is wrong with a policy that is whole in itself: where, which rule, what to do."""

    way: Way
    problem: str
    rule: str = "reference"


def refuse_wrong(name: str, path: Path, wrong: Iterable[Wrong]) -> None:
    """Refuse a file for all that is wrong with it at once.

    Raises:
        SettingsError: naming the file and each line, field and rule.
    """
    found = list(wrong)
    if not found:
        return
    text = path.read_text(encoding="utf-8")
    told = (f"{path}:{line_of(text, one.way)}: {one.problem}" for one in found)
    raise SettingsError(f"{name}: {'; '.join(told)}")


def ways_to(content: Any, word: str, way: Way = ()) -> Iterator[Way]:
    """Yield every place of a policy's content that says ``word``."""
    if content == word:
        yield way
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from ways_to(value, word, (*way, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from ways_to(value, word, (*way, number))


def line_of(text: str, way: Sequence[int | str]) -> int:
    """Return the line of a field, or of the nearest thing around it that the file has.

    >>> line_of("a: 1\\nb:\\n  - c: 2\\n  - d: 3\\n", ("b", 1, "d"))
    4
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for step in way:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if pair is None:
                continue  # a word of the model, not of the file
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
