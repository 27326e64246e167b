"""What the tree sees of a contact: its facts, its score, and what the network makes of both."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.scores import ContactScored
from schemas.vocabulary import Cause, Channel, WayPart
from services.domain.languages import language_of
from services.domain.places import place_key
from services.domain.waybill import normalise_waybill
from services.routing.extract import SeenScored
from services.routing.match import Subject, language_key
from services.routing.policy import Network

Way = tuple[tuple[str, WayPart], ...]
"""Other operators on the way, in its order, each once."""


class Question(NamedTuple):
    """One contact as routing looks at it; ``at`` is when we took it in, so that the same contact
    is routed the same way whenever it is read again. ``hub``, as it was written, and ``text`` may
    name stations of ours."""

    subject: Subject
    at: datetime
    way: Way = ()
    hub: str | None = None
    text: str = ""


def question_of(scored: ContactScored | SeenScored, network: Network) -> Question:
    """Return what matchers look at."""
    contact, score = scored.deduplicated.contact, scored.score
    facts = contact.facts
    origin_region = _looked_up(network.region_of, facts.origin)
    destination_region = _looked_up(network.region_of, facts.destination)
    way = _way(scored, network)
    subject: Subject = {
        "level": score.level,
        "category": score.category,
        "nature": score.nature,
        "cause": score.cause,
        "unsure": score.unsure,
        "confidence": score.confidence,
        "channel": contact.channel,
        "regulator": contact.channel == Channel.REGULATOR,
        "role": facts.role,
        "relation": scored.deduplicated.relation,
        "origin": _folded(place_key, facts.origin),
        "destination": _folded(place_key, facts.destination),
        "hub": _folded(place_key, facts.hub),
        "operator": facts.operator,
        "jurisdiction": facts.jurisdiction,
        "language": language_key(facts.language or language_of(None, contact.text)),
        "product": facts.product,
        "origin_region": origin_region,
        "destination_region": destination_region,
        "region": destination_region or origin_region,
        "cross_region": (
            origin_region != destination_region if origin_region and destination_region else None
        ),
        "partner": frozenset(part for _, part in way) if way else None,
        "declared_value_cny": facts.declared_value_cny,
        "prior_contacts": facts.prior_contacts,
        "days_since_posted": _days(facts.posted_at, contact.accepted_at),
        "insured_cny": facts.insured_cny,
        "postage_cny": facts.postage_cny,
        "goods": _folded(str.casefold, facts.goods),
        "remedy_sought": _folded(str.casefold, facts.remedy_sought),
        "earlier_result": _folded(str.casefold, facts.earlier_result),
        "waybill": normalise_waybill(facts.waybill),
    }
    return Question(subject, contact.accepted_at, way, facts.hub, contact.text)


def _way(scored: ContactScored | SeenScored, network: Network) -> Way:
    """Return the other operators on the way; a contractor is one only where it is answerable."""
    if not network.operators:
        return ()
    facts = scored.deduplicated.contact.facts
    found: dict[str, WayPart] = {}
    places = (
        (_looked_up(network.operator_of_city, facts.origin), WayPart.ORIGIN),
        (_looked_up(network.operator_of_hub, facts.hub), WayPart.TRANSIT),
        (_looked_up(network.operator_of_city, facts.destination), WayPart.DESTINATION),
        (facts.operator if facts.operator in network.operators else None, WayPart.TRANSIT),
    )
    for name, part in places:
        if name is None or name in found:
            continue
        if network.operators[name].contractor:
            if scored.score.cause != Cause.CONTRACTOR:
                continue
            part = WayPart.CONTRACTOR
        found[name] = part
    return tuple(found.items())


def _days(posted_at: datetime | None, at: datetime) -> float | None:
    """Return the days since the posting; none before it, where a clock is wrong."""
    return None if posted_at is None else max(0.0, (at - posted_at) / timedelta(days=1))


def _folded(fold: Callable[[str], str], value: str | None) -> str | None:
    return fold(value) if value else None


def _looked_up(table: dict[str, str], place: str | None) -> str | None:
    return table.get(place_key(place)) if place else None
