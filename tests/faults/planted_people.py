"""Rules of records, personal data, notices, commands and the intake, broken."""

from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from schemas import codec, record
from schemas.personal import KeyRing, base32
from services.adapters.memory_queries import MemoryQueries
from services.api import commands, intake, progress, written
from services.api.quotas import Quotas
from services.audit.follow_doubles import DoubleWatch
from services.audit.logic.notices import NoticesCheck
from services.cases.handler import CasesHandler
from services.cases.merging_policy import MergingPolicy
from services.domain import identity
from services.sender import logic
from services.sender.journal import Journal
from services.sender.waves import Waves
from tests.faults.planting import planted

CODEC = "unit/schemas/test_codec.py::"
EXAMPLES = "unit/schemas/test_examples.py::"
CONTACTS = "unit/api/test_contacts.py::"
PERSONAL = "unit/schemas/test_personal.py::"
TRACKING = "unit/api/test_tracking.py::"
CASES = "unit/api/test_cases.py::"
DOUBTS = "unit/sender/test_doubts.py::"


# ---------------------------------------------------------------- records


@planted(
    record,
    "_is_reading",
    f"{CONTACTS}test_what_breaks_a_rule_is_refused_by_field_and_rule",
)
def a_record_is_made_with_any_field(good: Any) -> Any:
    """A typing error of a producer, or of a client, is taken for news."""
    return lambda info: True


@planted(
    codec, "is_ordinary", f"{CODEC}test_an_unknown_field_is_carried_along_where_a_record_is_read"
)
def a_newer_field_is_refused_by_readers(good: Any) -> Any:
    """An old worker buries what a newer one wrote."""
    record._is_reading = lambda info: False
    return lambda value: False


@planted(record, "_is_reading", f"{EXAMPLES}test_an_open_word_is_read_as_unknown")
def a_newer_word_is_poison(good: Any) -> Any:
    """A word of a newer version is no ``unknown`` but an error."""
    return lambda info: False


# ---------------------------------------------------------------- personal data


@planted(KeyRing, "_blind", "unit/schemas", "unit/dedup")
def keys_are_what_people_said(good: Any) -> Any:
    """Indexes of persons hold their telephone numbers."""
    return lambda self, key_id, purpose, tenant, value: f"{key_id}.{value}"


@planted(KeyRing, "_blind", f"{PERSONAL}test_an_index_names_its_key_and_fits_an_id")
def an_index_does_not_name_its_key(good: Any) -> Any:
    """After a rotation nobody knows which indexes are of which key."""
    return lambda self, *said: good(self, *said).replace(".", "x")


@planted(KeyRing, "blinds", f"{PERSONAL}test_after_a_rotation_old_indexes_are_still_found")
def a_rotation_makes_everybody_a_stranger(good: Any) -> Any:
    """Only the newest key is asked with."""
    return lambda self, *said: good(self, *said)[:1]


@planted(intake, "take", f"{CONTACTS}test_the_record_holds_the_person_once_and_sealed")
def a_phone_stands_beside_the_sealed_part(good: Any) -> Any:
    """Who complains can be read without opening anything."""

    def take(form: Any, *arguments: Any, **named: Any) -> Any:
        taken = good(form, *arguments, **named)
        spread = taken.record.model_copy(update={"aliases": (form.phone,) if form.phone else ()})
        return taken._replace(record=spread)

    return take


@planted(
    identity,
    "tracking_code",
    "unit/domain/test_identity.py::test_without_the_keys_nobody_works_out_a_tracking_code",
)
def a_tracking_code_is_a_plain_hash(good: Any) -> Any:
    """Who knows a contact's id may look into it."""

    def tracking_code(keys: KeyRing, tenant: str, contact_id: str) -> str:
        code = base32(sha256(f"{tenant}|{contact_id}".encode()).digest())[:20]
        return "-".join(code[at : at + 5] for at in range(0, 20, 5))

    return tracking_code


SECOND = f"{TRACKING}test_a_second_complainant_sees_only_their_own_part"


@planted(MemoryQueries, "contacts", SECOND)
def a_second_complainant_reads_the_first_ones_words(good: Any) -> Any:
    """The page shows the contacts of the case, whoever's they are."""
    return lambda self, tenant, case_id, person=None, limit=50: good(self, tenant, case_id)


@planted(progress, "_moves", SECOND)
def a_second_complainant_reads_the_first_ones_answer(good: Any) -> Any:
    """What is written to one person is shown to all of the case."""
    return lambda changes, is_sole, is_asked, language: good(changes, True, is_asked, language)


# ---------------------------------------------------------------- notices


@planted(Journal, "claim", "unit/sender/test_mutants.py")
def claims_are_written_after_the_send(good: Any) -> Any:
    """A sender that dies in between does not know that it sent."""

    def claim(self: Journal, wanted: Any) -> frozenset[str]:
        waiting = self.__dict__.setdefault("waiting", [])
        save = self.save

        def save_with_claims(results: Any) -> Any:
            if results and waiting:
                good(self, waiting)
                waiting.clear()
            return save(results)

        self.__dict__.setdefault("save", save_with_claims)
        waiting.extend(wanted)
        return frozenset(one.key for one in wanted)

    return claim


@planted(logic, "_may_resend", f"{DOUBTS}test_another_notice_in_doubt_is_held_and_says_so")
def whatever_is_in_doubt_goes_again(good: Any) -> Any:
    """``on_unknown: hold`` is not looked at."""
    return lambda notice, doubts, policy: True


@planted(
    logic,
    "_may_resend",
    f"{DOUBTS}test_a_mandatory_notice_in_doubt_is_sent_again_under_the_same_id",
)
def a_mandatory_notice_in_doubt_is_held(good: Any) -> Any:
    """An answer that perhaps never arrived waits for somebody to look."""
    return lambda notice, doubts, policy: False


@planted(
    Waves,
    "_timed",
    f"{DOUBTS}test_a_mandatory_notice_in_doubt_is_sent_again_under_the_same_id",
)
def what_goes_again_has_another_id(good: Any) -> Any:
    """A provider cannot see that it has the notice already."""

    def timed(self: Waves, task: Any, step: Any) -> Any:
        def send(letter: Any) -> Any:
            other = f"{letter.notice_id}-{step.attempt}"
            return channel.send(replace(letter, notice_id=other))

        channel = good(self, task, step)
        return SimpleNamespace(send=send)

    return timed


@planted(logic, "_may_resend", f"{DOUBTS}test_doubts_are_bounded")
def a_doubt_is_resolved_by_sending_for_ever(good: Any) -> Any:
    """A provider that never says what it did sends the same ten times a day."""
    return lambda notice, doubts, policy: good(notice, 1, policy)


@planted(
    NoticesCheck,
    "findings",
    "unit/audit/test_defects_of_notices.py::"
    "test_a_good_history_has_no_defect_and_owns_up_to_its_possible_doubles",
)
def the_audit_is_silent_about_possible_doubles(good: Any) -> Any:
    """What may have arrived twice is counted with what arrived once."""

    def findings(self: NoticesCheck) -> Any:
        found = good(self)
        found.title = found.title.partition(" (")[0]
        return found

    return findings


@planted(DoubleWatch, "heard", "unit/audit/test_follow_doubles.py")
def a_possible_double_counts_whenever_it_is_told(good: Any) -> Any:
    """One notice that was delivered at last makes two of the alarm's."""
    return lambda self, value: b'"attempts":2' in (value or b"")


# ---------------------------------------------------------------- commands


@planted(commands, "case_key", f"{CASES}test_a_command_is_keyed_by_its_case")
def a_command_is_keyed_by_its_tenant(good: Any) -> Any:
    """It stands in a partition that another worker reads."""
    return lambda tenant, case_id: good(tenant, "")


@planted(
    CasesHandler,
    "_emit",
    "unit/cases/test_handler.py::test_commands_move_the_case_and_are_settled",
)
def an_outcome_is_kept_and_not_told(good: Any) -> Any:
    """Nothing about commands stands on ``case.commands.settled``."""

    def emit(
        self: CasesHandler, key: str, basis: Any, made: Any, emitted: Any, handled: Any
    ) -> Any:
        told = good(self, key, basis, made, emitted, handled)
        kept = [one for one in handled.outbound if one.topic != self._topics.settled]
        handled.outbound[:] = kept
        return told

    return emit


@planted(commands, "_settlement", f"{CASES}test_a_command_tells_how_it_ended")
def nobody_waits_for_an_outcome(good: Any) -> Any:
    """Each clerk is told 202, and has to ask how it ended."""

    async def settlement(context: Any, wanted: Any) -> None:
        return None

    return settlement


@planted(commands, "answer_of", f"{CASES}test_a_command_nobody_decides_is_taken_but_pending")
def what_is_not_decided_yet_is_said_to_be_done(good: Any) -> Any:
    """200 where nobody has decided anything."""

    def answer_of(wanted: Any, settled: Any) -> Any:
        answer = good(wanted, settled)
        answer.status_code = 200
        return answer

    return answer_of


@planted(
    MergingPolicy,
    "is_redirected",
    "unit/cases/test_merging.py::test_commands_of_clerks_to_a_merged_case_name_its_head",
)
def a_merged_case_takes_commands_itself(good: Any) -> Any:
    """Clerks go on working at a case that its head answers for."""
    return lambda self, command: False


# ---------------------------------------------------------------- the intake


@planted(Quotas, "admit", "unit/api/test_quotas.py")
def quotas_admit_everybody(good: Any) -> Any:
    """Nobody is asked to wait."""
    return lambda *arguments, **named: None


@planted(written, "admit_writing", "unit/api/test_written_quotas.py")
def mail_and_short_messages_have_no_quota(good: Any) -> Any:
    """A mail loop floods us with contacts."""
    return lambda *arguments: None


@planted(
    intake,
    "take",
    "unit/api/test_quotas.py::test_a_bulk_sender_is_keyed_by_waybill_and_never_by_itself",
)
def a_bulk_sender_is_one_key(good: Any) -> Any:
    """All that a merchant sends without a waybill stands in one partition."""
    return lambda *arguments, **named: good(*arguments[:5])
