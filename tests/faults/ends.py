"""What two runs of one history came to, to be compared: what is stored, byte for byte, or only what
may not depend on the order in which contacts arrived."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from schemas.cases import CaseChanged, CaseState
from schemas.codec import decode
from schemas.vocabulary import Channel
from tests.support.namespaces import Namespace

_WHOLE: Final = ("contacts", "claims", "absorbed", "case_log", "cases", "notices")
"""Collections that say everything there is of contacts, cases and notices."""
_SAID_AGAIN: Final = frozenset({"repeat", "new_fact"})
"""What is new in the second of two contacts, the first may have said where they came the other way
round."""
_MOST_TOLD: Final = 40
Contacts = frozenset[str]
Facts = Mapping[str, object]


def stored(namespace: Namespace) -> dict[str, object]:
    """Return what is stored, by collection and ``_id``; of the timers each case's newest: what it
    supersedes may be gone or not."""
    found: dict[str, object] = {
        f"{name} {row['_id']}": row
        for name in _WHOLE
        for row in namespace.database[name].find({}, batch_size=1000)
    }
    return found | {f"timer of {case}": row for case, row in _timers(namespace).items()}


@dataclass(frozen=True, slots=True)
class End:
    """What one case came to. ``facts`` is what two runs must agree on if ``contacts`` are the same
    in both; ``is_worked``: somebody sent it a command, or a contact in two versions, so it depends
    on when that came."""

    contacts: Contacts
    facts: Facts
    is_worked: bool


def ends(namespace: Namespace, disputed: Collection[str] = ()) -> list[End]:
    """Return what each case came to. ``disputed`` are contacts that were sent in several versions,
    one of which counts: whichever came first."""
    histories: dict[str, list[CaseChanged]] = {}
    worked: set[str] = set()
    for entry in namespace.database["case_log"].find({}, sort=[("_id", 1)], batch_size=1000):
        told = [decode(CaseChanged, event["value"]) for event in entry["events"]]
        histories.setdefault(entry["case"], []).extend(told)
        if entry["settlements"]:
            worked.add(entry["case"])
    states = {
        row["_id"]: decode(CaseState, row["value"])
        for row in namespace.database["cases"].find({"value": {"$exists": True}})
    }
    timers, told_to = _timers(namespace), _notices(namespace)
    found = [
        _end(histories[key], state, timers.get(key, {}), told_to.get(key, Counter()), key in worked)
        for key, state in states.items()
    ]
    return [
        replace(end, is_worked=True) if end.contacts & frozenset(disputed) else end for end in found
    ]


def _end(
    history: list[CaseChanged],
    state: CaseState,
    timer: Mapping[str, Any],
    told_to: Counter[tuple[str, ...]],
    is_worked: bool,
) -> End:
    added = [change.contact for change in history if change.contact is not None]
    relations = Counter("again" if c.relation in _SAID_AGAIN else str(c.relation) for c in added)
    facts: dict[str, object] = {
        "begins": (state.opened_at, state.first_contact_id, state.channel),
        "last contact": state.last_contact_at,
        "waybill": state.waybill_index,
        "level": state.level,
        "status": state.status,
        "next timer": tuple(timer.get(name) for name in ("clock", "stage", "run", "level", "due")),
    }
    if all(contact.channel is not Channel.REGULATOR for contact in added):
        # What is forwarded is nobody's own: who comes after it is a second complainant or not.
        facts |= {"complainants": state.complainants, "relations": relations}
    if len(added) == 1:  # else it depends on which of them opened the case
        facts |= {"category": (state.category, state.nature, state.cause), "told": told_to}
    return End(frozenset(contact.contact_id for contact in added), facts, is_worked)


def _timers(namespace: Namespace) -> dict[str, dict[str, Any]]:
    """Return the newest timer of each case."""
    rows = namespace.database["timers"].find({}, sort=[("seq", 1)], batch_size=1000)
    return {row["case"]: row for row in rows}


def _notices(namespace: Namespace) -> dict[str, Counter[tuple[str, ...]]]:
    """Return what was decided to tell complainants, and what not; what teams are told is bundled
    by the hour."""
    found: dict[str, Counter[tuple[str, ...]]] = {}
    for row in namespace.database["notices"].find({"who": {"$exists": True}}):
        word = (row["who"], row["kind"], row["channel"], str(row["requested"]))
        found.setdefault(row["case"], Counter())[word] += 1
    return found


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Return what was stored and is not, or is otherwise, or is new."""
    names = sorted(before.keys() | after.keys())
    return [name for name in names if before.get(name) != after.get(name)][:_MOST_TOLD]


def differences(
    reference: Collection[End], found: Collection[End], settled: Collection[str]
) -> Iterator[str]:
    """Yield where cases came to another end than in the reference. ``settled`` are the contacts
    whose place depends on nothing but what they say themselves: they lie together in one run as in
    the other. The facts of a case are compared where :func:`compared` says so."""
    together = {end.contacts & frozenset(settled) for end in reference}
    for end in found:
        if (of_them := end.contacts & frozenset(settled)) and of_them not in together:
            yield f"{sorted(of_them)} do not lie together in the reference"
    for end, same in compared(reference, found):
        for name, fact in same.facts.items():
            if end.facts[name] != fact:
                yield f"{sorted(end.contacts)}: {name} is {end.facts[name]}, was to be {fact}"


def compared(reference: Collection[End], found: Collection[End]) -> list[tuple[End, End]]:
    """Return the cases whose facts must be the same: that have the same contacts in both runs, and
    do not depend on when something came."""
    free = {end.contacts: end for end in reference if not end.is_worked}
    return [
        (end, free[end.contacts]) for end in found if end.contacts in free and not end.is_worked
    ]
