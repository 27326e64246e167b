"""What the writer of a place says to cases, and to itself. Pure."""

from datetime import datetime
from typing import Final

from schemas.cases import CaseCommand
from schemas.incident_links import IncidentLink
from schemas.incidents import IncidentAsk, IncidentCommand
from schemas.vocabulary import CommandKind
from services.domain.incident_store import CaseThere, Incident, News

SYSTEM: Final = "system"


def place_key(tenant: str, hub: str, category: str) -> str:
    """Return the key of a place: what happens at one hub, of one category."""
    return f"{tenant}|{hub}|{category}"


def key_of(command: IncidentCommand) -> str:
    """Return the key of the place that a word is for."""
    return place_key(command.tenant, command.hub, command.category)


def join(
    heard: IncidentCommand, incident: Incident, there: CaseThere, actor: str, now: datetime
) -> CaseCommand:
    """Ask a case to be part of an incident. By a person the case may be asked again."""
    name = f"join-{incident.incident_id}"
    return CaseCommand(
        tenant=heard.tenant,
        case_id=there.case_id,
        command_id=name if actor == SYSTEM else f"{name}-{heard.command_id}"[:80],
        kind=CommandKind.JOIN_INCIDENT,
        actor=actor,
        issued_at=now,
        note=heard.note if actor != SYSTEM else None,
        other=incident.incident_id,
        incident=_link(heard, incident, there.who),
    )


def leave(heard: IncidentCommand, incident_id: str, actor: str, now: datetime) -> CaseCommand:
    """Ask a case to be no longer part of an incident."""
    assert heard.case_id is not None
    return CaseCommand(
        tenant=heard.tenant,
        case_id=heard.case_id,
        command_id=f"leave-{incident_id}-{heard.command_id}"[:80],
        kind=CommandKind.LEAVE_INCIDENT,
        actor=actor,
        issued_at=now,
        note=heard.note if actor != SYSTEM else None,
        reason="incident_is_over" if actor == SYSTEM else "by_person",
        other=incident_id,
        incident=IncidentLink(hub=heard.hub, category=heard.category, level=heard.level or 1),
    )


def tell_level(
    heard: IncidentCommand, incident: Incident, case_id: str, name: str, now: datetime
) -> CaseCommand:
    """Tell a case of the incident's level."""
    return CaseCommand(
        tenant=heard.tenant,
        case_id=case_id,
        command_id=f"level-{incident.incident_id}-{incident.seq}-{name}"[:80],
        kind=CommandKind.TELL_INCIDENT_LEVEL,
        actor=SYSTEM,
        issued_at=now,
        other=incident.incident_id,
        incident=_link(heard, incident),
    )


def tell_more(
    heard: IncidentCommand, incident: Incident, after: int, now: datetime
) -> IncidentCommand:
    """Remind ourselves to tell the cases that joined after a row of the place."""
    return IncidentCommand(
        tenant=heard.tenant,
        hub=heard.hub,
        category=heard.category,
        command_id=f"tell-{incident.incident_id}-{incident.seq}-{after}",
        kind=IncidentAsk.TELL,
        actor=SYSTEM,
        at=heard.at,
        incident_id=incident.incident_id,
        level=incident.level,
        after=after,
    )


def tell_news(
    heard: IncidentCommand, incident_id: str, news: News, case_id: str, now: datetime
) -> CaseCommand:
    """Tell a case what its customers are to hear: under one name, so once however often it is
    said. Nothing in it depends on when that is."""
    return CaseCommand(
        tenant=heard.tenant,
        case_id=case_id,
        command_id=f"news-{incident_id}-{news.seq}",
        kind=CommandKind.TELL_INCIDENT_NEWS,
        actor=news.actor,
        issued_at=now,
        note=news.note,
        other=incident_id,
    )


def more_news(
    heard: IncidentCommand, incident_id: str, news: News, after: int = 0
) -> IncidentCommand:
    """Remind ourselves to pass on what customers are to hear. The words come with it: they are
    passed on also if the incident ends meanwhile."""
    return IncidentCommand(
        tenant=heard.tenant,
        hub=heard.hub,
        category=heard.category,
        command_id=f"news-{incident_id}-{news.seq}-{after}",
        kind=IncidentAsk.TELL,
        actor=news.actor,
        at=news.at,
        note=news.note,
        incident_id=incident_id,
        after=after,
        news=news.seq,
    )


def _link(heard: IncidentCommand, incident: Incident, who: str | None = None) -> IncidentLink:
    return IncidentLink(
        hub=heard.hub,
        category=heard.category,
        level=incident.level,
        policy=incident.policy,
        who=who,
    )
