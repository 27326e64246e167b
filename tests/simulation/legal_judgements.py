"""Which corrections are legal, and what they leave: written down a second time, as in
:mod:`tests.simulation.legal`."""

from collections.abc import Iterator
from typing import Final

from tests.simulation.evidence import Body, Evidence
from tests.simulation.fold import fold

_FIELDS: Final = ("category", "nature", "cause", "level")
_MAY_LOWER: Final = {
    3: {"clerk:clerk-801", "clerk:clerk-901", "clerk:clerk-001"},
    4: {"clerk:clerk-901", "clerk:clerk-001"},
}


def differs(command: Body, known: Body) -> bool:
    """Return whether a correction says anything else than what stands."""
    said = command.get("correction", {})
    return any(said[name] != known[name] for name in _FIELDS if name in said)


def by_judgement(command: Body, known: Body) -> str | None:
    """Return why a correction is refused."""
    if command["correction"].get("category") == "unknown":
        return "invalid_field"
    if not differs(command, known):
        return "already_decided" if known["is_reviewed"] and not known["unsure"] else None
    if "note" not in command:
        return "missing_field"
    level = known["level"]
    lowers = command["correction"].get("level", level) < level
    may = _MAY_LOWER.get(level, {command["actor"]})
    return "not_permitted" if lowers and command["actor"] not in may else None


def only_persons_lower_a_level(evidence: Evidence) -> Iterator[str]:
    """A level falls by a clerk's correction, and by nothing else; what a person said of the
    category stands until a person says otherwise."""
    for case, history in evidence.histories.items():
        level, person = 1, None
        for place, body in enumerate(history):
            now = body.get("level", level)
            is_persons = body["kind"] == "corrected" and body["actor"].startswith("clerk:")
            if now < level and not is_persons:
                yield f"{case}#{body['seq']} ({body['kind']}) lowered the level to {now}"
            level = now
            if "review" in body:
                person = body["review"]["after"]["category"]
            elif person is not None and fold(history[: place + 1])["category"] != person:
                yield f"{case}#{body['seq']} took another category than a person's"


def every_review_is_one_label(evidence: Evidence) -> Iterator[str]:
    """What people said is kept, once, as it was announced."""
    said = {
        f"{body['tenant']}|{body['case_id']}|{body['command_id']}": value
        for changes in evidence.changes.values()
        for body, value in changes
        if "review" in body
    }
    kept = {name: one.value for name, one in evidence.run.world.labels.labels.items()}
    if said != kept:
        yield f"labels differ from reviews: {sorted(said.items() ^ kept.items())}"
