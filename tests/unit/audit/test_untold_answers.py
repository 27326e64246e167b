"""Check N asks of each answer whether somebody decided about its complainants: one that nobody was
told of, nor noted as out of reach, is silence."""

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.notices import NoticesCheck
from services.audit.logic.places import Places, Span

CHANGED, REQUESTED, SETTLED = "changed", "requested", "settled"
IDS = {name: f"id-{name}" for name in (CHANGED, REQUESTED, SETTLED)}
CASE = "default|C1"


def audit(told: bool = False, dead: tuple[int, ...] = (), passed: int = 100) -> Findings:
    """One answer, change 4 of a case, which stands at offset 7."""
    spans = {(name, 0): Span(0, 100) for name in IDS}
    places = Places(IDS, spans, {(CHANGED, 0): passed, (REQUESTED, 0): 100})
    check = NoticesCheck(places, REQUESTED, SETTLED)
    for offset in dead:
        check.dead(f"{IDS[CHANGED]}:0:{offset}")
    check.answered(places.place(CHANGED, 0, 7), CASE, 4)
    if told:
        check.told(CASE, 4)
    return check.findings()


def test_an_answer_with_a_decision_about_a_complainant_is_in_order() -> None:
    found = audit(told=True)
    assert (found.violations, found.waiting) == (0, 0)


def test_an_answer_that_nobody_decided_about_is_untold() -> None:
    assert [(one.defect, one.id) for one in audit().listed] == [(Defect.UNTOLD, f"{CASE}#4")]


def test_one_that_notification_has_not_read_waits() -> None:
    found = audit(passed=7)
    assert (found.violations, found.waiting) == (0, 1)


def test_one_that_is_a_dead_letter_is_a_persons_to_replay() -> None:
    assert audit(dead=(7,)).violations == 0
