"""What customers send in one run: contacts of a few parcels in all the ways they come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from schemas import topics
from schemas.added import ContactAdded
from schemas.cases import CaseCommand, CaseState
from schemas.codec import encode
from schemas.contacts import ContactReceived
from schemas.handling import (
    CompensationOrder,
    Cost,
    Finding,
    Investigation,
    Money,
    PaymentResult,
    RecordEntry,
    Risk,
)
from schemas.judgements import Correction
from schemas.keys import locality_key
from schemas.ledger import PolicyVersions
from schemas.merging import BETWEEN_CASES
from schemas.personal import Personal
from schemas.vocabulary import CommandKind
from services.runtime.records import Outbound
from tests.support.builders import NOON, a_contact, sealed

TEXTS: Final = (
    "快件一直没到,请查一下",
    "箱子碎了,里面的茶壶也裂了",
    "少了两件,袋子被拆过",
    "拆箱时手划伤出血了",
    "my parcel has not arrived, it is stuck",
    "客服说已经签收,我没有收到",
)
CURSES: Final = {
    worker: f"cursed at {worker}" for worker in ("dedup", "severity", "routing", "cases")
}
"""Words that a worker has a defect about, until somebody mends it."""
MALFORMED: Final = (b"{", b"[]", b"\xff\xfe", b"null", b'{"tenant": "default"}', None)


@dataclass(frozen=True, slots=True)
class Inputs:
    """``records`` in the order of sending; ``waybill_of`` (tenant, contact id) is the truth
    about them: the parcel, None where none was named.

    ``is_strict``: every contact's case follows from its waybill alone, so that the outcome
    does not depend on who came first.
    """

    records: list[Outbound]
    is_strict: bool
    waybill_of: dict[tuple[str, str], str | None] = field(default_factory=dict)
    stolen: set[str] = field(default_factory=set)
    """Tracking codes that two contacts bear: only one of them can be taken in."""


_USUAL: Final = (
    "acknowledge", "investigate", "wait", "resolve", "compensate", "record", "transfer", "appeal",
    "approve_compensation", "rate", "merge", "merge", "merge", "unmerge", "correct", "correct",
    "give_task", "finish_task",
)  # fmt: skip
"""Commands that come more often than others, so that runs get far."""
_RECORDS: Final = (
    RecordEntry(investigation=Investigation(text="监控已调取")),
    RecordEntry(risk=Risk(grade="high", concerns=("legal",))),
    RecordEntry(finding=Finding(outcome="valid", party="contractor", text="no consent")),
    RecordEntry(cost=Cost(minutes=12, money=Money(minor=300, currency="CNY"))),
    RecordEntry(),
)


_UNITS: Final = (
    "team:claims", "team:front-desk", "team:nowhere", "partner:p1", "partner:gb",
)  # fmt: skip
_KINDS: Final = [kind for kind in CommandKind if kind not in BETWEEN_CASES]


def a_random_command(
    rng: Random, state: CaseState, command_id: str, now: datetime, others: Sequence[str] = ()
) -> CaseCommand:
    """Return a command to a case: mostly one that could be, with all that it may need."""
    kind = rng.choice(_USUAL) if rng.random() < 0.5 else rng.choice(_KINDS)
    clerks = ("clerk:7", "clerk:clerk-801", "clerk:clerk-901", "clerk:clerk-001")
    money = state.compensation
    numbers = [one.number for one in (state.clocks and state.clocks.tasks) or ()] or [1]
    payments = [one.payment_id for one in state.payments or ()]
    payments += [one.payment_id for one in state.paid_before or ()]
    payments = payments or ["pay-1"]
    payment_id = payments[state.seq % len(payments)]
    has_paid = money is not None or state.paid_before is not None
    fields: dict[str, Any] = {
        "tenant": state.tenant,
        "actor": "system" if kind in ("follow_up", "anonymise") else rng.choice(clerks),
        "issued_at": now,
        "expected_seq": rng.choice((None, None, None, state.seq, max(0, state.seq - 1))),
        "note": f"note {rng.randint(0, 9)} {CURSES['cases'] if rng.random() < 0.05 else ''}",
        "reason": rng.choice(("withdrawn", "force_majeure", "not_ours")),
        "waiting_for": rng.choice(("customer", "partner:p1", "authority:a1")),
        "unit": rng.choice(_UNITS),
        "entry": rng.choice(_RECORDS),
        "compensation": CompensationOrder(
            amount=Money(minor=rng.choice((1, 20_000, 20_001, 5_000_000)), currency="CNY"),
            branch="uninsured",
            guidance="test",
            supplements=payment_id if has_paid and rng.random() < 0.5 else None,
        ),
        "decision": money.decision if money else 1,
        "payment": PaymentResult(payment_id=payment_id, is_paid=rng.random() < 0.7),
        "rating": rng.randint(1, 5),
        "policies": PolicyVersions(sla="none", calendars="none", limits="none"),
        "task": rng.choice(numbers),
        "other": rng.choice((*others, *others, *others, "CNOSUCHCASE")),
        "correction": _a_correction(rng),
        "contact": ContactAdded(
            contact_id=state.first_contact_id,
            relation="new",
            channel=state.channel,
            received_at=state.opened_at,
        ),
    }
    for name in ("note", "reason", "unit", "entry", "decision", "contact", "correction"):
        if rng.random() < 0.04:
            del fields[name]
    if rng.random() < 0.05:
        fields["actor"] = rng.choice(("customer", "system"))
    lost = kind != CommandKind.OPEN_APPEAL and rng.random() < 0.05
    fields["assignee"] = "clerk:7" if kind == CommandKind.ASSIGN else None
    return CaseCommand(
        case_id="CNOSUCHCASE" if lost else state.case_id,
        command_id=command_id,
        kind=kind,
        **fields,
    )


def _a_correction(rng: Random) -> Correction:
    """Return what a person may say: nothing else, some of it, what is no category."""
    said: dict[str, Any] = {}
    if rng.random() < 0.5:
        said["level"] = rng.randint(1, 4)
    if rng.random() < 0.4:
        said["category"] = rng.choice(("delay", "loss", "fee", "other", "unknown"))
    if rng.random() < 0.2:
        said["cause"] = rng.choice(("contractor", "unknown"))
    return Correction(**said)


_ADDRESSES: Final = {
    "cust-0": sealed(Personal(customer="cust-0", email="zero@b.example")),
    "cust-1": sealed(Personal(customer="cust-1", phone="+8613800000001")),
    "cust-2": sealed(Personal(customer="cust-2", email="two@b.example", phone="+8613800000002")),
}
"""How customers can be reached; others cannot."""


class _Writer:
    """Makes one run's contacts."""

    def __init__(self, rng: Random, topic: str, is_reachable: bool) -> None:
        self._rng = rng
        self._is_reachable = is_reachable
        self._topic = topic
        self._tenants = ("default", "default", "default", "other") if rng.random() < 0.3 else None
        self._persons = [f"cust-{n}" for n in range(rng.randint(2, 4))]
        self._waybills = [f"SF13{n * 13_579_246:011}" for n in range(1, rng.randint(2, 4))]
        self._curse_share = rng.choice((0.0, 0.0, 0.15))
        self.made = Inputs([], rng.random() < 0.5)

    def contact(self, number: int) -> ContactReceived:
        rng = self._rng
        tenant = rng.choice(self._tenants) if self._tenants else "default"
        waybill = rng.choice(self._waybills)
        is_known = self.made.is_strict or rng.random() < 0.75
        contact = a_contact(
            f"contact-{number}",
            tenant=tenant,
            waybill=self._as_written(waybill) if is_known else None,
            customer=(customer := None if rng.random() < 0.2 else rng.choice(self._persons)),
            received_at=self._received_at(),
            text=rng.choice(TEXTS),
        )
        if self._is_reachable and customer in _ADDRESSES:
            contact = contact.model_copy(update={"personal": _ADDRESSES[customer]})
        if is_known and rng.random() < 0.2:
            text = f"{contact.text} 单号{waybill}"
            facts = contact.facts.model_copy(update={"waybill": None})
            contact = contact.model_copy(update={"text": text, "facts": facts})
        if rng.random() < self._curse_share:
            text = f"{contact.text} {rng.choice(list(CURSES.values()))}"
            contact = contact.model_copy(update={"text": text})
        self.made.waybill_of[tenant, contact.contact_id] = waybill if is_known else None
        return contact

    def _as_written(self, waybill: str) -> str:
        return self._rng.choice((waybill, waybill.lower(), f"{waybill[:6]} {waybill[6:]}"))

    def _received_at(self) -> datetime:
        rng = self._rng
        if not self.made.is_strict and rng.random() < 0.05:
            return NOON + timedelta(days=rng.choice((-190, 190)))
        # Where hours pass most limits end in them, and not long before.
        return NOON + timedelta(minutes=rng.randint(-600 if self._is_reachable else -3000, 30))

    def send(self, contact: ContactReceived) -> None:
        """Send under one of the keys that hint at where the contact belongs."""
        hint = self._rng.choice(
            (
                self.made.waybill_of[contact.tenant, contact.contact_id] or contact.contact_id,
                contact.person or contact.contact_id,
                contact.contact_id,
                f"hint-{self._rng.randint(0, 9)}",
            )
        )
        key = locality_key(contact.tenant, hint)
        self.made.records.append(Outbound(self._topic, key, encode(contact)))

    def send_again(self, contact: ContactReceived) -> None:
        """The sender did not hear our answer; the edge stamps what it takes."""
        later = contact.accepted_at + timedelta(seconds=self._rng.randint(0, 90))
        self.send(contact.model_copy(update={"accepted_at": later}))

    def misuse(self, contact: ContactReceived) -> None:
        """Send something that must not take effect."""
        rng = self._rng
        if rng.random() < 0.5:
            self.made.records.append(Outbound(self._topic, b"default|x", rng.choice(MALFORMED)))
        elif not self.made.is_strict:
            self.send(contact.model_copy(update={"text": f"{contact.text} (other)"}))

    def steal(self, contact: ContactReceived, number: int) -> None:
        """Send a contact that bears another one's tracking code, as our API never would."""
        if not self.made.is_strict:
            thief = self.contact(number)
            self.made.stolen.add(contact.tracking)
            self.send(thief.model_copy(update={"tracking": contact.tracking}))


def write_inputs(
    rng: Random, topic: str, most: int = 22, least: int = 6, is_reachable: bool = False
) -> Inputs:
    """Return one run's contacts; where ``is_reachable``, most of them with an address."""
    writer = _Writer(rng, topic, is_reachable)
    sent: list[ContactReceived] = []
    for number in range(rng.randint(least, most)):
        contact = writer.contact(number)
        writer.send(contact)
        sent.append(contact)
        if rng.random() < 0.3:
            writer.send_again(rng.choice(sent))
        if rng.random() < 0.1:
            writer.misuse(rng.choice(sent))
        if rng.random() < 0.03:
            writer.steal(rng.choice(sent), number + 1000)
    return writer.made


def in_lanes(records: Sequence[Outbound], rng: Random) -> list[Outbound]:
    """Return the records, some of them by the express lane: a hint may be right or wrong, and
    differ when a contact is sent again."""
    share = rng.choice((0.0, 0.1, 0.5))
    express = topics.RECEIVED_EXPRESS.name
    return [one._replace(topic=express) if rng.random() < share else one for one in records]
