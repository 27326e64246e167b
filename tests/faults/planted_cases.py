"""Rules of cases, timers, merges and restores, broken."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from schemas.vocabulary import ChangeKind
from services.adapters.clock import SystemClock
from services.adapters.database_clock import DatabaseClock
from services.cases import clocks, evolution, links, merged_clocks, merging, planning
from services.cases.handler import CasesHandler
from services.cases.planning import Item
from services.domain.clocks.book import PolicyBook
from services.recovery import projection
from services.recovery.forward_cases import CasesForward
from services.recovery.forward_notices import NoticesForward
from tests.faults.planting import planted

MERGING = "unit/cases/test_merging.py::"
ONCE_A_BATCH = "unit/cases/test_once_a_batch.py::"
APART = "unit/cases/test_merge_properties.py::"


# ---------------------------------------------------------------- cases


@planted(planning, "time_of", "unit/cases/test_time.py")
def a_case_goes_by_the_clock_of_whoever_decides(good: Any) -> Any:
    """A worker whose clock is behind takes back what was true."""
    return lambda state, now: now


@planted(
    Item,
    "token",
    "unit/cases/test_handler.py::test_a_command_sent_twice_takes_effect_once_and_is_answered_twice",
)
def a_command_is_known_by_its_place_only(good: Any) -> Any:
    """A command that was sent again, and stands elsewhere now, takes effect again."""
    return property(lambda self: None)


@planted(
    evolution,
    "remember",
    "unit/cases/test_levels_and_clocks.py::"
    "test_a_case_that_is_answered_and_reopened_for_ever_stays_small",
)
def a_case_remembers_every_stage_that_fired(good: Any) -> Any:
    """The state grows with each breach and each reopening."""
    return lambda fired, stage: (*fired, stage)


@planted(
    evolution,
    "evolve",
    "unit/cases/test_lifecycle.py::test_the_longest_texts_stay_out_of_the_state",
)
def a_state_holds_what_clerks_wrote(good: Any) -> Any:
    """The notes of a case travel with each of its states."""

    def evolve(state: Any, event: Any) -> Any:
        after = good(state, event)
        return after.model_copy(update={"note": event.note}) if event.note else after

    return evolve


@planted(
    PolicyBook,
    "_pinned",
    "unit/cases/test_pinned.py::test_a_case_climbs_the_ladder_that_it_began_with",
)
def an_open_case_follows_the_policies_of_today(good: Any) -> Any:
    """Who edits a policy changes what was promised yesterday."""
    return lambda self, kind, versions: good(self, kind, self.current)


@planted(
    CasesHandler, "_project", f"{ONCE_A_BATCH}test_a_case_is_written_once_however_much_comes_of_it"
)
def a_document_is_written_for_each_input(good: Any) -> Any:
    """A hot parcel costs a gated update for each of its contacts."""

    def project(self: CasesHandler, won: Any, states: Any) -> None:
        for made in won.values():
            for _ in made.entry.sources if made.entry else ():
                good(self, won, states)

    return project


@planted(
    CasesHandler,
    "_emit_sums",
    f"{ONCE_A_BATCH}test_the_state_of_a_case_is_told_once_however_much_comes_of_it",
)
def a_state_is_told_for_each_change(good: Any) -> Any:
    """Subscribers of the states read as much as those of the changes."""

    def emit_sums(self: CasesHandler, newest: Any, counted: Any, handled: Any) -> None:
        told = [one for one in handled.outbound if one.topic == self._topics.changed]
        for _ in told or [None]:
            good(self, newest, counted, handled)

    return emit_sums


# ---------------------------------------------------------------- timers


@planted(
    clocks,
    "_checked",
    "unit/cases/test_levels_and_clocks.py::test_a_clock_of_an_earlier_level_is_outdated",
)
def what_sla_proposes_is_believed(good: Any) -> Any:
    """The case does not work its clocks out again."""
    return lambda state, fired, mark, terms, now: (SimpleNamespace(due=fired.due_at), "")


@planted(
    clocks,
    "_square",
    "unit/cases/test_correcting.py::"
    "test_a_lower_level_takes_back_a_breach_that_is_not_due_any_more",
    "unit/cases/test_merged_clocks.py::"
    "test_a_breach_that_a_child_takes_back_is_taken_back_of_the_head",
)
def no_breach_is_taken_back(good: Any) -> Any:
    """A command that was in time, but applied late, leaves the breach."""
    return lambda *arguments: None


@planted(
    DatabaseClock,
    "_wall",
    "unit/adapters/test_database_clock.py::test_time_is_the_servers_whatever_the_machine_says",
)
def a_machine_goes_by_its_own_clock(good: Any) -> Any:
    """What is due depends on who looks."""
    return lambda self: datetime.now(UTC)


@planted(
    SystemClock,
    "now",
    "contract/test_clock.py::test_a_clock_set_back_stands_still_instead_of_going_back",
)
def a_clock_goes_back(good: Any) -> Any:
    """Later changes of a case bear earlier times."""
    return lambda self: self._wall() + self.offset


# ---------------------------------------------------------------- merges


@planted(
    merging,
    "is_earlier",
    f"{MERGING}test_the_earlier_case_is_the_head_whichever_is_named_first",
)
def the_later_case_becomes_the_head(good: Any) -> Any:
    """The case that begins later absorbs the earlier one, and its clocks begin later."""
    return lambda *arguments: not good(*arguments)


@planted(merging, "answer", f"{MERGING}test_a_refusal_names_the_head_and_the_merge_goes_there")
def a_refusal_names_no_head(good: Any) -> Any:
    """Whoever asks a merged case is sent away, and not on to its head."""

    def answer(*arguments: Any, **named: Any) -> Any:
        return good(*arguments, **named | {"other_head": None})

    return answer


@planted(merging, "is_merged_by", f"{MERGING}test_a_lost_answer_is_given_again")
def a_merge_is_not_known_again(good: Any) -> Any:
    """What was agreed on once is refused when it is asked again."""
    return lambda state, link: False


@planted(merging, "ask_again", f"{MERGING}test_an_offer_that_nobody_answered_is_made_again")
def an_offer_is_made_once(good: Any) -> Any:
    """No timer sends an unanswered offer again."""
    return lambda *arguments: None


@planted(
    links, "link_changes", f"{MERGING}test_a_contact_stays_where_it_came_and_the_head_hears_of_it"
)
def a_contact_moves_to_the_head(good: Any) -> Any:
    """The head counts the contacts of its children as its own."""

    def changes(state: Any, event: Any) -> Any:
        found = good(state, event)
        moved = event.kind is ChangeKind.MERGED_CASE_CHANGED and event.merge.origin.contact_id
        return found | {"contacts": state.contacts + 1} if moved else found

    return changes


@planted(clocks, "_checked", f"{MERGING}test_the_limit_that_is_due_first_counts_for_the_head")
def a_childs_clocks_stand_still(good: Any) -> Any:
    """What is merged has no limits of its own any more, and an unmerge gives none back."""

    def checked(state: Any, *arguments: Any) -> Any:
        return (None, "clock_outdated") if state.merged_into else good(state, *arguments)

    return checked


@planted(
    merged_clocks,
    "square_merged",
    f"{MERGING}test_the_limit_that_is_due_first_counts_for_the_head",
)
def a_head_has_its_own_limits_alone(good: Any) -> Any:
    """Whoever is merged into a younger matter waits longer than the law allows."""
    return lambda story, policies: None


@planted(
    links, "link_changes", f"{APART}test_an_unmerge_leaves_a_child_as_if_it_had_never_been_merged"
)
def an_unmerge_begins_the_child_anew(good: Any) -> Any:
    """A wrong merge that is undone gives time."""

    def changes(state: Any, event: Any) -> Any:
        found = good(state, event)
        return found | {"opened_at": event.at} if event.kind is ChangeKind.DETACHED else found

    return changes


@planted(
    links,
    "link_changes",
    f"{APART}test_an_unmerge_leaves_a_heads_contacts_and_clocks_alone_but_not_its_team",
)
def an_unmerge_takes_the_heads_work_back(good: Any) -> Any:
    """What clerks did while the cases were one is undone with the link."""

    def changes(state: Any, event: Any) -> Any:
        found = good(state, event)
        return found | {"team": "front-desk"} if event.kind is ChangeKind.UNMERGED else found

    return changes


# ---------------------------------------------------------------- restores


@planted(NoticesForward, "_attempted", "integration/test_recovery.py")
def a_restore_forgets_what_was_sent(good: Any) -> Any:
    """What was sent between the backup and the loss is not known to have been."""
    return lambda self, ends: None


@planted(
    CasesForward,
    "_append",
    "integration/test_recovery.py::test_a_lost_database_comes_back_and_nobody_is_told_twice",
)
def a_restore_leaves_the_logs_at_the_backup(good: Any) -> Any:
    """What was decided between the backup and the loss is decided again."""
    return lambda self, changes: 0


@planted(
    projection,
    "_differing",
    "integration/test_recovery.py::test_a_lost_database_comes_back_and_nobody_is_told_twice",
)
def a_rebuild_believes_the_documents(good: Any) -> Any:
    """A document that is not the sum of its log stays as it is."""
    return lambda wanted, present: ()
