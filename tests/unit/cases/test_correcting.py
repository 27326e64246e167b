"""A person judges a case otherwise: it wins, it is kept, and only what is new goes above it."""

from typing import Any

import pytest

from schemas.cases import CommandSettled
from schemas.judgements import Correction
from schemas.vocabulary import (
    CaseStatus,
    ClockName,
    ClockStage,
    CommandKind,
    Refusal,
    Relation,
    Settlement,
)
from tests.support.builders import a_contact, a_deduplicated, a_fired, a_routed, at
from tests.unit.cases.desk import FIRST, KEY, Desk, another, changes, command, states

CHIEF = "clerk:clerk-901"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def correct(
    desk: Desk, actor: str = CHIEF, note: str | None = "我看过了", **said: Any
) -> CommandSettled:
    fields: dict[str, Any] = {"actor": actor, "correction": Correction(**said)}
    return desk.act(CommandKind.CORRECT, **fields | ({"note": note} if note else {}))


def test_what_a_person_says_stands_and_the_event_says_what_stood_before(desk: Desk) -> None:
    desk.take(a_routed(level=3, team="senior-desk", confidence=0.55, unsure=True, model="m1"))
    assert correct(desk, category="loss", cause="contractor", level=2).settlement == "accepted"
    state = desk.case()
    assert (state.category, state.nature, state.cause) == ("loss", "product", "contractor")
    assert (state.level, state.unsure) == (2, False)
    review = changes(desk.last)[0].review
    assert review is not None
    assert (review.before.category, review.before.level, review.after.level) == ("delay", 3, 2)
    assert review.machine is not None
    machine = review.machine
    assert (machine.confidence, machine.policy, machine.model) == (0.55, "test", "m1")
    assert machine.contact_id == FIRST.scored.deduplicated.contact.contact_id


@pytest.mark.parametrize(
    ("opened_by", "said", "team"),
    [
        ((3, "senior-desk"), {"level": 1}, "front-desk"),
        ((3, "senior-desk"), {"level": 2, "category": "fee"}, "billing"),
        ((4, "task-force"), {"level": 3}, "senior-desk"),
        ((1, "front-desk"), {"category": "damage"}, "claims"),
        ((1, "front-desk"), {"level": 3}, "senior-desk"),
        ((1, "delivery"), {"cause": "staff"}, "delivery"),
        ((1, "international"), {"category": "loss"}, "international"),
        ((1, "international"), {"level": 3}, "senior-desk"),
        ((2, "task-force"), {"level": 3}, "task-force"),
    ],
)
def test_the_case_goes_to_whom_it_now_belongs(
    desk: Desk, opened_by: tuple[int, str], said: dict[str, Any], team: str
) -> None:
    desk.take(a_routed(level=opened_by[0], team=opened_by[1]))
    assert correct(desk, **said).settlement is Settlement.ACCEPTED
    assert desk.case().team == team
    handed_over = changes(desk.last)[0].team
    assert handed_over == (None if team == opened_by[1] else team)


def test_a_case_that_a_clock_escalated_does_not_go_down_the_ladder(desk: Desk) -> None:
    desk.take(a_routed(level=2, team="claims"))
    desk.clock.time = at(hours=400)
    stages: dict[str, Any] = {"fired_at": at(hours=400), "due_at": at(hours=399), "level": 2}
    desk.take(a_fired(ClockName.RESOLUTION, ClockStage.ESCALATE, step=1, **stages))
    assert desk.case().team == "senior-desk"
    correct(desk, level=1)
    assert (desk.case().level, desk.case().team) == (1, "senior-desk")


def test_of_an_answered_case_nobody_is_handed_the_work(desk: Desk) -> None:
    desk.take(a_routed(level=3, team="senior-desk"))
    desk.act(CommandKind.RESOLVE, note="x", actor=CHIEF)
    assert correct(desk, level=1).settlement is Settlement.ACCEPTED
    assert (desk.case().status, desk.case().team) == (CaseStatus.RESOLVED, "senior-desk")


def test_a_lower_level_takes_back_a_breach_that_is_not_due_any_more(desk: Desk) -> None:
    desk.take(a_routed(level=4, team="task-force"))
    desk.clock.time = at(hours=5)
    late = a_fired(ClockName.ACKNOWLEDGEMENT, ClockStage.BREACH, level=4, fired_at=at(hours=5))
    desk.take(late)
    assert "acknowledgement:breach:0" in desk.case().fired
    correct(desk, level=1)
    assert desk.kinds() == ["corrected", "breach_retracted"]
    assert "acknowledgement:breach:0" not in desk.case().fired


def test_a_confirmation_changes_nothing_but_the_flag_and_needs_no_words(desk: Desk) -> None:
    desk.take(a_routed(unsure=True))
    assert correct(desk, note=None).settlement is Settlement.ACCEPTED
    assert desk.kinds() == ["confirmed"]
    assert not desk.case().unsure
    again = correct(desk, note=None)
    assert (again.refusal, desk.kinds()) == (Refusal.ALREADY_DECIDED, [])


@pytest.mark.parametrize(
    ("more", "said", "refusal"),
    [
        ({"note": None}, {"level": 2}, Refusal.MISSING_FIELD),
        ({"note": "  "}, {"level": 2}, Refusal.MISSING_FIELD),
        ({}, {"category": "unknown"}, Refusal.INVALID_FIELD),
        ({}, {"nature": "unknown"}, Refusal.INVALID_FIELD),
        ({"actor": "system"}, {"level": 1}, Refusal.NOT_PERMITTED),
        ({"actor": "customer"}, {"level": 4}, Refusal.NOT_PERMITTED),
        ({"actor": "clerk:clerk-101"}, {"level": 2}, Refusal.NOT_PERMITTED),
    ],
)
def test_what_is_not_well_founded_is_refused_and_changes_nothing(
    desk: Desk, more: dict[str, Any], said: dict[str, Any], refusal: Refusal
) -> None:
    desk.take(a_routed(level=3, team="senior-desk"))
    assert correct(desk, **more, **said).refusal is refusal
    assert (desk.case().level, desk.case().seq, desk.labels.labels) == (3, 1, {})


def test_any_clerk_may_raise_and_say_another_category_at_every_level(desk: Desk) -> None:
    desk.take(a_routed(level=3, team="senior-desk"))
    assert correct(desk, "clerk:clerk-101", category="privacy", level=4).refusal is None
    assert (desk.case().level, desk.case().team) == (4, "task-force")


def test_a_correction_of_what_is_old_is_stale(desk: Desk) -> None:
    desk.take(FIRST, another("b"))
    late = desk.act(CommandKind.CORRECT, correction=Correction(level=2), note="x", expected_seq=1)
    assert (late.refusal, desk.case().level) == (Refusal.STALE, 1)


# ------------------------------------------------------------------ what comes afterwards


def later(level: int, relation: Relation = Relation.REPEAT, hours: int = 20) -> Any:
    return another(
        f"b{hours}", level, "senior-desk", relation=relation, received_at=at(hours=hours)
    )


@pytest.mark.parametrize(
    ("contact", "level", "unsure"),
    [
        (later(1), 2, False),  # asked again, which nobody had when the person looked
        (later(3), 2, True),  # the same words again: the person has answered them
        (later(4), 4, True),  # graver than anything that was said before
        (later(3, Relation.NEW_FACT), 3, True),
        (later(3, Relation.SECOND_COMPLAINANT), 3, True),
        (later(1, Relation.NEW_FACT), 1, False),
    ],
)
def test_only_what_is_new_raises_the_case_above_a_persons_level(
    desk: Desk, contact: Any, level: int, unsure: bool
) -> None:
    desk.take(a_routed(level=3, team="senior-desk"))
    correct(desk, level=1, category="fee")
    state = states(desk.take(contact))[0]
    assert (state.level, state.unsure) == (level, unsure)
    assert (state.category, state.nature) == ("fee", "price")


def test_askings_that_the_person_knew_of_raise_nothing_again(desk: Desk) -> None:
    desk.take(FIRST, later(1), later(1, hours=40))
    assert desk.case().level == 3
    correct(desk, level=1)
    assert states(desk.take(later(1, hours=60)))[0].level == 1


def test_a_second_correction_covers_what_the_first_one_covered(desk: Desk) -> None:
    desk.take(a_routed(level=4, team="task-force"))
    correct(desk, level=1)
    correct(desk, level=2)
    assert states(desk.take(later(4)))[0].level == 2


# ------------------------------------------------------------------ the label, the counts


def test_each_review_is_a_label_and_a_command_sent_again_is_the_same_one(desk: Desk) -> None:
    desk.take(FIRST)
    wanted = command(CommandKind.CORRECT, correction=Correction(level=2), note="值八百元")
    desk.take(wanted)
    desk.take(wanted)
    (label,) = desk.labels.labels.values()
    assert label.label_id == f"{KEY}|cmd-1"
    assert (label.change.note, label.change.actor, label.review.after.level) == (
        "值八百元",
        "clerk:7",
        2,
    )
    assert desk.case().seq == 2


def test_a_worker_that_died_before_its_label_leaves_it_to_the_next(desk: Desk) -> None:
    desk.take(FIRST)
    batch = [desk.record(command(CommandKind.CORRECT, correction=Correction(level=2), note="x"))]
    desk.handle(batch, commit=False)
    desk.labels.labels.clear()
    desk.handle(batch)
    assert list(desk.labels.labels) == [f"{KEY}|cmd-1"]
    assert [label.value for label in desk.labels.labels.values()] == [
        event.value for event in desk.store.log[KEY][2].events
    ]


def test_first_words_about_a_judgement_are_counted_by_its_confidence(desk: Desk) -> None:
    def opened(name: str) -> str:
        contact = a_deduplicated(a_contact(name), case_id=f"C{name}")
        desk.take(a_routed(contact, level=2, confidence=0.5))
        return f"C{name}"

    def act(case_id: str, kind: CommandKind, **fields: Any) -> Any:
        name = f"{case_id}-{kind}-{len(fields)}"
        made = command(kind, name, actor=CHIEF, **fields).model_copy(update={"case_id": case_id})
        handled = desk.take(made)
        return dict(handled.verdicts), dict(handled.corrections)

    said = {"correction": Correction(level=1, category="fee"), "note": "x"}
    assert act(opened("a"), CommandKind.CORRECT, **said) == (
        {("corrected", "0.4-0.6"): 1},
        {("category", "changed"): 1, ("nature", "changed"): 1, ("level", "lowered"): 1},
    )
    assert act("Ca", CommandKind.RESOLVE, note="x") == ({}, {})
    confirmed = act(opened("b"), CommandKind.CORRECT, correction=Correction())
    assert confirmed == ({("confirmed", "0.4-0.6"): 1}, {})
    unchallenged = act(opened("c"), CommandKind.RESOLVE, note="x")
    assert unchallenged == ({("unchallenged", "0.4-0.6"): 1}, {})
    assert act("Cc", CommandKind.CORRECT, correction=Correction(level=3), note="x")[1] == {
        ("level", "raised"): 1
    }
