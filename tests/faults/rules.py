"""The rules that make the guarantees true, and for each the defects that break it on purpose.

A defect is named by where it is found: ``simulation:NAME`` in the storms of
``tests/simulation/mutants.py``, ``planted:NAME`` by the ordinary tests that
``tests/faults/planted.py`` names, and ``module::function`` by a test on real engines.
"""

from typing import Final, NamedTuple


class Rule(NamedTuple):
    """One group of rules; ``adr`` gives the reasons."""

    name: str
    adr: str
    broken_by: tuple[str, ...]


_BROKEN: Final = "faults/test_broken_rules::"

RULES: Final = (
    Rule(
        "one decision about each contact, and one claim of each key",
        "0001",
        (
            "simulation:claim_winner_not_read_back",
            "simulation:decision_not_read_back",
            "simulation:decided_anew_instead_of_looked_up",
            "simulation:earliest_contact_ignored",
        ),
    ),
    Rule(
        "a replay is no resubmission, and a dead letter that comes back is neither",
        "0002",
        (
            "simulation:replay_taken_for_resubmission",
            "simulation:resubmission_taken_as_new",
            "planted:a_dead_letter_that_comes_back_is_taken_for_sent_again",
            "faults/test_replays::test_a_ledger_that_takes_a_replay_for_a_resubmission_is_found",
        ),
    ),
    Rule(
        "the case log decides, once for each input, and is emitted again in order",
        "0002",
        (
            "simulation:number_not_unique",
            "simulation:append_conflict_ignored",
            "simulation:unproduced_suffix_ignored",
            "simulation:projection_ungated",
            "planted:what_is_read_back_is_produced_at_once",
        ),
    ),
    Rule("cases stay small", "0002", ("planted:a_case_remembers_every_stage_that_fired",)),
    Rule(
        "transactions begin after the write, carry positions, and are given up when in doubt",
        "0003",
        (
            "simulation:produced_before_the_database",
            "simulation:transaction_without_offsets",
            "simulation:retried_inside_a_doubtful_transaction",
            "simulation:no_rewind_after_a_loss",
            "planted:timers_commit_without_a_position",
            "planted:the_client_is_trusted_to_begin_where_it_was_told",
            f"{_BROKEN}test_another_order_than_store_then_commit_is_found_after_a_crash",
            "faults/test_zombies::"
            "test_records_in_a_transaction_without_offsets_let_a_zombie_double_them",
            f"{_BROKEN}"
            "test_a_death_inside_a_transaction_holds_readers_up_for_seconds_not_for_a_minute",
        ),
    ),
    Rule(
        "what must meet in one worker is assigned together, and placed by one partitioner",
        "0004",
        (
            "simulation:uniform_assignor",
            "simulation:commands_placed_by_another_partitioner",
            f"{_BROKEN}test_range_keeps_the_topics_of_a_case_together_and_uniform_splits_them",
            f"{_BROKEN}"
            "test_a_case_has_one_partition_whoever_produces_and_the_default_partitioner_breaks_that",
        ),
    ),
    Rule(
        "an offset that is gone is an alarm",
        "0004",
        (
            "simulation:reset_to_latest",
            "simulation:checkpoint_saved_before_the_commit",
            "faults/test_offsets::test_a_reset_to_latest_loses_what_came_meanwhile",
        ),
    ),
    Rule(
        "failure is either poison or outage",
        "0003",
        (
            "simulation:outage_taken_for_poison",
            "simulation:half_done_record_buried",
            "planted:a_flood_of_poison_is_buried",
        ),
    ),
    Rule(
        "a newer version's records are read, and carried along",
        "0005",
        ("faults/test_replays::test_a_reader_that_refuses_what_a_newer_version_wrote_is_found",),
    ),
    Rule("keys and indexes say nothing of people", "0005", ("planted:keys_are_what_people_said",)),
    Rule(
        "timers are proposals, by the database's time",
        "0007",
        (
            "planted:what_sla_proposes_is_believed",
            "planted:no_breach_is_taken_back",
            "faults/test_clocks::test_workers_that_trust_their_machines_fire_early_or_late",
        ),
    ),
    Rule(
        "the time of a case never runs back, whichever worker decides",
        "0054",
        (
            "simulation:case_goes_by_each_workers_clock",
            "planted:a_case_goes_by_the_clock_of_whoever_decides",
        ),
    ),
    Rule(
        "a merge is a link that both sides agree on, to the earlier case",
        "0026",
        (
            "planted:the_later_case_becomes_the_head",
            "planted:a_merge_is_not_known_again",
            "planted:an_offer_is_made_once",
        ),
    ),
    Rule(
        "notices are claimed before they are sent",
        "0008",
        ("planted:claims_are_written_after_the_send",),
    ),
    Rule(
        "a command takes effect once",
        "0002",
        ("simulation:token_not_unique", "planted:a_command_is_known_by_its_place_only"),
    ),
    Rule(
        "no sender has the intake for itself, and what is grave overtakes",
        "0021",
        (
            "planted:quotas_admit_everybody",
            "simulation:lane_lost_at_a_hop",
            "faults/test_express::test_a_hop_that_loses_the_lane_is_found",
        ),
    ),
    Rule(
        "a restore decides nothing and sends nothing again",
        "0020",
        ("planted:a_restore_forgets_what_was_sent",),
    ),
)
"""All groups."""
