"""What cases tell, as words to the watch and to places. Pure."""

import re
from typing import Final

from schemas.cases import CaseChanged
from schemas.incidents import WATCH, IncidentAsk, IncidentCommand
from schemas.vocabulary import Category, ChangeKind
from services.incidents.messages import SYSTEM

_LOOKED_AT: Final = re.compile(
    rb'"kind"\s*:\s*"(?:opened|contact_added|incident_joined|incident_left)"'
)
_CONTACTS: Final = frozenset({ChangeKind.OPENED, ChangeKind.CONTACT_ADDED})
_ANSWERS: Final = {
    ChangeKind.INCIDENT_JOINED: IncidentAsk.JOINED,
    ChangeKind.INCIDENT_LEFT: IncidentAsk.LEFT,
}


def may_concern(value: bytes | None) -> bool:
    """Return whether a record of a case may concern incidents, without reading it whole: most do
    not."""
    return value is not None and _LOOKED_AT.search(value) is not None


def word_of(change: CaseChanged) -> IncidentCommand | None:
    """Return what follows from a change of a case; None when nothing does."""
    contact, answer = change.contact, _ANSWERS.get(change.kind)
    if change.kind in _CONTACTS and contact is not None:
        return IncidentCommand(
            tenant=change.tenant,
            hub=WATCH,
            category=Category.UNKNOWN,
            command_id=f"see-{change.case_id}-{change.seq}"[:80],
            kind=IncidentAsk.SEE,
            actor=SYSTEM,
            at=contact.received_at,
            case_id=change.case_id,
            who=contact.person or contact.contact_id,
            contact_id=contact.contact_id,
            found_in=change.score.category if change.score else None,
            is_new=change.kind is ChangeKind.OPENED,
        )
    if answer is None or change.incident is None or change.incident_id is None:
        return None
    return IncidentCommand(
        tenant=change.tenant,
        hub=change.incident.hub,
        category=change.incident.category,
        command_id=f"{answer}-{change.case_id}-{change.seq}"[:80],
        kind=answer,
        actor=change.actor,
        at=change.at,
        case_id=change.case_id,
        who=change.incident.who,
        incident_id=change.incident_id,
        level=change.incident.level,
    )
