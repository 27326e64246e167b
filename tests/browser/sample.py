"""A believable working day: cases of all levels, categories and statuses, written as the workers
write them, with their contacts and histories."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from schemas.added import ContactAdded
from schemas.cases import CaseChanged, CaseState
from schemas.codec import encode
from schemas.contacts import ContactDeduplicated, ContactReceived, Facts, Role
from schemas.personal import KeyRing
from schemas.record import Reason
from schemas.scores import Score
from schemas.vocabulary import (
    CaseStatus,
    Category,
    Cause,
    ChangeKind,
    Channel,
    ClockName,
    Nature,
    Relation,
)
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.domain import identity
from services.domain.case_store import LogEntry, LoggedEvent, Projection
from services.domain.dedup_store import ContactRow
from services.domain.teams import load_teams

TENANT = "default"


class Matter(NamedTuple):
    """What a case is about."""

    text: str
    category: Category
    level: int
    team: str
    channel: Channel
    rule: str
    again: str = ""


MATTERS = tuple(
    Matter(**{**one, "category": Category(one["category"]), "channel": Channel(one["channel"])})
    for one in yaml.safe_load(Path(__file__).with_name("matters.yaml").read_text("utf-8"))
)
ANSWER = "您好,包裹已在分拨中心找到,今天 18:00 前由专人送达,并补偿运费。"
_STATUS = {
    ChangeKind.ASSIGNED: CaseStatus.ASSIGNED,
    ChangeKind.ACKNOWLEDGED: CaseStatus.ACKNOWLEDGED,
    ChangeKind.RESOLVED: CaseStatus.RESOLVED,
}
HOSTILE = "<img src=x onerror=\"document.title='owned';alert(1)\"><script>alert(2)</script>"


class Sample:
    """Writes cases into a database."""

    def __init__(self, database: Any, keys: KeyRing, now: datetime) -> None:
        self._dedup = MongoDedupStore(database)
        self._cases = MongoCaseStore(database)
        self._keys = keys
        self._now = now
        self._teams = load_teams()

    def write(self, count: int) -> list[CaseState]:
        """Write ``count`` cases and return them."""
        chance = random.Random(7)
        return [self._one(number, chance) for number in range(count)]

    def _one(self, number: int, chance: random.Random) -> CaseState:
        matter = MATTERS[number % len(MATTERS)]
        age = timedelta(minutes=chance.randrange(4, 500) * (1 + number // len(MATTERS) * 3))
        opened = self._now - age
        contacts = [self._contact(number, 0, matter, matter.text, opened)]
        if matter.again:
            contacts.append(self._contact(number, 1, matter, matter.again, opened + age * 0.4))
        history = list(self._history(matter, contacts, number, chance, age))
        state = self._state(matter, contacts, history)
        self._dedup.insert_rows([self._row(one) for one in contacts])
        case_key = f"{TENANT}|{state.case_id}"
        events = tuple(
            LoggedEvent(change.seq, f"sample:{number}:{change.seq}", encode(change))
            for change in history
        )
        sources = tuple(event.source for event in events)
        self._cases.append([LogEntry(case_key, 1, history[-1].at, sources, (), events)])
        self._cases.project([Projection(case_key, 1, sources, state)])
        return state

    def _contact(
        self, number: int, nth: int, matter: Matter, text: str, at: datetime
    ) -> ContactDeduplicated:
        contact_id = identity.contact_id_of(self._keys, TENANT, f"sample-{number}-{nth}")
        first = identity.contact_id_of(self._keys, TENANT, f"sample-{number}-0")
        received = ContactReceived(
            tenant=TENANT,
            contact_id=contact_id,
            received_at=at,
            accepted_at=at,
            channel=matter.channel,
            text=text,
            facts=Facts(
                waybill=f"SF{1620450037718 + number * 7919}",
                role=Role.SENDER if number % 3 == 0 else Role.RECEIVER,
                declared_value_cny=8800.0 if matter.category is Category.LOSS else None,
                origin="宁波",
                destination="合肥",
            ),
            tracking=identity.tracking_code(self._keys, TENANT, contact_id),
        )
        rule = "same_waybill" if nth else "nothing_known"
        return ContactDeduplicated(
            tenant=TENANT,
            case_id=identity.case_id_of(TENANT, first),
            contact=received,
            relation=Relation.REPEAT if nth else Relation.NEW,
            confidence=1.0,
            reasons=(Reason(rule=rule, weight=1.0 if nth else None),),
            policy="dedup-2026.1",
            decided_at=at,
        )

    def _history(
        self,
        matter: Matter,
        contacts: list[ContactDeduplicated],
        number: int,
        chance: random.Random,
        age: timedelta,
    ) -> Iterator[CaseChanged]:
        opened = contacts[0].contact.received_at
        clerk = chance.choice(self._teams.teams[matter.team].members)
        system = {"actor": "system"}
        person = {"actor": f"clerk:{clerk}"}
        customer = {"actor": "customer"}
        warned = {"clock": ClockName.ACKNOWLEDGEMENT, "due_at": opened + age * 0.5}
        note = {"note": "已联系转运中心，对方答复两小时内回电。"}
        first = {"level": min(matter.level, 2), "team": matter.team, "contact": contacts[0]}
        again = {"level": matter.level, "reason": "asked_again", "contact": contacts[-1]}
        stage = number % 6
        steps: list[tuple[float, bool, ChangeKind, dict[str, Any]]] = [
            (0.0, True, ChangeKind.OPENED, customer | first),
            (0.2, stage >= 1, ChangeKind.ASSIGNED, system | {"assignee": clerk}),
            (0.4, len(contacts) > 1, ChangeKind.CONTACT_ADDED, customer | again),
            (0.5, matter.level >= 3, ChangeKind.CLOCK_WARNED, system | warned),
            (0.6, stage >= 2, ChangeKind.ACKNOWLEDGED, person),
            (0.7, stage >= 2, ChangeKind.NOTED, person | note),
            (0.8, stage >= 4, ChangeKind.RESOLVED, person | {"note": ANSWER}),
        ]
        happened = [(share, kind, more) for share, is_so, kind, more in steps if is_so]
        status = CaseStatus.RECEIVED
        for seq, (share, kind, more) in enumerate(happened, 1):
            status = _STATUS.get(kind, status)
            found = more.pop("contact", None)
            yield CaseChanged(
                tenant=TENANT,
                case_id=contacts[0].case_id,
                seq=seq,
                at=opened + age * share,
                kind=kind,
                status=status,
                **more,
                **({} if found is None else self._with_contact(found, matter)),
            )

    def _with_contact(self, found: ContactDeduplicated, matter: Matter) -> dict[str, Any]:
        contact = found.contact
        return {
            "contact": ContactAdded(
                contact_id=contact.contact_id,
                relation=found.relation,
                channel=contact.channel,
                received_at=contact.received_at,
            ),
            "score": Score(
                category=matter.category,
                nature=Nature.SERVICE,
                cause=Cause.STAFF,
                level=matter.level,
                confidence=0.86,
                reasons=(
                    Reason(rule=matter.rule, detail=contact.text[4:9], weight=2.5),
                    Reason(rule="asked_again", weight=0.5),
                ),
                policy="severity-2026.1",
            ),
        }

    def _state(
        self, matter: Matter, contacts: list[ContactDeduplicated], history: list[CaseChanged]
    ) -> CaseState:
        def when(kind: ChangeKind) -> datetime | None:
            return next((change.at for change in history if change.kind is kind), None)

        first = contacts[0].contact
        return CaseState(
            tenant=TENANT,
            case_id=contacts[0].case_id,
            seq=history[-1].seq,
            status=history[-1].status,
            opened_at=first.received_at,
            updated_at=history[-1].at,
            first_contact_id=first.contact_id,
            last_contact_at=contacts[-1].contact.received_at,
            channel=first.channel,
            contacts=len(contacts),
            complainants=1,
            assignee=next((one.assignee for one in history if one.assignee), None),
            acknowledged_at=when(ChangeKind.ACKNOWLEDGED),
            resolved_at=when(ChangeKind.RESOLVED),
            level=matter.level,
            category=matter.category,
            nature=Nature.SERVICE,
            cause=Cause.STAFF,
            team=matter.team,
            unsure=matter.category is Category.INFORMATION,
        )

    def _row(self, record: ContactDeduplicated) -> ContactRow:
        contact = record.contact
        return ContactRow(
            key=f"{TENANT}|{contact.contact_id}",
            tenant=TENANT,
            contact_id=contact.contact_id,
            source=f"sample:{contact.contact_id}",
            digest="sample",
            case_id=record.case_id,
            relation=record.relation,
            person=None,
            received_at=contact.received_at,
            tracking=contact.tracking,
            grams=(),
            out=encode(record),
        )
