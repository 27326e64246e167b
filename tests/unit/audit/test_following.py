"""What a contact must have left behind, judged piece by piece."""

from services.audit.follow_letters import contact_key_of
from services.audit.logic.following import Received, Row, Trace, Window, trace_of, without_effect

ONE = Received("id:0:5", "t|c1", 1000)
ROWS = {"t|c1": Row("id:0:5", "t|C1")}


def test_a_decided_contact_waits_for_its_effect() -> None:
    assert trace_of(ONE, ROWS, set(), set()) is Trace.DECIDED


def test_what_was_absorbed_or_died_is_accounted_for() -> None:
    assert trace_of(ONE, {}, {"id:0:5"}, set()) is Trace.ACCOUNTED
    assert trace_of(ONE, {}, set(), {"id:0:5"}) is Trace.ACCOUNTED
    assert trace_of(Received("id:0:5", None, 0), {}, set(), {"id:0:5"}) is Trace.ACCOUNTED


def test_a_contact_decided_from_elsewhere_and_not_absorbed_is_nowhere() -> None:
    assert trace_of(ONE, {"t|c1": Row("id:1:9", "t|C1")}, set(), set()) is Trace.NOWHERE
    assert trace_of(ONE, {}, set(), set()) is Trace.NOWHERE
    assert trace_of(Received("id:0:5", None, 0), {}, set(), set()) is Trace.NOWHERE


def test_an_effect_counts_only_in_the_case_that_was_decided() -> None:
    window = Window({"t|c1": (ONE, "t|C1")})
    assert window.oldest_ms == 1000
    assert without_effect(window, {("t|C1", "t|c1")}, set()) == []
    assert without_effect(window, {("t|C2", "t|c1")}, set()) == [ONE]
    assert without_effect(window, set(), {"t|c1"}) == []


def test_a_dead_letter_names_its_contact_at_every_stage() -> None:
    decided = b'{"tenant":"t","contact":{"contact_id":"c1"}}'
    scored = b'{"tenant":"t","deduplicated":' + decided + b"}"
    routed = b'{"tenant":"t","scored":' + scored + b"}"
    for value in (decided, scored, routed, b'{"tenant":"t","contact_id":"c1"}'):
        assert contact_key_of(value) == "t|c1"
    for nobody in (None, b"{", b'{"scored":7}', b"{}"):
        assert contact_key_of(nobody) is None
