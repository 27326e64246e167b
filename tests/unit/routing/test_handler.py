"""Each scored contact goes on with its team; what cannot be read dies alone."""

from datetime import datetime

from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.routes import ContactRouted
from services.routing.handler import RoutingHandler
from services.routing.watching import load_router
from services.runtime.records import Inbound
from tests.support.builders import NOON, a_contact, a_deduplicated, a_routed


class AClock:
    """Time that stands still."""

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0


ROUTER = load_router()
HANDLER = RoutingHandler(lambda: ROUTER, AClock(), {"in": "out"})


def test_a_scored_contact_is_passed_on_whole_with_its_team() -> None:
    scored = a_routed(a_deduplicated(a_contact(waybill="EA123456785CN"))).scored
    key = case_key(scored.tenant, scored.case_id)
    good = Inbound("in", 0, 0, "tid", key, encode(scored))
    handled = HANDLER.handle([good, good._replace(offset=1, value=b"[]")], {})
    (out,) = handled.outbound
    routed = decode(ContactRouted, out.value)
    assert (out.topic, out.key) == ("out", key)
    assert routed.scored == scored
    assert routed.destination.team == "international"
    assert [letter.inbound.offset for letter in handled.dead] == [1]


def test_the_same_contact_gives_the_same_bytes_again() -> None:
    scored = a_routed().scored
    record = Inbound("in", 0, 0, "tid", b"k", encode(scored))
    assert HANDLER.handle([record], {}).outbound == HANDLER.handle([record], {}).outbound
