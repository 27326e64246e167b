"""The examples beside a policy (``*.tests.yaml``): given this contact, expect that decision.

An example has a ``name``, ``given`` (the fields of a contact as `send` takes them, or ``contacts``,
a list of such in the order they come) and ``expect``: any of the words of :data:`ANSWERS`. Beside a
contact may stand ``score`` (what severity made of it; else severity decides), ``incident_level``
(its case hears that it is of an incident of that level), ``acknowledged_at`` and ``answered_at``;
beside the contacts ``loads`` (open cases by person) and ``teams`` (fields of teams that are
otherwise here). For merging there are ``acts``, commands to the cases of the contacts by their
numbers, and ``until``, up to when clocks fire.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from services.cli.policies.answering import Answer, Setting, Unfit
from services.cli.policies.deciding import Deciding
from services.cli.policies.kinds import Kind, read_content
from services.domain.errors import SettingsError

_OF_CONTACT: Final = (
    "case relation level grave category nature cause team operator inform partners tasks "
    "passed_over node"
)
_OF_CASE: Final = "case_level askings raised case_team person skipped"
_OF_INCIDENT: Final = "incident incident_level incident_cause place found_with over"
_OF_ACTS: Final = "outcome refusal heads matter_level case_team breached"
ANSWERS: Final = {
    **dict.fromkeys(
        ("dedup", "severity", "routing", "teams", "levels", "incidents"),
        frozenset(f"{_OF_CONTACT} {_OF_CASE} {_OF_INCIDENT}".split()),
    ),
    "merging": frozenset(_OF_ACTS.split()),
}
"""What an example may expect, by kind of policy; other kinds have no examples."""
TRIED: Final = tuple(ANSWERS)
BESIDE: Final = {"merging": ("acts", "until")}
"""What may stand beside the contacts, by kind; of all others loads and teams."""

_WANTED: Final = frozenset({"name", "given", "expect"})


class _Around(BaseModel):
    """What an example gives beside its contacts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    loads: dict[str, Annotated[int, Field(ge=0)]] = {}
    teams: dict[str, dict[str, Any]] = {}
    acts: tuple[dict[str, Any], ...] = ()
    until: AwareDatetime | None = None


class _Example(NamedTuple):
    name: str
    contacts: Sequence[Mapping[str, Any]]
    around: _Around
    expect: Mapping[str, Any]
    is_single: bool
    """One contact, whose answers are no lists."""


class Tried(NamedTuple):
    """One example and how it ended; ``problems`` is empty when it holds."""

    name: str
    problems: tuple[str, ...]
    place: str
    """Where it stands: the file, and which of its examples it is."""


def examples_file(policy: Path) -> Path:
    """Return where the examples of a policy file stand."""
    return policy.with_name(f"{policy.stem}.tests.yaml")


def try_examples(policy: Path, kind: Kind, examples: Path) -> Iterator[Tried]:
    """Yield how each example of a file ends under a policy.

    Raises:
        SettingsError: a policy breaks its rules, or an example is none: file, example and field.
    """
    content = read_content(examples)
    listed = content.get("tests") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise SettingsError(f"{examples}: tests: a list of examples is needed")
    read = []
    for number, raw in enumerate(listed, 1):
        name = raw.get("name") if isinstance(raw, dict) else None
        place = f"{examples}: tests.{number}" + (f" ({name})" if name else "")
        try:
            read.append((place, _read(raw, kind.name)))
        except Unfit as problem:
            raise SettingsError(f"{place}: {problem}") from None
    deciding = Deciding(kind, policy)
    for place, example in read:
        yield Tried(example.name, tuple(_problems(example, kind, deciding)), place)


def _read(raw: Any, kind: str) -> _Example:
    """Return an example.

    Raises:
        Unfit: it is none; the field is named.
    """
    if not isinstance(raw, dict) or raw.keys() != _WANTED:
        raise Unfit("an example has name, given and expect")
    given, expect, words = raw["given"], raw["expect"], ANSWERS[kind]
    if not isinstance(given, dict) or not isinstance(expect, dict) or not expect:
        raise Unfit("given and expect: fields with their values are needed")
    if strange := [one for one in expect if one not in words]:
        raise Unfit(f"expect.{strange[0]}: no such word; there are {_listed(words)}")
    is_single = "contacts" not in given
    beside = BESIDE.get(kind, ("loads", "teams"))
    around = {name: value for name, value in given.items() if name in beside}
    contact = {name: value for name, value in given.items() if name not in around}
    contacts = [contact] if is_single else contact.pop("contacts")
    if not is_single and contact:
        raise Unfit(f"given.{next(iter(contact))}: beside contacts: {_listed(beside)}")
    if not isinstance(contacts, list) or not contacts:
        raise Unfit("given.contacts: a list of contacts is needed")
    for number, one in enumerate(contacts, 1):
        _check_contact(one, "given" if is_single else f"given.contacts.{number}")
    try:
        read = _Around.model_validate(around)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Unfit(f"given.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return _Example(str(raw["name"]), contacts, read, expect, is_single)


def _check_contact(one: Any, where: str) -> None:
    if not isinstance(one, dict):
        raise Unfit(f"{where}: a contact has fields")
    if empty := [name for name, value in one.items() if value is None]:
        raise Unfit(f"{where}.{empty[0]}: no value; a text with a comma in it needs quotes")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _problems(example: _Example, kind: Kind, deciding: Deciding) -> Iterator[str]:
    try:
        found = _found(example, kind, deciding)
    except Unfit as problem:
        yield str(problem)
        return
    for field, wanted in example.expect.items():
        if found[field] != wanted:
            yield f"expect.{field}: expected {_said(wanted)}, got {_said(found[field])}"


def _found(example: _Example, kind: Kind, deciding: Deciding) -> Answer:
    around = example.around
    if kind.name == "merging":
        return deciding.acted(example.contacts, around.acts, around.until)
    made = deciding.answers(example.contacts, Setting(around.loads, around.teams))
    if example.is_single:
        return made[0]
    return {name: [one[name] for one in made] for name in made[0]}


def _said(value: Any) -> str:
    """Return a value as the file says it, near enough.

    >>> _said([1, None, {}])
    '[1, null, {}]'
    """
    return (
        json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value
    )
