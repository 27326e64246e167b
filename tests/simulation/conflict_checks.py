"""Who has a case that is about a station: written down anew, from what was sent and announced."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from tests.simulation.evidence import ROUTED, Body, Evidence, body_of
from tests.simulation.fold import fold
from tests.support.station_teams import OWN, STAFF_MATTERS

_ANSWERED: Final = {"resolved", "rejected", "closed", "archived", "appealed"}
_PEOPLE: Final = {"front-desk": "clerk-10", "claims": "clerk-20", "senior-desk": "clerk-80"}
"""How the ids of each team's people begin."""
_STAFF: Final = {"staff", "contractor"}
_Known = defaultdict[str, list[tuple[int, set[str]]]]
"""What each case was about, by the number of its change."""


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
    known: _Known = defaultdict(list)
    for case in sorted(evidence.histories, key=lambda one: "|A" in one):
        yield from _walked(evidence, case, sent, known)
    for case, history in evidence.histories.items():
        document, tenant = fold(history), case.partition("|")[0]
        linked = {link["case_id"] for link in document["merged"].values()}
        linked |= {body["appeal"]["case_id"] for body in history[:1] if "appeal" in body}
        both = _known_by(known[case]).union(*(_known_by(known[f"{tenant}|{o}"]) for o in linked))
        yield from _wrongs(case, document, both)


def _known_by(told: list[tuple[int, set[str]]], seq: int | None = None) -> set[str]:
    """Return the stations that a case was about, by its change ``seq`` or in the end."""
    return {one for n, about in told if seq is None or n <= seq for one in about}


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
    known: _Known,
) -> Iterator[str]:
    """Follow a case: who is given it, and who has it after each input."""
    history, tenant = evidence.histories[case], case.partition("|")[0]
    named: set[str] = set()
    about: set[str] = set()
    for n, body in enumerate(history):
        if "appeal" in body:
            other = body["appeal"]
            about |= _known_by(known[f"{tenant}|{other['case_id']}"], other["seq"])
        elif "contact" in body and body["kind"] in ("opened", "contact_added"):
            names, score = sent.get(f"{tenant}|{body['contact']['contact_id']}", (set(), {}))
            named |= names
            about |= names if is_of_staff(score) else set()
        if "review" in body and is_of_staff(body["review"]["after"]):
            about |= named
        known[case].append((body["seq"], set(about)))
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
