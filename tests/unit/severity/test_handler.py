"""Batches through the handler: everything is passed on scored, or dies alone with its reason."""

from datetime import datetime

from schemas.codec import decode, encode
from schemas.scores import ContactScored
from schemas.vocabulary import Category
from services.runtime.records import DeadReason, Inbound
from services.runtime.watching import always
from services.severity.handler import SeverityHandler
from services.severity.logic import Judge
from tests.support.builders import NOON, a_contact, a_deduplicated

ONWARD = {"complaints.deduplicated.v1": "out", "complaints.deduplicated.express.v1": "quick"}


class AClock:
    """Time that stands still."""

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0


def inbound(value: bytes | None, offset: int = 0) -> Inbound:
    return Inbound("complaints.deduplicated.v1", 0, offset, "tid", b"default|C1", value)


def test_a_contact_is_passed_on_whole_with_its_score(judge: Judge) -> None:
    deduplicated = a_deduplicated(a_contact(text="花瓶碎了,值八百块", prior_contacts=0))
    handled = SeverityHandler(always(judge), AClock(), ONWARD).handle(
        [inbound(encode(deduplicated))], {}
    )
    (sent,) = handled.outbound
    scored = decode(ContactScored, sent.value)
    assert (sent.topic, sent.key) == ("out", f"default|{deduplicated.case_id}".encode())
    assert scored.deduplicated == deduplicated
    assert (scored.score.category, scored.score.level) == (Category.DAMAGE, 2)
    assert handled.outcomes == {"level_2": 1}


def test_the_fields_beside_the_text_count(judge: Judge) -> None:
    contact = a_contact(text="快递没到", declared_value_cny=9000.0, prior_contacts=1)
    handler = SeverityHandler(always(judge), AClock(), ONWARD)
    (sent,) = handler.handle([inbound(encode(a_deduplicated(contact)))], {}).outbound
    assert decode(ContactScored, sent.value).score.level == 3


def test_a_replay_gives_the_same_bytes(judge: Judge) -> None:
    handler = SeverityHandler(always(judge), AClock(), ONWARD)
    batch = [inbound(encode(a_deduplicated()))]
    assert handler.handle(batch, {}).outbound == handler.handle(batch, {}).outbound


def test_what_cannot_be_read_dies_alone(judge: Judge) -> None:
    good = encode(a_deduplicated())
    handled = SeverityHandler(always(judge), AClock(), ONWARD).handle(
        [inbound(None), inbound(b"{", 1), inbound(good, 2)], {}
    )
    assert len(handled.outbound) == 1
    assert [(letter.reason, letter.rule) for letter in handled.dead] == [
        (DeadReason.MALFORMED, "missing_value"),
        (DeadReason.MALFORMED, "json_invalid"),
    ]
