"""Which words about a merge a case must refuse: written down a second time, as in
:mod:`tests.simulation.legal`."""

from collections.abc import Sequence
from typing import Final

from tests.simulation.evidence import Body

MERGING: Final = {
    "merge", "unmerge", "absorb", "answer_merge", "detach", "tell_head", "tell_merged",
}  # fmt: skip
OF_INCIDENTS: Final = {
    "join_incident", "tell_incident_level", "tell_incident_news", "leave_incident",
    "dismiss_suggestion",
}  # fmt: skip
_SETTLED: Final = {"resolved", "rejected", "closed", "archived", "appealed"}
_MOST: Final = 20


def by_merges(command: Body, kind: str, before: Sequence[Body], known: Body) -> str | None:
    """Return why a case with this history refuses a word about a merge; None: it takes it."""
    if kind in OF_INCIDENTS:
        return _by_incident(command, kind, known)
    link, is_appeal = command.get("merge", {}), before[0]["kind"] == "appeal_opened"
    offered, merged = known["offers"], known["merged"]
    match kind:
        case "merge":
            return _wish(command["other"], is_appeal, known)
        case "unmerge":
            linked = {*offered.values(), *(one["case_id"] for one in merged.values())}
            return None if command["other"] in linked else "not_merged"
        case "absorb":
            return _offer(link, is_appeal, before, known)
        case "answer_merge":
            if link["merge_id"] in merged:
                return "already_decided"
            if link["merge_id"] not in offered:
                return "not_merged"
            return "merged_into" if "merged_into" in known else None
        case "tell_merged" if link.get("through") and known.get("merge_id") == link["merge_id"]:
            return "already_decided" if link["through"] == known.get("incident_id") else None
        case "tell_head":
            return None if link["merge_id"] in merged else "not_merged"
    return None if known.get("merge_id") == link["merge_id"] else "not_merged"


def _wish(other: str, is_appeal: bool, known: Body) -> str | None:
    if other == known["case_id"]:
        return "invalid_field"
    if is_appeal or "appealed_by" in known:
        return "not_allowed_now"
    if "merged_into" in known:
        return "merged_into"
    asked = [*known["offers"].values(), *(one["case_id"] for one in known["merged"].values())]
    if other in asked:
        return "already_decided"
    return "not_allowed_now" if len(asked) >= _MOST else None


def _offer(link: Body, is_appeal: bool, before: Sequence[Body], known: Body) -> str | None:
    if known.get("merge_id") == link["merge_id"]:
        return "already_decided"
    if "merged_into" in known and known["merge_id"] != link.get("instead_of"):
        return "merged_into"
    if is_appeal or "appealed_by" in known or before[-1]["status"] in _SETTLED:
        return "not_allowed_now"
    own = (known["opened_at"], known["case_id"])
    return None if (link["opened_at"], link["head"]) < own else "begins_earlier"


def has_room(link: Body, known: Body) -> bool:
    """Return whether a head may have a case, and those that come with it, by their number."""
    here = {one["case_id"] for one in known["merged"].values()}
    brought = {one["case_id"] for one in link.get("handed_on", ())} - here - {known["case_id"]}
    return len(here) + len(known["offers"]) + len(brought) <= _MOST


def _by_incident(command: Body, kind: str, known: Body) -> str | None:
    """Return why a case refuses a word about its incident, or about another case."""
    incident = known.get("incident_id")
    match kind:
        case "join_incident":
            return "already_decided" if incident else None
        case "leave_incident":
            return None if incident == command["other"] else "not_of_incident"
        case "dismiss_suggestion":
            if command["other"] in known["dismissed"]:
                return "already_decided"
            return "invalid_field" if command["other"] == known["case_id"] else None
    if incident != command["other"]:
        return "not_of_incident"
    if kind == "tell_incident_news":
        return None
    is_known = known.get("incident_level") == command["incident"]["level"]
    return "already_decided" if is_known else None
