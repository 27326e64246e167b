"""What is left of a contact and of its case once nobody may know any more whose it was. Pure.

Statistics survive: channel, times, product, hub, operator, what it was worth, and what happened to
the case, when and by whose hand. What a person wrote, said of himself or asked for does not, nor
what would find him; nor what anybody wrote about it: notes, answers, findings, messages.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from schemas.cases import CaseChanged, CaseCommand
from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated
from schemas.handling import RecordEntry
from schemas.vocabulary import ChangeKind, CommandKind
from services.domain.case_store import LogEntry, LoggedCommand, LoggedEvent

REMOVED: Final = "[removed]"
_FREE_REASONS: Final = frozenset({ChangeKind.EXTENDED, ChangeKind.REBASED})
_FREE_REASONS_OF_COMMANDS: Final = frozenset({CommandKind.EXTEND, CommandKind.REBASE})
"""Whose reason is in a person's words; others have a word of a policy."""
_STATED: Final = ("waybill", "goods", "remedy_sought", "earlier_result", "origin", "destination")


def without_person(decision: ContactDeduplicated) -> ContactDeduplicated:
    """Return ``decision`` without personal parts; the same for one that has none."""
    contact = decision.contact
    facts = contact.facts.model_copy(update=dict.fromkeys(_STATED))
    return decision.model_copy(
        update={
            "waybill_index": None,
            "reasons": (),
            "perhaps": (),
            "contact": contact.model_copy(
                update={
                    "text": REMOVED,
                    "facts": facts,
                    "unkept": contact.unkept and contact.unkept.model_copy(update={"names": ()}),
                    "person": None,
                    "aliases": (),
                    "personal": None,
                }
            ),
        }
    )


def without_words(entry: LogEntry) -> LogEntry:
    """Return a log entry without what people wrote; the very same where nobody wrote anything.

    Kinds, numbers and whatever a state is summed up from stay, so the case is rebuilt as before.
    """
    events = tuple(_silent_event(one) for one in entry.events)
    sent = tuple(_silent_command(one) for one in entry.sent)
    if _is_same(events, entry.events) and _is_same(sent, entry.sent):
        return entry
    return replace(entry, events=events, sent=sent)


def _is_same(after: Iterable[object], before: Iterable[object]) -> bool:
    return all(new is old for new, old in zip(after, before, strict=True))


def _silent_event(event: LoggedEvent) -> LoggedEvent:
    change = decode(CaseChanged, event.value)
    left = _left_out(change, _FREE_REASONS)
    payment = change.payment
    if payment is not None and payment.reference not in (None, REMOVED):
        left["payment"] = payment.model_copy(update={"reference": REMOVED})
    if not left:
        return event
    return replace(event, value=encode(change.model_copy(update=left)))


def _silent_command(sent: LoggedCommand) -> LoggedCommand:
    command = decode(CaseCommand, sent.value)
    left = _left_out(command, _FREE_REASONS_OF_COMMANDS)
    return replace(sent, value=encode(command.model_copy(update=left))) if left else sent


def _left_out(
    said: CaseChanged | CaseCommand, free_reasons: frozenset[ChangeKind] | frozenset[CommandKind]
) -> dict[str, Any]:
    """Return the fields that hold words, as they are without them."""
    names = ("note", "on_behalf_of", *(("reason",) if said.kind in free_reasons else ()))
    left: dict[str, Any] = {
        name: REMOVED for name in names if getattr(said, name) not in (None, REMOVED)
    }
    entry = said.entry
    silent = None if entry is None else _silent_record(entry)
    return left if silent is entry else left | {"entry": silent}


def _silent_record(entry: RecordEntry) -> RecordEntry:
    for name in RecordEntry.model_fields:
        part = getattr(entry, name)
        if part is not None and part.text not in (None, REMOVED):
            return entry.model_copy(update={name: part.model_copy(update={"text": REMOVED})})
    return entry
