"""One incident, many cases: what its complainants and the staff are told, in memory."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.notices import NoticeReceipt, NoticeRequested, NoticeSettled
from schemas.personal import Personal
from schemas.vocabulary import CaseStatus, ChangeKind, ClockName
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_notices import MemoryContactDirectory, MemoryNoticeStore
from services.adapters.preferences import MemoryPreferences
from services.domain.teams import load_teams
from services.notification.handler import NoticeTopics, NotificationHandler, Rules, Stores
from services.notification.policy import NoticePolicy, Rate, load_policy
from services.runtime.records import Inbound, Spot
from services.runtime.watching import always
from tests.support.builders import TENANT, a_contact, a_deduplicated, at, sealed
from tests.support.manual_clock import ManualClock
from tests.unit.notification.test_handler import a_row

HOUR: Final = 3600.0
GRAVE_EVERY: Final = 500
"""One case in so many is of level 4."""
Steps = tuple[tuple[ChangeKind, dict[str, Any]], ...]
"""What happens to each case, in order."""
_ENDLESS: Final = Rate(most=10_000, minutes=1)


@dataclass
class Told:
    """What went out, by recipient; ``kinds`` by (recipient, kind); ``bundled`` what did not go by
    itself; ``due`` digests whose time was said to have come."""

    by: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    bundled: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    due: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)
    incidents: set[tuple[str, str, str]] = field(default_factory=set)
    """Of notices that were bundled: digest, case and incident."""
    daily: set[str] = field(default_factory=set)
    """Digests of the day: of all incidents."""
    named: set[str] = field(default_factory=set)
    """Digests that something was bundled into."""


def without_storm_mode() -> NoticePolicy:
    """Return the shipped table with rates that are never reached."""
    policy = load_policy()
    rates: dict[Any, Rate] = dict.fromkeys(policy.storm.rates, _ENDLESS)
    return policy.model_copy(update={"storm": policy.storm.model_copy(update={"rates": rates})})


def play(cases: int, policy: NoticePolicy, incidents: int = 1, steps: Steps | None = None) -> Told:
    """Open so many cases of one incident within an hour, warn, breach and answer each of them
    within an hour more each, and let a day pass. They are of so many ``incidents``. Other ``steps``
    take the place of these."""
    dedup, store, clock = MemoryDedupStore(), MemoryNoticeStore(), ManualClock()
    topics = NoticeTopics("requested", "settled", "receipts", "changed")
    stores = Stores(store, MemoryContactDirectory(dedup), MemoryPreferences())
    handler = NotificationHandler(stores, always(Rules(policy, load_teams())), clock, topics)
    handler.assigned(frozenset({Spot("changed", 0)}))
    told, offset = Told(), 0
    contacts = [_contact(n) for n in range(cases)]
    dedup.insert_rows([a_row(a_deduplicated(contact)) for contact in contacts])
    size = min(2000, max(50, cases // 40))
    for seq, (kind, fields) in enumerate(steps or _STEPS, 1):
        for start in range(0, cases, size):
            some = range(start, min(start + size, cases))
            inbound = []
            for number in some:
                offset += 1
                of = {"incident_id": f"I{number % incidents}"}
                told_of = {**fields, **of, "seq": seq, "at": at(hours=seq)}
                change = _change(number, kind, told_of, contacts[number].contact_id)
                key = case_key(change.tenant, change.case_id)
                inbound.append(Inbound("changed", 0, offset, "t", key, encode(change)))
            _note(told, handler.handle(inbound, {}).outbound)
            clock.advance(HOUR * len(some) / cases)
            _note(told, handler.tick(clock.now(), {}).outbound)
    for _ in range(30):
        clock.advance(HOUR)
        _note(told, handler.tick(clock.now(), {}).outbound)
    return told


_STEPS: Final[Steps] = (
    (ChangeKind.OPENED, {"inform": ("senior-desk",)}),
    (ChangeKind.CLOCK_WARNED, {"clock": ClockName.RESOLUTION}),
    (ChangeKind.CLOCK_BREACHED, {"clock": ClockName.RESOLUTION}),
    (ChangeKind.RESOLVED, {"note": "快件已找到。"}),
)


def _contact(number: int) -> Any:
    mail = Personal(email=f"c{number}@example.com")
    return a_contact(f"contact-{number}", customer=f"customer-{number}", personal=sealed(mail))


def _change(number: int, kind: ChangeKind, fields: dict[str, Any], contact_id: str) -> CaseChanged:
    if kind is ChangeKind.OPENED:
        contact = {"contact_id": contact_id, "relation": "new", "channel": "app",
                   "received_at": at(), "person": f"p-{number}"}  # fmt: skip
        fields = {**fields, "contact": contact}
    return CaseChanged.model_validate(
        {"tenant": TENANT, "case_id": f"case-{number}",
         "kind": kind, "actor": "system", "status": CaseStatus.RECEIVED, "team": "claims",
         "level": 4 if number % GRAVE_EVERY == 0 else 2, **fields}
    )  # fmt: skip


def _note(told: Told, outbound: Any) -> None:
    for out in outbound:
        if out.topic == "receipts":
            told.due.add(decode(NoticeReceipt, out.value).notice_id)
        elif out.topic == "requested":
            asked = decode(NoticeRequested, out.value)
            told.by[asked.recipient] += 1
            told.kinds[asked.recipient, asked.kind] += 1
            if asked.kind == "digest":
                told.digests.add(asked.notice_id)
        else:
            silent = decode(NoticeSettled, out.value)
            told.bundled[silent.recipient] += 1
            told.reasons[silent.reason or ""] += 1
            if silent.digest is not None:
                told.named.add(silent.digest)
                if (silent.reason or "").startswith("daily"):
                    told.daily.add(silent.digest)
                told.incidents.add((silent.digest, silent.case_id, silent.incident_id or ""))


def staff(told: Told) -> Iterator[tuple[str, int]]:
    """Yield what each of the staff got, in order of their names."""
    yield from sorted((who, n) for who, n in told.by.items() if not who.startswith("contact:"))


def answered(told: Told, kind: str) -> int:
    """Return how many complainants got exactly one notice of a kind."""
    found = [told.kinds[who, kind] for who in told.by if who.startswith("contact:")]
    return sum(1 for number in found if number == 1)
