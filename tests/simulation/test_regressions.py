"""What the simulation once found, told without it."""

import pytest

from schemas import topics
from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.vocabulary import CommandKind
from services.adapters.memory_dedup import MemoryDedupStore
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.runtime.ports import RememberingHandler
from services.runtime.records import Inbound
from services.runtime.watching import always
from tests.simulation.checker import violations
from tests.simulation.mutant import NOTHING_ELSE
from tests.simulation.run import run_seed
from tests.support.builders import KEYS, a_contact
from tests.support.manual_clock import ManualClock
from tests.unit.cases.desk import FIRST, KEY, Desk, another, changes, command

TEXT = "装在纸箱里的景德镇青花茶壶碎了一地"


def decided(
    store: MemoryDedupStore, contacts: list[ContactReceived], first_offset: int = 0
) -> list[ContactDeduplicated]:
    """Return what dedup makes of one batch."""
    handler = DedupHandler(
        store,
        KEYS,
        always(load_policy()),
        ManualClock(),
        topics.onward(topics.RECEIVED, topics.DEDUPLICATED),
    )
    batch = [
        Inbound(topics.RECEIVED.name, 0, first_offset + number, "id", b"k", encode(contact))
        for number, contact in enumerate(contacts)
    ]
    return [decode(ContactDeduplicated, out.value) for out in handler.handle(batch, {}).outbound]


def test_a_contact_follows_one_of_its_batch_to_the_case_that_one_really_got() -> None:
    """Seed 302878: a contact joined, by its text, one of its batch that was just about to lose
    the parcel to another worker; it was left as a repeat in a case that nobody opened."""
    store = MemoryDedupStore()
    with_waybill = a_contact("with", text=TEXT)
    without = a_contact("without", waybill=None, text=f"{TEXT},怎么办")
    rivals: list[ContactDeduplicated] = []

    def rival_is_quicker(op: str) -> None:
        if op == "insert_claims" and not rivals:
            store.before = lambda op: None
            rivals.extend(decided(store, [a_contact("rival", customer="cust-2")], 100))

    store.before = rival_is_quicker
    one, other = decided(store, [with_waybill, without])
    assert one.case_id == rivals[0].case_id
    assert other.case_id == one.case_id
    assert other.reasons[0].rule == "same_person_same_item"


def test_however_many_follow_one_another_two_rounds_of_claims_suffice() -> None:
    store = MemoryDedupStore()
    rounds: list[str] = []
    store.before = lambda op: rounds.append(op) if op == "insert_claims" else None
    many = [a_contact(f"c{n}", waybill=None, text=f"{TEXT}第{n}次说") for n in range(30)]
    cases = {one.case_id for one in decided(store, many)}
    assert len(cases) == 1
    assert len(rounds) <= 3  # two for choosing, one for what else the contacts say


@pytest.mark.parametrize(
    "between", ["projections", "entries_holding", "entries_after", "newest_entries", "append"]
)
def test_what_a_zombie_appends_between_two_reads_is_produced_by_its_heir(between: str) -> None:
    """Seed 1435 with 150 commands: the heir found its input in the log, and took it for
    produced, after it had looked where the log ends: no subscriber ever heard of it."""
    desk = Desk()
    first, second = desk.record(FIRST), desk.record(another("second"))
    desk.handle([first], commit=False)  # its transaction is lost

    def zombie_is_quicker(op: str) -> None:
        if op == between:
            desk.store.before = lambda op: None
            desk.handle([second], commit=False)

    desk.store.before = zombie_is_quicker
    produced = changes(desk.handle([first, second]))
    assert [change.seq for change in produced] == [1, 2]


BURYING = {"commands": 150, "defect": 0.08, "stall": 0.03, "expel": 0.05} | {
    "focus": ("before append", "before projections")
}
"""Weather in which a worker stumbles over what another, given up for dead, is about to append."""


@pytest.mark.parametrize("seed", [89, 106, 120, 141])
def test_what_a_zombie_appends_after_its_burial_leaves_no_gap(seed: int) -> None:
    assert violations(run_seed(seed, weather=BURYING)) == []


def test_a_buried_record_keeps_its_place_in_the_log_against_a_zombie() -> None:
    """Seed 89 in that weather: the heir buried a contact and went on; then a zombie appended it,
    before the committed position. Nobody produced it, and its replay counted as known."""
    desk = Desk()
    buried, later = desk.record(FIRST), desk.record(another("later"))
    produced: list[int] = []

    def heir_is_quicker(op: str) -> None:
        if op == "append":
            desk.store.before = lambda op: None
            assert isinstance(desk.handler, RememberingHandler)
            assert desk.handler.may_bury(buried)
            desk.positions["contacts", 0] = buried.offset + 1

    desk.store.before = heir_is_quicker
    zombie = desk.handle([buried], commit=False)  # fenced: nobody sees this
    assert (changes(zombie), [dead.inbound for dead in zombie.dead]) == ([], [buried])
    produced += [change.seq for change in changes(desk.handle([later]))]
    replayed = desk.record(FIRST)
    produced += [change.seq for change in changes(desk.handle([replayed]))]
    assert produced == [1, 2]
    assert len(desk.store.log[KEY]) == 3


def test_a_burial_that_was_broken_off_is_done_by_whoever_comes_next() -> None:
    desk = Desk()
    buried = desk.record(FIRST)
    assert desk.handler.may_bury(buried)  # and dies before the dead letter is committed
    again = desk.handle([buried, desk.record(another("later"))])
    assert [dead.inbound for dead in again.dead] == [buried]
    assert [change.seq for change in changes(again)] == [1]
    assert desk.handler.may_bury(buried)


def test_a_seal_does_not_hide_what_stands_before_it_and_was_never_produced() -> None:
    """Seed 1000567: a contact was appended and not produced, then a command of its case was
    buried: the end of the log looked produced, and nobody looked further."""
    desk = Desk()
    contact = desk.record(FIRST)
    cursed = desk.record(command(CommandKind.NOTE, note="x"))
    desk.handle([contact], commit=False)  # its worker dies
    assert desk.handler.may_bury(cursed)
    desk.positions["commands", 0] = cursed.offset + 1
    later = desk.record(command(CommandKind.NOTE, "cmd-2", note="y"))
    produced = changes(desk.handle([later, contact]))
    assert [change.seq for change in produced] == [1, 2]


@pytest.mark.parametrize("seed", [51391, 51552, 51591])
def test_what_a_hand_claimed_before_an_outage_does_not_wait_on_its_lane_for_ever(seed: int) -> None:
    """The loop's hand claimed a notice and was cut off; the lane of the same process took that for
    under way, for as long as the process lived."""
    assert violations(run_seed(seed, is_whole=True)) == []


def test_who_is_overdue_again_after_a_retracted_breach_climbs_the_ladder_again() -> None:
    """Seed 700524: a person lowered the level, so the breach was taken back with what followed from
    it; a graver contact raised it, and the judge took the second climb for a doubled one."""
    assert violations(run_seed(700524, is_whole=True)) == []


@pytest.mark.parametrize("seed", [12016, 22496])
def test_a_head_whose_clock_is_behind_is_not_escalated_before_its_child_was_due(seed: int) -> None:
    """A child's clock fired by the clock of ``sla``; the head heard of it by a clock that was a
    minute behind, and wrote that it was escalated before that was due."""
    assert violations(run_seed(seed, is_whole=True)) == []


BEHIND = NOTHING_ELSE | {"leap": 0.02, "commands": 30, "partitions": 1}
"""Weather in which a command often comes within a minute of a breach."""


def test_a_true_breach_is_not_taken_back_by_a_worker_whose_clock_is_behind() -> None:
    """Seed 39 in that weather: a clock fired by the clock of ``sla``; then a person corrected the
    case at a worker for whom the limit was half a minute ahead, and the breach was taken back."""
    assert violations(run_seed(39, weather=BEHIND, is_whole=True)) == []


def test_corrections_of_two_cases_under_one_command_id_are_two_labels() -> None:
    """Seed 22098: a command's id is unique within its case, a label's was within the tenant: what
    was said of the second case was lost to whoever learns from it."""
    assert violations(run_seed(22098, is_whole=True)) == []
