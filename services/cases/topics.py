"""Which topics the worker reads and writes, and what each of those it reads carries."""

from dataclasses import dataclass

from schemas.cases import CaseCommand
from schemas.clocks import ClockFired
from schemas.codec import decode
from schemas.routes import ContactRouted
from services.cases.logic import READ_OF_CONTACT
from services.cases.planning import Input
from services.runtime.records import Inbound


@dataclass(frozen=True, slots=True)
class CaseTopics:
    """Real names of the topics the worker reads (the first three and ``express``) and writes."""

    contacts: str
    commands: str
    clocks: str
    changed: str
    state: str
    settled: str
    counts: str
    express: str = ""

    def record_of(self, inbound: Inbound) -> Input:
        """Return what the topic carries; of a contact no more than a case takes in."""
        if inbound.topic in (self.contacts, self.express):
            return decode(ContactRouted, inbound.value, READ_OF_CONTACT)
        if inbound.topic == self.commands:
            return decode(CaseCommand, inbound.value)
        return decode(ClockFired, inbound.value)
