"""A batch of scored contacts: walk the tree for each, pass it on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from schemas.carrying import Envelope, read_extract
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.routes import ContactRouted
from services.domain.clock import Clock
from services.routing.extract import SeenScored
from services.routing.logic import Router
from services.routing.subject import question_of
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Positions

_ROUTED: Final = Envelope(ContactRouted, "scored")


class RoutingHandler:
    """See :class:`services.runtime.ports.Handler`; stateless."""

    def __init__(
        self, router: Callable[[], Router], clock: Clock, onward: Mapping[str, str]
    ) -> None:
        """``router`` is asked once for each batch: a batch is decided by one policy. ``onward``
        says where a record goes, by the topic it came by."""
        self._router = router
        self._clock = clock
        self._onward = onward

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port."""
        handled = Handled()
        router = self._router()
        now = self._clock.now()
        for inbound in batch:
            try:
                scored, whole = read_extract(SeenScored, inbound.value)
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
                continue
            destination = router.route(question_of(scored, router.policy.network))
            case = {"tenant": scored.tenant, "case_id": scored.case_id}
            value = _ROUTED.around(whole, {**case, "destination": destination, "routed_at": now})
            key = case_key(scored.tenant, scored.case_id)
            handled.outbound.append(Outbound(self._onward[inbound.topic], key, value))
            handled.outcomes[destination.team] += 1
            for passed in destination.passed_over:
                handled.outcomes[f"passed_over_{passed.reason}"] += 1
        return handled
