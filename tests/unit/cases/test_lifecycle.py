"""The life cycle: each guard a sentence."""

import pytest

from schemas.codec import encode
from schemas.vocabulary import ANSWERED, CaseStatus, ChangeKind, CommandKind, Refusal
from services.cases.evolution import evolve
from services.domain.errors import SettingsError
from services.domain.lifecycle import SHIPPED, Lifecycle, load_lifecycle
from tests.support.builders import a_command, at
from tests.unit.cases.desk import CASE, FIRST, Desk, another, changes, command, settlements

OPEN = set(CaseStatus) - ANSWERED - {CaseStatus.UNKNOWN}


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.take(FIRST)
    return desk


def refused(desk: Desk, kind: CommandKind, **fields: object) -> tuple[str | None, str]:
    settled = desk.act(kind, **fields)
    return settled.refusal, settled.explanation or ""


def test_a_case_walks_from_received_to_archived(desk: Desk) -> None:
    walk = [
        (CommandKind.ASSIGN, {"assignee": "clerk-101"}, "assigned"),
        (CommandKind.ACKNOWLEDGE, {}, "acknowledged"),
        (CommandKind.INVESTIGATE, {}, "investigating"),
        (CommandKind.WAIT, {"waiting_for": "partner:p1", "note": "the photo"}, "waiting"),
        (CommandKind.RESUME, {}, "investigating"),
        (CommandKind.PROPOSE, {"note": "pay the value"}, "proposed"),
        (CommandKind.RESOLVE, {"note": "paid, with apologies"}, "resolved"),
        (CommandKind.CLOSE, {}, "closed"),
        (CommandKind.ARCHIVE, {}, "archived"),
    ]
    assert [desk.act(kind, **fields).status for kind, fields, _ in walk] == [
        status for _, _, status in walk
    ]


def test_telling_the_customer_how_it_stands_takes_words_and_a_clerk_and_moves_nothing(
    desk: Desk,
) -> None:
    assert refused(desk, CommandKind.UPDATE)[0] == Refusal.MISSING_FIELD
    words = {"note": "The parcel is at customs."}
    assert refused(desk, CommandKind.UPDATE, actor="system:x", **words)[0] == Refusal.NOT_PERMITTED
    settled = desk.act(CommandKind.UPDATE, **words)
    (change,) = changes(desk.last)
    assert (change.kind, change.note) == (ChangeKind.CUSTOMER_UPDATED, words["note"])
    assert settled.status == CaseStatus.RECEIVED
    desk.act(CommandKind.RESOLVE, note="delivered")
    assert refused(desk, CommandKind.UPDATE, **words)[0] == Refusal.NOT_ALLOWED_NOW


def test_every_command_says_from_where_by_whom_and_what_it_is_called() -> None:
    commands = load_lifecycle().commands
    assert set(commands) == set(CommandKind)
    assert commands[CommandKind.RESOLVE].allowed_from == OPEN
    assert {move.event for move in commands.values()} <= set(ChangeKind)


def test_a_life_cycle_without_a_command_is_refused_at_load(tmp_path) -> None:  # type: ignore[no-untyped-def]
    broken = tmp_path / "lifecycle.yaml"
    broken.write_text(SHIPPED.read_text(encoding="utf-8").replace("  archive:", "  archived:"))
    with pytest.raises(SettingsError, match="commands"):
        load_lifecycle(broken)


def test_a_group_of_statuses_is_spelt_out() -> None:
    lifecycle = Lifecycle.model_validate(
        {
            "version": "t",
            "statuses": {"two": ["received", "assigned"]},
            "contact_reopens": [],
            "commands": {
                kind: {"from": ["two", "closed"], "not_from": ["assigned"], "event": "noted"}
                for kind in CommandKind
            },
        }
    )
    assert lifecycle.commands[CommandKind.NOTE].allowed_from == {"received", "closed"}


# ---------------------------------------------------------------------------- waiting


def test_a_case_that_waits_says_for_whom_and_forgets_it_when_it_goes_on(desk: Desk) -> None:
    desk.act(CommandKind.ACKNOWLEDGE)
    desk.act(CommandKind.WAIT, waiting_for="authority:12305", note="their opinion")
    assert desk.case().waiting_for == "authority:12305"
    desk.act(CommandKind.ASSIGN, assignee="clerk-102", waiting_for="customer")
    assert (desk.case().status, desk.case().waiting_for) == ("waiting", "authority:12305")
    desk.act(CommandKind.RESUME)
    assert desk.case().waiting_for is None


@pytest.mark.parametrize("kind", [CommandKind.RESOLVE, CommandKind.TRANSFER, CommandKind.REJECT])
def test_whatever_ends_the_wait_clears_it(desk: Desk, kind: CommandKind) -> None:
    desk.act(CommandKind.ACKNOWLEDGE)
    desk.act(CommandKind.WAIT, waiting_for="customer", note="photos")
    desk.act(kind, note="x", reason="withdrawn", unit="partner:p1", actor="clerk:clerk-901")
    assert desk.case().status is not CaseStatus.WAITING
    assert desk.case().waiting_for is None


def test_nobody_waits_for_nobody(desk: Desk) -> None:
    desk.act(CommandKind.ACKNOWLEDGE)
    assert refused(desk, CommandKind.WAIT, note="?") == (
        Refusal.MISSING_FIELD,
        "wait needs waiting_for",
    )


def test_a_customer_who_was_waited_for_and_comes_back_sets_the_case_going(desk: Desk) -> None:
    desk.act(CommandKind.ACKNOWLEDGE)
    desk.act(CommandKind.WAIT, waiting_for="customer", note="photos")
    handled = desk.take(another("here they are"))
    assert [c.kind for c in changes(handled)] == ["contact_added", "resumed"]
    assert (desk.case().status, desk.case().waiting_for) == ("investigating", None)


def test_a_customer_does_not_end_the_wait_for_somebody_else(desk: Desk) -> None:
    desk.act(CommandKind.ACKNOWLEDGE)
    desk.act(CommandKind.WAIT, waiting_for="partner:p1", note="photos")
    desk.take(another("any news?"))
    assert desk.case().waiting_for == "partner:p1"


# ---------------------------------------------------------------------------- rejected


def test_a_complaint_is_rejected_by_a_person_with_a_reason(desk: Desk) -> None:
    fields = {"reason": "not_substantiated", "note": "the seal was whole"}
    word, why = refused(desk, CommandKind.REJECT, actor="system", **fields)
    assert (word, why) == (Refusal.NOT_PERMITTED, "actor: reject is for clerk only")
    assert refused(desk, CommandKind.REJECT, note="no")[0] is Refusal.MISSING_FIELD
    assert desk.act(CommandKind.REJECT, **fields).status is CaseStatus.REJECTED
    assert desk.case().resolved_at == at()
    assert desk.history()[-1].reason == "not_substantiated"


def test_not_ours_is_no_reason_to_reject(desk: Desk) -> None:
    word, why = refused(desk, CommandKind.REJECT, reason="not_ours", note="another company")
    assert word is Refusal.INVALID_FIELD
    assert "transferred" in why


def test_a_grave_case_is_rejected_only_by_those_of_rank() -> None:
    desk = Desk()
    desk.take(another("fire", level=4, team="task-force"))
    fields = {"reason": "withdrawn", "note": "withdrawn in writing"}
    word, why = refused(desk, CommandKind.REJECT, actor="clerk:clerk-801", **fields)
    assert word is Refusal.NOT_PERMITTED
    assert "task-force" in why
    assert desk.act(CommandKind.REJECT, actor="clerk:clerk-001", **fields).status == "rejected"


# ---------------------------------------------------------------------------- who may


@pytest.mark.parametrize("actor", ["key:house", "partner:p1", "system", "system:crm", "customer"])
def test_no_key_and_no_machine_answers_a_customer(desk: Desk, actor: str) -> None:
    why = (Refusal.NOT_PERMITTED, "actor: resolve is for clerk only")
    assert refused(desk, CommandKind.RESOLVE, actor=actor, note="no") == why


def test_a_key_that_is_nobodys_moves_no_case(desk: Desk) -> None:
    moves: list[tuple[CommandKind, dict[str, str]]] = [
        (CommandKind.ACKNOWLEDGE, {}),
        (CommandKind.ASSIGN, {"assignee": "clerk-101"}),
        (CommandKind.INVESTIGATE, {}),
        (CommandKind.WAIT, {"waiting_for": "customer", "note": "photos"}),
        (CommandKind.RESUME, {}),
        (CommandKind.RESOLVE, {"note": "done"}),
        (CommandKind.CLOSE, {}),
        (CommandKind.REOPEN, {"note": "again"}),
        (CommandKind.RESOLVE, {"note": "done"}),
        (CommandKind.CLOSE, {}),
        (CommandKind.ARCHIVE, {}),
    ]
    for kind, fields in moves:
        assert refused(desk, kind, actor="key:house", **fields)[0] is Refusal.NOT_PERMITTED, kind
        assert desk.act(kind, **fields).refusal is None, kind


def test_a_grave_case_is_answered_only_by_those_of_rank() -> None:
    desk = Desk()
    desk.take(another("fire", level=4, team="task-force"))
    word, why = refused(desk, CommandKind.RESOLVE, actor="clerk:clerk-801", note="no")
    assert word is Refusal.NOT_PERMITTED
    assert "task-force" in why
    assert desk.act(CommandKind.RESOLVE, actor="clerk:clerk-001", note="x").status == "resolved"


# ---------------------------------------------------------------------------- transferred


def test_a_case_is_never_sent_away_without_a_receiving_unit(desk: Desk) -> None:
    assert refused(desk, CommandKind.TRANSFER, note="not ours") == (
        Refusal.MISSING_FIELD,
        "transfer needs unit",
    )
    word, why = refused(desk, CommandKind.TRANSFER, unit="team:nowhere", note="not ours")
    assert (word, why) == (Refusal.INVALID_FIELD, "unit: there is no team nowhere")


def test_a_transfer_to_a_team_gives_it_the_case_and_keeps_the_clocks(desk: Desk) -> None:
    before = desk.case()
    desk.act(CommandKind.TRANSFER, unit="team:international", note="from abroad")
    after = desk.case()
    assert (after.status, after.team, after.unit) == (
        "transferred", "international", "team:international",
    )  # fmt: skip
    assert after.assignee in ("clerk-501", "clerk-502")
    assert (after.opened_at, after.fired, after.resolved_at) == (before.opened_at, (), None)


def test_a_transfer_to_a_partner_leaves_us_answerable(desk: Desk) -> None:
    team = desk.case().team
    desk.act(CommandKind.TRANSFER, unit="partner:p1", note="the last mile")
    assert (desk.case().team, desk.case().unit) == (team, "partner:p1")
    assert desk.act(CommandKind.ACKNOWLEDGE).status is CaseStatus.ACKNOWLEDGED


def test_a_case_is_not_transferred_to_the_team_that_has_it(desk: Desk) -> None:
    unit = f"team:{desk.case().team}"
    assert refused(desk, CommandKind.TRANSFER, unit=unit, note="?")[0] is Refusal.INVALID_FIELD


# ---------------------------------------------------------------------------- stale, rebuilt


def test_a_stale_command_is_told_what_happened_since_and_by_whom(desk: Desk) -> None:
    desk.act(CommandKind.ACKNOWLEDGE, actor="clerk:clerk-101")
    desk.take(another("b"))
    settled = desk.act(CommandKind.RESOLVE, note="done", expected_seq=1)
    assert settled.refusal is Refusal.STALE
    assert [(one.seq, one.kind, one.actor) for one in settled.since or ()] == [
        (2, "acknowledged", "clerk:clerk-101"),
        (3, "contact_added", "customer"),
    ]


def test_a_command_overtaken_in_its_own_batch_is_told_so(desk: Desk) -> None:
    handled = desk.take(
        command(CommandKind.NOTE, "first", note="x", expected_seq=1),
        command(CommandKind.NOTE, "second", note="y", expected_seq=1),
    )
    stale = settlements(handled)[1]
    assert [(one.seq, one.kind) for one in stale.since or ()] == [(2, "noted")]


def test_of_a_long_absence_the_newest_twenty_changes_are_told(desk: Desk) -> None:
    for n in range(30):
        desk.act(CommandKind.NOTE, note=f"n{n}")
    since = desk.act(CommandKind.ACKNOWLEDGE, expected_seq=1).since or ()
    assert [one.seq for one in since] == list(range(12, 32))


def test_every_change_has_an_actor_and_a_time_and_the_case_is_their_sum(desk: Desk) -> None:
    desk.act(CommandKind.ACKNOWLEDGE)
    desk.act(CommandKind.WAIT, waiting_for="customer", note="photos")
    desk.take(another("b"))
    desk.act(CommandKind.RESOLVE, note="done")
    desk.act(CommandKind.RATE, rating=1, actor="customer")
    history = desk.history()
    assert all(change.actor and change.at for change in history)
    state = None
    for change in history:
        state = evolve(state, change)
    assert state == desk.case()


def test_the_longest_texts_stay_out_of_the_state(desk: Desk) -> None:
    long = "字" * 4000
    desk.act(CommandKind.ACKNOWLEDGE)
    entry = {"finding": {"outcome": "valid", "party": "contractor", "text": long}}
    for _ in range(60):
        desk.act(CommandKind.RECORD, entry=entry)
        desk.act(CommandKind.NOTE, note=long)
    desk.act(CommandKind.TRANSFER, unit="partner:p1", note=long)
    desk.act(CommandKind.RESOLVE, note=long)
    assert len(encode(desk.case())) < 4096


def test_a_command_to_no_case_says_so() -> None:
    desk = Desk()
    handled = desk.take(a_command(CommandKind.TRANSFER, CASE, unit="team:claims", note="x"))
    assert settlements(handled)[0].refusal is Refusal.NO_SUCH_CASE
