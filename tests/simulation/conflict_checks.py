"""Who has a case that is about a station: written down anew, from what was sent and announced."""

from collections.abc import Iterator, Sequence
from typing import Final

from tests.simulation.evidence import ROUTED, Body, Evidence, body_of
from tests.simulation.fold import fold
from tests.support.station_teams import OWN, STAFF_MATTERS

_ANSWERED: Final = {"resolved", "rejected", "closed", "archived", "appealed"}
_PEOPLE: Final = {"front-desk": "clerk-10", "claims": "clerk-20", "senior-desk": "clerk-80"}
"""How the ids of each team's people begin."""
_STAFF: Final = {"staff", "contractor"}


def is_of_staff(said: Body) -> bool:
    """Return whether a judgement is about a station's staff."""
    return said.get("category") in STAFF_MATTERS or said.get("cause") in _STAFF


def about_by_changes(history: Sequence[Body]) -> set[str]:
    """Return the stations that a case is about, as its own changes name them."""
    named: set[str] = set()
    about: set[str] = set()
    document: Body = {}
    for n, body in enumerate(history):
        if "stations" in body or "review" in body or "score" in body:
            document = fold(list(history[: n + 1]))
        stations = body.get("stations", [])
        named |= {one["station"] for one in stations}
        about |= {one["station"] for one in stations if one["is_about"]}
        about |= {one for child in document.get("merged", {}).values() for one in _of_child(child)}
    if document and is_of_staff(document):
        about |= named
    return about


def _of_child(child: Body) -> set[str]:
    return {one["station"] for one in child.get("stations", []) if one["is_about"]}


def by_interest(command: Body, kind: str, before: Sequence[Body]) -> str | None:
    """Return why a command must be refused that gives a case to those whom it is about."""
    known = fold(list(before))
    about = about_by_changes(before)
    for child in known["merged"].values():
        about |= _of_child(child)
        if is_of_staff(known):
            about |= {one["station"] for one in child.get("stations", [])}
    teams = {OWN[station] for station in about}
    unit = command.get("unit", "").partition("team:")[2] if kind == "transfer" else ""
    if unit in teams or _is_of(command.get("assignee"), teams):
        return "conflict_of_interest"
    return None


def _is_of(person: str | None, teams: set[str]) -> bool:
    return any((person or "").startswith(_PEOPLE[team]) for team in teams)


def no_station_has_its_own_case(evidence: Evidence) -> Iterator[str]:
    """Whatever came in which order: no open case about a station is with its team or people."""
    sent = _sent(evidence)
    about: dict[str, set[str]] = {}
    for case in sorted(evidence.histories, key=lambda one: "|A" in one):
        yield from _walked(evidence, case, sent, about)
    for case, history in evidence.histories.items():
        known = fold(history)
        tenant = case.partition("|")[0]
        children = {f"{tenant}|{link['case_id']}" for link in known["merged"].values()}
        both = about[case].union(*(about.get(child, set()) for child in children))
        yield from _wrongs(case, known, both)


def _sent(evidence: Evidence) -> dict[str, tuple[set[str], Body]]:
    """Return which stations each contact names, and what severity made of it."""
    found = {}
    for record in evidence.topic(ROUTED):
        scored = (body_of(record.value) or {}).get("scored")
        if scored is not None:
            contact = scored["deduplicated"]["contact"]
            written = f"{contact['text']} {contact['facts'].get('hub', '')}"
            names = {station for station in OWN if station in written}
            found[f"{contact['tenant']}|{contact['contact_id']}"] = (names, scored["score"])
    return found


def _walked(
    evidence: Evidence,
    case: str,
    sent: dict[str, tuple[set[str], Body]],
    abouts: dict[str, set[str]],
) -> Iterator[str]:
    """Follow a case: who is given it, and who has it after each input."""
    history, tenant = evidence.histories[case], case.partition("|")[0]
    named: set[str] = set()
    about = abouts.setdefault(case, set())
    for n, body in enumerate(history):
        if "appeal" in body:
            about |= abouts.get(f"{tenant}|{body['appeal']['case_id']}", set())
        elif "contact" in body and body["kind"] in ("opened", "contact_added"):
            names, score = sent.get(f"{tenant}|{body['contact']['contact_id']}", (set(), {}))
            named |= names
            about |= names if is_of_staff(score) else set()
        if "review" in body and is_of_staff(body["review"]["after"]):
            about |= named
        if body.get("team") in {OWN[station] for station in about}:
            yield f"{case}#{body['seq']} gives it to {body['team']}, whom it is about"
        is_last = n + 1 == len(history) or history[n + 1]["at"] != body["at"]
        if is_last:
            yield from _wrongs(f"{case}#{body['seq']}", fold(history[: n + 1]), about)


def _wrongs(what: str, known: Body, about: set[str]) -> Iterator[str]:
    teams = {OWN[station] for station in about}
    if known["status"] in _ANSWERED or not teams:
        return
    if known.get("team") in teams:
        yield f"{what} is with {known['team']}, whom it is about"
    if _is_of(known.get("assignee"), teams):
        yield f"{what} is {known['assignee']}'s, whom it is about"
