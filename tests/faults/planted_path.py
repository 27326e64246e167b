"""Rules of a record's way, broken: who decides, what is kept, transactions, offsets, poison."""

from collections.abc import Sequence
from dataclasses import replace
from secrets import token_hex
from typing import Any

from pymongo import UpdateOne

from infra.embedded import kafka
from schemas import dead, topics
from services.adapters import kafka_fitness, kafka_offsets, kafka_reports, mongo_inserts
from services.adapters.kafka_assignment import Assignment
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.dedup import logic, matching
from services.dedup.handler import DedupHandler
from services.domain.case_store import LogEntry
from services.runtime import deadletters
from services.runtime.breaker import Breaker
from services.runtime.loop import BatchLoop
from services.runtime.ports import Checkpoint
from services.runtime.records import Inbound
from services.runtime.settings import Settings
from tests.faults.planting import planted

POISON = "unit/runtime/test_poison.py::"
DEDUP = "unit/dedup/test_handler.py::"
TOPICS = "unit/schemas/test_topics.py::"
STARTS = "contract/test_log_starts.py::"
OFFSETS = "unit/adapters/test_kafka_offsets.py::"


# ---------------------------------------------------------------- dedup and its ledger


@planted(logic, "claim_of", f"{DEDUP}test_a_waybill_used_again_after_its_window_is_another_parcel")
def a_waybill_is_one_parcel_for_ever(good: Any) -> Any:
    """A claim never ends, so that next year's parcel joins this year's case."""

    def claim_of(examined: Any, claims: Any, policy: Any) -> Any:
        days = {"waybill_window_days": 100_000}
        return good(examined, claims, policy.model_copy(update=days))

    return claim_of


@planted(matching, "matches", f"{DEDUP}test_two_like_items_of_one_person_are_suggested")
def what_is_only_alike_joins(good: Any) -> Any:
    """What no unique key settles is decided all the same, and no person asked."""

    def matches(*arguments: Any) -> Any:
        found = good(*arguments)
        return replace(found, best=found.best or next(iter(found.perhaps), None))

    return matches


@planted(
    MemoryDedupStore,
    "record_absorbed",
    "unit/dedup/test_once.py::test_a_resubmission_is_absorbed_and_recorded",
)
def what_is_sent_again_vanishes(good: Any) -> Any:
    """A resubmission is absorbed, and nothing says so."""
    return lambda self, absorbed: None


@planted(
    DedupHandler,
    "may_bury",
    "unit/runtime/test_half_done.py::test_dedup_knows_what_it_decided_from_this_very_record",
)
def what_is_in_the_ledger_is_buried_too(good: Any) -> Any:
    """One record ends in two places: decided, and a dead letter."""
    return lambda self, inbound: True


@planted(Inbound, "is_replay", "unit/notification/test_handler.py")
def a_dead_letter_that_comes_back_is_taken_for_sent_again(good: Any) -> Any:
    """The header that names the dead letter is not looked at."""
    return property(lambda self: False)


@planted(
    dead,
    "replay_headers",
    "unit/cli/test_dead_letters.py::test_a_replay_names_its_dead_letter_and_nothing_of_the_facts",
)
def a_replay_does_not_say_what_it_is(good: Any) -> Any:
    """A dead letter goes back to its topic without the header that names it."""
    return lambda headers, of: dead.original_headers(headers)


@planted(
    topics,
    "LEDGER_RETENTION",
    f"{TOPICS}test_the_ledger_outlives_every_record_it_guards_against",
)
def the_ledger_forgets_before_the_dead_letters(good: Any) -> Any:
    """A replay on the last day would be a new contact."""
    return good - topics.DAY


# ---------------------------------------------------------------- the case log


@planted(
    MemoryCaseStore,
    "append",
    "contract/test_case_store.py::"
    "test_a_number_a_source_and_a_token_are_each_taken_once_per_case[memory]",
)
def a_source_is_logged_twice(good: Any) -> Any:
    """(case, source) is not unique."""

    def append(self: MemoryCaseStore, entries: Sequence[LogEntry]) -> Any:
        for entry in entries:
            self._marks -= {(entry.case_key, source) for source in entry.sources}
        return good(self, entries)

    return append


@planted(
    MemoryCaseStore,
    "entries_after",
    "unit/cases/test_handler.py::test_a_worker_that_dies_at_a_write_ends_with_the_same_case",
)
def the_tail_of_the_log_is_not_read(good: Any) -> Any:
    """The document alone counts, though it may be behind."""
    return lambda self, case_key, n: []


@planted(MemoryCaseStore, "barrier", "unit/cases/test_reading_back.py")
def what_is_read_back_is_produced_at_once(good: Any) -> Any:
    """Nothing waits until a majority has what was read."""
    return lambda self: None


# ---------------------------------------------------------------- transactions, assignment


@planted(
    BatchLoop,
    "_places",
    "unit/runtime/test_timed.py::"
    "test_it_acts_for_the_partitions_of_its_topic_and_commits_no_other_position",
)
def timers_commit_without_a_position(good: Any) -> Any:
    """What a timed handler says is committed by a transaction that nothing fences."""
    return lambda self, topic: {}


@planted(
    Settings,
    "transactional_id",
    "unit/runtime/test_settings.py::test_names_carry_the_prefix_and_the_slot",
)
def a_worker_has_a_new_id_at_each_start(good: Any) -> Any:
    """Nobody ends what the one before left open, until it times out."""
    return lambda self, worker: f"{good(self, worker)}-{token_hex(4)}"


@planted(
    kafka,
    "broker_properties",
    "infra/test_compose.py::test_every_broker_is_set_as_the_guarantees_ask",
)
def a_broker_gives_up_the_dead_late(good: Any) -> Any:
    """Kafka's default of ten seconds between two looks at transactions that timed out."""
    name = "transaction.abort.timed.out.transaction.cleanup.interval.ms"
    return lambda *arguments: good(*arguments) | {name: "10000"}


@planted(
    Assignment,
    "read_again",
    f"{STARTS}test_what_is_committed_is_not_read_again_where_the_reader_falls_back[kafka]",
)
def the_client_is_trusted_to_begin_where_it_was_told(good: Any) -> Any:
    """What comes is handled, though it is committed."""
    return lambda self, messages: frozenset()


@planted(kafka_reports, "trouble_with", "unit/api/test_publisher.py")
def a_success_without_a_place_is_believed(good: Any) -> Any:
    """Whatever the client reports as delivered is on its topic."""
    return lambda error, message: error


@planted(kafka_fitness, "unfit", "unit/adapters/test_kafka_fitness.py")
def any_broker_will_do(good: Any) -> Any:
    """Nobody asks at the start whether the broker assigns, and fences, as it must."""
    return lambda features: None


@planted(
    kafka_offsets,
    "start_offset",
    f"{OFFSETS}test_a_topic_made_anew_is_refused_also_where_it_is_long_enough_by_now",
)
def a_topic_made_anew_is_read_on(good: Any) -> Any:
    """The copy of the offsets is believed, whatever topic it is of."""

    def start(spot: Any, topic_id: str, committed: Any, kept: Any, *ends: int) -> Any:
        return good(
            spot, topic_id, committed, kept and Checkpoint(topic_id, kept.next_offset), *ends
        )

    return start


@planted(
    kafka_offsets,
    "start_offset",
    f"{OFFSETS}test_what_retention_deleted_unread_is_refused_with_its_number",
)
def what_expired_unread_is_passed_over(good: Any) -> Any:
    """Where the log begins is not compared with where the group stands."""
    return lambda spot, topic_id, committed, kept, begin, end: good(
        spot, topic_id, committed, kept, 0, end
    )


# ---------------------------------------------------------------- poison or outage


@planted(Breaker, "admits", f"{POISON}test_the_breaker_holds_a_flood_and_commits_nothing_of_it")
def a_flood_of_poison_is_buried(good: Any) -> Any:
    """The breaker never opens."""
    return lambda self, records, dead, failed: True


@planted(
    deadletters,
    "to_dead_letter",
    f"{POISON}test_a_dead_letter_has_the_original_bytes_and_the_facts",
)
def a_dead_letter_is_written_anew(good: Any) -> Any:
    """What nobody could read is tidied up before it is kept."""

    def to_dead_letter(*arguments: Any) -> Any:
        made = good(*arguments)
        return made._replace(value=made.value and made.value.strip() + b"\n")

    return to_dead_letter


@planted(
    dead, "to_headers", f"{POISON}test_the_facts_tell_poison_from_our_own_errors_and_quote_nothing"
)
def a_dead_letter_says_nothing_of_itself(good: Any) -> Any:
    """The original is kept, and neither where it stood nor why it died."""
    return lambda facts, original=(): original


@planted(
    topics,
    "DEAD_MAX_BYTES",
    f"{TOPICS}test_a_dead_letter_always_fits_its_topic",
)
def dead_topics_take_no_more_than_others(good: Any) -> Any:
    """The longest records cannot even die."""
    return topics.SOURCE_MAX_BYTES


@planted(
    BatchLoop,
    "_is_holding",
    "unit/runtime/test_loop.py::test_the_worker_keeps_its_membership_while_it_holds",
)
def an_outage_is_slept_through(good: Any) -> Any:
    """Who waits does not poll, and loses its partitions."""

    def is_holding(self: BatchLoop) -> bool:
        if self._resume_at is not None and self._resume_at > self._clock.monotonic():
            return True
        return bool(good(self))

    return is_holding


# ---------------------------------------------------------------- what it costs


@planted(mongo_inserts, "insert_new", "contract/test_writes_of_a_contact.py")
def what_is_new_is_written_as_an_update(good: Any) -> Any:
    """As safe as an insert, and ten times as dear."""

    def insert_new(collection: Any, documents: Sequence[Any]) -> list[int]:
        ones = [UpdateOne({"_id": d["_id"]}, {"$setOnInsert": d}, upsert=True) for d in documents]
        made = collection.bulk_write(ones, ordered=False).upserted_ids if ones else {}
        return [number for number in range(len(ones)) if number not in made]

    return insert_new
