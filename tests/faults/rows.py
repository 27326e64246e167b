"""Which test shows which fault survived, and which deliberate defect that test must find.

The numbers are those of the list of faults that the project promises to survive. A test is named
``module::function`` below ``tests``; what is named must exist (``test_rows``).
"""

from typing import Final, NamedTuple


class Row(NamedTuple):
    """One fault of the list; ``short``: some of it is in every run, not only with ``--faults``.
    ``apart`` says why no mutant runs in the very scene of the row's tests."""

    number: int
    fault: str
    tests: tuple[str, ...]
    mutants: tuple[str, ...]
    short: bool
    apart: str = ""


_ORDER: Final = (
    "faults/test_broken_rules::test_another_order_than_store_then_commit_is_found_after_a_crash"
)
_BROKEN_RULES: Final = "simulation/test_mutants::test_each_broken_rule_is_noticed"
_PLANTED: Final = "faults/test_planted::test_a_defect_that_is_planted_is_found"
_SLOW: Final = "channels/test_matrix::test_a_channel_without_a_time_limit_does_not_bear_the_fault"
_SEEDS: Final = "simulation/test_simulation::test_all_guarantees_hold_in_every_seed"

ROWS: Final = (
    Row(
        1,
        "worker killed at any moment",
        (
            "faults/test_kills::test_death_at_a_random_moment_loses_and_doubles_nothing",
            "faults/test_kills::test_twenty_deaths_over_all_workers_at_a_thousand_contacts_a_second",
            "faults/test_demo_kills::test_a_demo_whose_processes_are_all_killed_in_turn_is_proved",
            "faults/test_sender_kills::"
            "test_killed_senders_reach_everybody_and_the_audit_knows_every_double",
        ),
        (_ORDER,),
        True,
        apart="a random moment seldom falls between two writes: the mutant dies there on purpose",
    ),
    Row(
        2,
        "worker killed at each crash point",
        (
            "faults/test_kills::test_death_at_any_crash_point_loses_and_doubles_nothing",
            "faults/test_api::test_an_api_that_dies_keeps_what_it_acknowledged_and_takes_the_rest_again",
        ),
        (
            _ORDER,
            "faults/test_broken_rules::"
            "test_what_a_dead_worker_left_in_its_transaction_is_seen_by_uncommitted_readers_only",
        ),
        True,
        apart="the same deaths, of one worker at a time and under less load: each must be found",
    ),
    Row(
        3,
        "SIGTERM in every state",
        (
            "faults/test_stopping::test_a_worker_ends_within_fifteen_seconds_in_every_state",
            "faults/test_stopping::test_every_process_of_an_instance_ends_within_fifteen_seconds",
            "faults/test_stopping::test_a_worker_whose_handler_hangs_is_ended_in_time",
            "faults/test_poison::"
            "test_nothing_but_poison_for_a_minute_stops_the_worker_and_buries_nothing_good",
        ),
        ("faults/test_stopping::test_without_a_watchdog_a_hanging_worker_stays",),
        False,
    ),
    Row(
        4,
        "rebalance storm",
        ("faults/test_groups::test_workers_join_and_leave_under_load", _SEEDS),
        (
            "faults/test_broken_rules::"
            "test_range_keeps_the_topics_of_a_case_together_and_uniform_splits_them",
            _BROKEN_RULES,
        ),
        True,
        apart="who holds what is looked at directly, and what comes of it in the simulated storm",
    ),
    Row(
        5,
        "zombie worker",
        ("faults/test_zombies::test_a_zombie_changes_nothing", _SEEDS),
        (
            "faults/test_zombies::"
            "test_records_in_a_transaction_without_offsets_let_a_zombie_double_them",
        ),
        True,
    ),
    Row(
        6,
        "broker or database killed",
        (
            "faults/test_outages::test_workers_sit_out_a_killed_engine_without_a_restart_of_theirs",
            "faults/test_outages::"
            "test_an_api_without_kafka_refuses_and_takes_again_when_it_is_back",
            "faults/test_hanging::test_a_worker_ends_what_its_predecessor_left_before_it_begins",
        ),
        (
            "faults/test_hanging::test_a_worker_that_does_not_look_commits_what_was_aborted",
            "faults/test_outages::test_an_api_that_takes_what_kafka_does_not_have_is_found",
        ),
        True,
    ),
    Row(
        7,
        "leader lost, too few copies, brokers restarted one by one",
        (
            "faults/test_cluster::test_a_leader_and_a_primary_die_and_nothing_acknowledged_is_lost",
            "faults/test_cluster::"
            "test_brokers_and_the_primary_are_restarted_one_by_one_and_no_retrying_sender_sees_an_error",
            "faults/test_cluster::"
            "test_what_too_few_copies_have_is_refused_with_503_and_taken_later",
        ),
        ("faults/test_cluster::test_an_api_that_trusts_the_leader_alone_takes_what_it_may_lose",),
        False,
    ),
    Row(
        8,
        "primary killed, cut off, stepping down",
        (
            "faults/test_cluster::test_a_leader_and_a_primary_die_and_nothing_acknowledged_is_lost",
            "contract/test_mongo_failover::"
            "test_nothing_acknowledged_is_lost_or_changed_when_primaries_die",
            "faults/test_cluster::test_what_a_primary_took_that_was_cut_off_counts_for_nobody",
        ),
        (
            "faults/test_cluster::"
            "test_a_worker_that_goes_on_once_the_primary_alone_has_it_is_found",
            _ORDER,
            "contract/test_mongo_safety::test_weaker_concerns_are_an_unsafe_start",
        ),
        True,
    ),
    Row(
        9,
        "answers to commits and writes lost, or reported wrong",
        (
            "faults/test_network::test_an_answer_that_never_arrives_does_nothing_twice",
            "faults/test_network::test_an_api_does_not_take_what_kafka_refused",
            "faults/test_network::test_a_worker_does_not_commit_where_kafka_refused_a_record",
            _SEEDS,
        ),
        ("faults/test_network::test_a_worker_that_takes_no_answer_for_not_done_is_found",),
        True,
    ),
    Row(
        10,
        "late, half-open, reset, dripping connections",
        (
            "faults/test_network::test_workers_sit_out_a_bad_connection_and_leak_nothing",
            "faults/test_bounded_calls::"
            "test_a_call_that_hangs_is_left_behind_and_the_next_one_runs",
        ),
        ("faults/test_network::test_a_worker_that_waits_for_ever_is_found",),
        True,
    ),
    Row(
        11,
        "duplicates, disorder, a whole topic read again",
        (
            "faults/test_replays::"
            "test_disorder_repetition_and_a_whole_topic_read_again_change_nothing",
            _SEEDS,
        ),
        (
            "faults/test_replays::test_a_ledger_that_takes_a_replay_for_a_resubmission_is_found",
            "faults/test_ends::test_another_end_is_found",
        ),
        True,
    ),
    Row(
        12,
        "poison",
        (
            "faults/test_poison::"
            "test_poison_dies_the_rest_flows_and_a_mended_replay_takes_effect_once",
            "faults/test_poison::"
            "test_nothing_but_poison_for_a_minute_stops_the_worker_and_buries_nothing_good",
        ),
        (_BROKEN_RULES, _PLANTED),
        True,
        apart="planted into the ordinary tests of breaker and dead letters, which need no engine",
    ),
    Row(
        13,
        "one parcel that always breaks the worker",
        ("faults/test_stuck_key::test_a_parcel_that_breaks_the_worker_keeps_nobody_else_waiting",),
        ("faults/test_stuck_key::test_a_worker_that_gives_up_the_whole_batch_is_found",),
        False,
    ),
    Row(
        14,
        "offsets deleted, topic made anew",
        (
            "faults/test_offsets::test_deleted_offsets_are_survived_with_an_alarm",
            "faults/test_offsets::test_a_topic_made_anew_is_refused",
            "faults/test_offsets::test_records_that_expired_unread_are_an_alarm_and_no_gap",
        ),
        (
            "faults/test_offsets::test_a_reset_to_latest_loses_what_came_meanwhile",
            _PLANTED,
        ),
        True,
    ),
    Row(
        15,
        "clocks of machines an hour off",
        ("faults/test_clocks::test_machines_an_hour_off_fire_neither_early_nor_late",),
        ("faults/test_clocks::test_workers_that_trust_their_machines_fire_early_or_late",),
        True,
    ),
    Row(
        16,
        "herd of timers, a worker killed in it",
        (
            "faults/test_clocks::test_a_herd_of_timers_fires_whole_and_in_order_though_a_worker_dies",
        ),
        (
            "faults/test_clocks::"
            "test_a_worker_that_forgets_what_came_due_meanwhile_leaves_timers_out",
        ),
        False,
    ),
    Row(
        17,
        "receivers of notices fail, hang, redirect",
        (
            "channels/test_matrix::test_a_channel_bears_a_fault",
            "channels/test_gateway::test_a_redirect_is_not_followed",
            "integration/test_notices::"
            "test_a_sender_killed_in_between_reaches_everybody_and_owns_up_to_doubts",
        ),
        (
            "channels/test_gateway::test_without_a_time_limit_a_slow_receiver_would_keep_the_sender",
            _SLOW,
        ),
        True,
    ),
    Row(
        18,
        "disk full",
        ("faults/test_disk::test_a_full_disk_is_an_outage_and_with_room_again_all_goes_on",),
        ("faults/test_disk::test_an_api_that_does_not_wait_for_the_disk_is_found",),
        False,
    ),
    Row(
        19,
        "a newer version beside the present one, and back",
        ("faults/test_replays::test_a_newer_version_beside_the_present_one_harms_nobody",),
        ("faults/test_replays::test_a_reader_that_refuses_what_a_newer_version_wrote_is_found",),
        False,
    ),
    Row(
        20,
        "long under load",
        ("faults/test_backlog::test_under_load_for_long_nothing_grows",),
        ("faults/test_backlog::test_a_worker_that_leaks_is_found",),
        False,
    ),
    Row(
        21,
        "handler hangs",
        (
            "faults/test_silence::test_a_worker_that_hangs_is_ended_and_another_takes_over",
            "unit/runtime/test_watchdog::test_a_silent_loop_ends_the_process",
        ),
        ("faults/test_silence::test_without_a_watchdog_a_hanging_worker_keeps_its_partitions",),
        True,
    ),
    Row(
        22,
        "a backlog of minutes",
        (
            "faults/test_backlog::test_a_backlog_is_worked_off_in_the_time_that_was_said",
            "faults/test_express::test_a_grave_contact_overtakes_the_backlog_before_cases",
        ),
        (
            "faults/test_backlog::test_a_worker_that_does_not_know_its_pace_is_found",
            "faults/test_express::test_a_hop_that_loses_the_lane_is_found",
        ),
        True,
    ),
)
"""All of the list."""
