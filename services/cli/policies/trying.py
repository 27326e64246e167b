"""The examples beside a policy (``*.tests.yaml``): given this contact, expect that decision.

An example has a ``name``, ``given`` (the fields of a contact as `send` takes them, or ``contacts``,
a list of such in the order they come) and ``expect``: any of the words that the policy decides.
``grave`` is whether the level is 3 or higher, for what must not be raised so far.
For routing ``given.score`` may say what severity made of it; without it severity decides.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from services.adapters.clock import SystemClock
from services.cli.offline import Decided, deduplicate
from services.cli.policies.kinds import BY_NAME, Kind, read_content
from services.cli.sending.lines import BadLine
from services.dedup import policy as dedup
from services.domain.errors import SettingsError
from services.routing.subject import question_of
from services.routing.watching import load_router
from services.runtime.watching import always
from services.severity.handler import SeverityHandler
from services.severity.loading import load_judge

TRIED: Final = ("dedup", "severity", "routing")
"""Kinds that decide about a contact by themselves."""
GRAVE: Final = 3
"""From this level on a contact goes to the senior desk."""
_WANTED: Final = frozenset({"name", "given", "expect"})


class Tried(NamedTuple):
    """One example and how it ended; ``problems`` is empty when it holds."""

    name: str
    problems: tuple[str, ...]


def examples_file(policy: Path) -> Path:
    """Return where the examples of a policy file stand."""
    return policy.with_name(f"{policy.stem}.tests.yaml")


def try_examples(policy: Path, kind: Kind, examples: Path) -> Iterator[Tried]:
    """Yield how each example of a file ends under a policy.

    Raises:
        SettingsError: one of the files breaks its rules.
    """
    content = read_content(examples)
    listed = content.get("tests") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise SettingsError(f"{examples}: tests: a list of examples is needed")
    decide = _Deciding(kind, policy)
    for number, example in enumerate(listed, 1):
        if not isinstance(example, dict) or example.keys() != _WANTED:
            raise SettingsError(
                f"{examples}: tests.{number}: an example has name, given and expect"
            )
        yield _try(example, decide)


def _try(example: dict[str, Any], decide: "_Deciding") -> Tried:
    given, expected = example["given"], example["expect"]
    contacts = given.get("contacts", [given])
    made = decide(contacts)
    if isinstance(made, BadLine):
        return Tried(example["name"], (f"contact {made}",))
    found = _columns(made) if "contacts" in given else made[0]
    return Tried(
        example["name"],
        tuple(
            f"{field}: expected {wanted}, got {found.get(field, 'nothing of that name')}"
            for field, wanted in expected.items()
            if found.get(field) != wanted
        ),
    )


def _columns(made: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: [one[name] for one in made] for name in made[0]}


class _Deciding:
    """Puts contacts through dedup, severity and routing, one of them under the policy tried."""

    def __init__(self, kind: Kind, policy: Path) -> None:
        def file_of(name: str) -> Path | None:
            return policy if kind is BY_NAME[name] else None

        self._clock = SystemClock()
        self._dedup = dedup.load_policy(file_of("dedup"))
        self._scorer = SeverityHandler(always(load_judge(file_of("severity"))), self._clock, {})
        self._router = load_router(file_of("routing"))

    def __call__(self, contacts: list[dict[str, Any]]) -> list[dict[str, Any]] | BadLine:
        """Return what was decided about each contact, or which one cannot be read."""
        lines = [
            json.dumps({"id": f"c{number}", **one}, ensure_ascii=False, default=_instant).encode()
            for number, one in enumerate(
                ({k: v for k, v in c.items() if k != "score"} for c in contacts), 1
            )
        ]
        decided = deduplicate(lines, self._dedup, self._clock)
        bad = next((one for one in decided if isinstance(one, BadLine)), None)
        if bad is not None:
            return bad
        cases: dict[str, int] = {}
        return [
            self._answer(one, contact.get("score", {}), cases)
            for one, contact in zip(decided, contacts, strict=True)
            if isinstance(one, Decided)
        ]

    def _answer(self, one: Decided, score: dict[str, Any], cases: dict[str, int]) -> dict[str, Any]:
        scored = self._scorer.score(one.deduplicated)
        if score:
            judged = type(scored.score).model_validate(scored.score.model_dump() | score)
            scored = scored.model_copy(update={"score": judged})
        route = self._router.route(question_of(scored, self._router.policy.network))
        case_id = one.deduplicated.case_id
        return {
            "case": cases.setdefault(case_id, len(cases) + 1),
            "relation": str(one.deduplicated.relation),
            "level": scored.score.level,
            "grave": scored.score.level >= GRAVE,
            "category": str(scored.score.category),
            "nature": str(scored.score.nature),
            "cause": str(scored.score.cause),
            "team": route.team,
            "operator": route.operator,
            "inform": list(route.inform),
            "partners": [f"{partner.operator} {partner.part}" for partner in route.partners],
            "tasks": [f"{task.holder} {task.part}" for task in route.tasks or ()],
            "passed_over": {passed.team: passed.reason for passed in route.passed_over},
            "node": route.path[-1],
        }


def _instant(value: Any) -> str:
    return str(value.isoformat())
