"""Several cases whose writers talk to each other: what one sends, the others get, in order.

Commands may be held back, sent twice or come in another order between cases, and a worker may
die between its log and its commit.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random

from schemas.cases import CaseChanged, CaseCommand, CaseState, CommandSettled
from schemas.codec import decode
from schemas.vocabulary import CommandKind
from services.cases.policies import Policies
from services.domain import identity
from services.runtime.records import Handled
from tests.support.builders import NOON, TENANT, a_command, a_contact, a_deduplicated, a_routed
from tests.unit.cases.desk import POLICIES, Desk, Input, settlements


class District:
    """A desk, and the post between its cases. ``rng`` draws what the post does."""

    def __init__(
        self,
        rng: Random | None = None,
        troubled: bool = False,
        policies: Policies = POLICIES,
    ) -> None:
        self.desk = Desk(policies=policies)
        self.rng = rng
        self.is_troubled = troubled
        self.post: defaultdict[str, list[CaseCommand]] = defaultdict(list)
        self.number = 0

    def open(self, name: str, minutes: float = 0, level: int = 1, **changed: object) -> str:
        """Open a case by a contact received so many minutes after noon; return its id."""
        at = NOON + timedelta(minutes=minutes)
        contact = a_contact(name, received_at=at, **changed)
        self.take(a_routed(a_deduplicated(contact), level))
        return identity.case_id_of(TENANT, contact.contact_id)

    def contact(
        self, case_id: str, name: str, at: datetime, level: int = 1, **changed: object
    ) -> None:
        contact = a_contact(name, received_at=at, **changed)
        decided = a_deduplicated(contact, case_id=case_id, relation="repeat")
        self.take(a_routed(decided, level))

    def take(self, record: Input) -> Handled:
        """Work on one record; what follows for other cases goes into the post."""
        inbound = self.desk.record(record)
        if self.is_troubled and self.rng and self.rng.random() < 0.3:
            self.desk.handle([inbound], commit=False)  # died before its commit: comes again
        handled = self.desk.handle([inbound])
        for out in handled.outbound:
            if out.topic == "commands":
                command = decode(CaseCommand, out.value)
                self.post[command.case_id].append(command)
        return handled

    def act(self, case_id: str, kind: str, **changed: object) -> CommandSettled:
        """Send a clerk's command, without what follows for others."""
        self.number += 1
        fields = {"issued_at": self.desk.clock.time} | changed
        command = a_command(CommandKind(kind), case_id, f"act-{self.number}", **fields)
        return settlements(self.take(command))[0]

    def deliver(self, most: int | None = None) -> int:
        """Deliver the post until there is none (or ``most`` commands); return how many."""
        count = 0
        while (waiting := [case for case, queue in self.post.items() if queue]) and (
            most is None or count < most
        ):
            case = self.rng.choice(waiting) if self.rng else waiting[0]
            command = self.post[case].pop(0)
            self.take(command)
            if self.is_troubled and self.rng and self.rng.random() < 0.2:
                self.take(command)
            count += 1
            assert count < 2000, "the cases never stop talking"
        return count

    def merge(self, case_id: str, other: str) -> CommandSettled:
        """Merge two cases, with all that follows."""
        settled = self.act(case_id, "merge", other=other)
        self.deliver()
        return settled

    def unmerge(self, head: str, child: str) -> CommandSettled:
        settled = self.act(head, "unmerge", other=child)
        self.deliver()
        return settled

    def case(self, case_id: str) -> CaseState:
        return self.desk.case(case_id)

    def history(self, case_id: str) -> list[CaseChanged]:
        return self.desk.history(case_id)

    def kinds(self, case_id: str) -> list[str]:
        return [str(change.kind) for change in self.history(case_id)]

    def children(self, case_id: str) -> set[str]:
        return {one.case_id for one in self.case(case_id).merged}
