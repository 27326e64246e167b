"""A contact that may be grave does not wait behind a backlog before ``cases`` (ADR 0021)."""

import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from schemas import topics
from schemas.codec import encode
from schemas.keys import case_key
from services.adapters.kafka_admin import admin_of, end_offsets, partitions_of
from services.api.express import Lanes, load_express
from services.api.forms import ContactForm
from services.api.intake import take
from tests.faults.findings import Findings, slack
from tests.faults.forms import FULL
from tests.faults.supervision import committed
from tests.support.builders import TENANT, VAULT, a_contact, a_deduplicated, a_routed
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.traffic import Kind, Sender, Sending
from tests.support.waiting import eventually

BACKLOG: Final = int(os.environ.get("COMPLAINTS_FAULTS_EXPRESS", "100000" if FULL else "15000"))
"""Contacts before ``cases``; with 600000 it is ten minutes of a thousand a second."""
IN_TIME: Final = 10.0
MOST_BEFORE: Final = 6000
"""Contacts of the backlog that may be done first, from when it stands before ``cases``: what was
fetched, two batches. More can only be because it waited with the others."""
FORMS: Final[tuple[dict[str, Any], ...]] = (
    {"channel": "regulator", "text": "转办件:寄件人反映快件至今未到,请核查"},
    {"channel": "phone", "text": "派件的电动车把我妈撞倒了,人在医院"},
)
StartMutant = Callable[..., MutantProcess]


def _fill(namespace: Namespace, sender: Sender) -> None:
    """Put a case for each contact before ``cases``, as routing would."""
    contact = a_contact("template", waybill=None, customer=None, text="TOLD")
    model = encode(a_routed(a_deduplicated(contact).model_copy(update={"case_id": "CASEID"})))
    for number in range(BACKLOG):
        name = f"{number:026}"
        # No two alike, as with people: copies would come by the thousand in one answer of a broker.
        told = random.Random(number).randbytes(300).hex().encode()
        value = model.replace(b"CASEID", f"C{name}".encode()).replace(b"TOLD", told)
        for part in (contact.contact_id, contact.tracking):
            value = value.replace(part.encode(), name.encode())
        key = case_key(TENANT, f"C{name}")
        sender.send(Sending(Kind.CONTACT, topics.ROUTED.name, key, value, f"con:{name}"))
    sender.flush()


def _sending(namespace: Namespace, number: int, form: dict[str, Any]) -> Sending:
    """Return a contact in the lane that the API would choose."""
    keys, name, now = namespace.settings.key_ring(), f"grave-{number}", datetime.now(UTC)
    accepted = ContactForm.model_validate({"id": name, **form}, strict=False)
    record, key = take(accepted, keys, VAULT, TENANT, name, now)
    lane = Lanes(load_express()).choose(record, now.timestamp()).topic
    return Sending(Kind.CONTACT, lane.name, key, encode(record), f"con:{record.contact_id}")


def _standing(namespace: Namespace) -> int:
    """Return where the topics before ``cases`` end; nothing is added to the backlog any more."""
    names = [namespace.topic(name) for name in topics.lane_names(topics.ROUTED)]
    with admin_of(namespace.settings.kafka) as admin:
        return sum(end_offsets(admin, partitions_of(admin, names)).values())


def _done(cases: MutantProcess) -> float:
    """Return how much of the backlog is done: ``cases`` reads proposals of clocks as well."""
    return committed(cases, topics.ROUTED.name)


def overtaking(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings, changes: str
) -> list[str]:
    """Hand in grave contacts while ``cases`` works off a backlog; return who waited with it."""
    sender, log = Sender(namespace.settings), namespace.database["case_log"]
    _fill(namespace, sender)
    start_mutant(changes, "dedup", ready_within=60)
    cases = start_mutant("", "cases", ready_within=60)
    eventually(lambda: _done(cases) > BACKLOG / 50, 120, "cases works")
    problems = []
    for number, form in enumerate(FORMS):
        if number and _done(cases) > BACKLOG - MOST_BEFORE:
            break  # on a quick machine too little is left to be overtaken a second time
        sending, stood = _sending(namespace, number, form), _standing(namespace)
        began = time.monotonic()
        sender.send(sending)
        sender.flush()
        eventually(lambda stood=stood: _standing(namespace) > stood, 60, "it is before cases")  # type: ignore[misc]
        done = _done(cases)
        is_in_its_case = eventually(
            lambda sending=sending, done=done: (
                log.find_one({"marks": sending.token})  # type: ignore[misc]
                or _done(cases) > done + MOST_BEFORE
            ),
            120,
            lambda: _done(cases),
        )
        took, before = time.monotonic() - began, _done(cases) - done
        findings.note(f"{form['channel']}: {took:.1f} s, {before:.0f} of {BACKLOG} done meanwhile")
        if is_in_its_case is True or took > IN_TIME * slack():
            problems.append(f"{form['channel']} waited {took:.1f} s, behind {before:.0f}")
        assert number or _done(cases) < BACKLOG, "the backlog was gone: nothing was overtaken"
        if changes:
            break
    return problems


@pytest.mark.timeout(300)
def test_a_grave_contact_overtakes_the_backlog_before_cases(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings
) -> None:
    assert overtaking(namespace, start_mutant, findings, "") == []


@pytest.mark.long_fault
@pytest.mark.timeout(300)
def test_a_hop_that_loses_the_lane_is_found(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings
) -> None:
    assert overtaking(namespace, start_mutant, findings, "loses_the_lane")
