"""A batch of scored contacts: walk the tree for each, pass it on."""

from collections.abc import Sequence

from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.routes import ContactRouted, Destination
from schemas.scores import ContactScored
from services.domain.clock import Clock
from services.domain.waybill import normalise_waybill
from services.routing.logic import Subject, find_route
from services.routing.policy import RoutingPolicy
from services.runtime.records import (
    DeadLetter,
    DeadReason,
    Handled,
    Inbound,
    Outbound,
    Positions,
)


def subject_of(scored: ContactScored) -> Subject:
    """Return what matchers look at."""
    contact, score = scored.deduplicated.contact, scored.score
    facts = contact.facts
    return {
        "level": score.level,
        "category": score.category,
        "nature": score.nature,
        "cause": score.cause,
        "channel": contact.channel,
        "role": facts.role,
        "relation": scored.deduplicated.relation,
        "origin": facts.origin,
        "destination": facts.destination,
        "hub": facts.hub,
        "operator": facts.operator,
        "language": facts.language,
        "waybill": normalise_waybill(facts.waybill),
    }


class RoutingHandler:
    """See :class:`services.runtime.ports.Handler`; stateless."""

    def __init__(self, policy: RoutingPolicy, clock: Clock, out_topic: str) -> None:
        self._policy = policy
        self._clock = clock
        self._out_topic = out_topic

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port."""
        handled = Handled()
        now = self._clock.now()
        for inbound in batch:
            try:
                scored = decode(ContactScored, inbound.value)
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
                continue
            route = find_route(subject_of(scored), self._policy)
            record = ContactRouted(
                tenant=scored.tenant,
                case_id=scored.case_id,
                scored=scored,
                destination=Destination(
                    team=route.team,
                    operator=route.operator,
                    inform=route.inform,
                    path=route.path,
                    policy=self._policy.version,
                ),
                routed_at=now,
            )
            key = case_key(scored.tenant, scored.case_id)
            handled.outbound.append(Outbound(self._out_topic, key, encode(record)))
            handled.outcomes[route.team] += 1
        return handled
