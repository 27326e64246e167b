"""A second judge beside the audit: small, with code of its own, and it knows the history.

The audit goes by what stands on the topics; this one also by what *senders were told*.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from confluent_kafka import Message

from schemas import topics
from schemas.dead import REPLAY_OF
from services.adapters.kafka_admin import admin_of, committed_offsets
from tests.support.audited import audited
from tests.support.balance import Balance
from tests.support.fired import fired_problems
from tests.support.namespaces import Namespace
from tests.support.topics_now import read_all, topic_ids
from tests.support.traffic import Acknowledged, History

_CONTACTS: Final = topics.lane_names(topics.RECEIVED)
_INPUTS: Final = (
    *_CONTACTS,
    *topics.lane_names(topics.ROUTED),
    topics.COMMANDS.name,
    topics.FIRED.name,
)
_FIRED: Final = topics.FIRED.name
_CHANGED: Final = topics.CHANGED.name
_SETTLED: Final = topics.SETTLED.name
_ADDS: Final = frozenset({"opened", "contact_added"})


@dataclass(slots=True)
class Tally:
    """What the checker counted; the lists hold ids of what is wrong."""

    contacts: int = 0
    commands: int = 0
    cases: int = 0
    events: int = 0
    repeats: int = 0
    """Events that stand on the topic once more, byte for byte: allowed at the edge."""
    absorbed: int = 0
    dead: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disorder: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    """Took effect although it stands on no topic."""
    chain: list[str] = field(default_factory=list)
    """I6: where the history of a case does not verify."""
    fired: int = 0
    """Stages of clocks that were proposed."""
    clocks: list[str] = field(default_factory=list)
    """I4: what fired twice, early, unproposed or out of its order."""
    counters: list[str] = field(default_factory=list)
    """I7: which sums do not come out."""

    @property
    def problems(self) -> list[str]:
        """Return everything wrong, readable."""
        named = {
            "lost": self.lost,
            "doubled": self.doubled,
            "disorder": self.disorder,
            "phantom": self.phantom,
            "clocks (I4)": self.clocks,
            "chain (I6)": self.chain,
            "counters (I7)": self.counters,
        }
        return [f"{name}: {one}" for name, found in named.items() for one in found]


def check(namespace: Namespace, history: History, *, is_read_again: bool = False) -> Tally:
    """Compare what senders were told with ledger, log and topics, once nothing is under way.

    ``is_read_again``: an operator let a group read from the start once more, so what it passed on
    and buried may stand there again.
    """
    look = _Look(namespace, history, is_read_again)
    look.where_inputs_ended()
    look.what_was_passed_on()
    look.what_took_effect()
    look.what_subscribers_see()
    look.what_fired()
    look.whether_it_balances()
    return look.tally


def proved(
    namespace: Namespace, history: History, wait: float = 90.0, also: Collection[str] = ()
) -> Tally:
    """Let both judges look; return the tally, or fail with everything that either found. ``also``
    are workers beside the case path that have to be through."""
    problems, tally = judged(namespace, history, wait, also)
    assert not problems, "\n".join(problems[:40])
    return tally


def judged(
    namespace: Namespace,
    history: History,
    wait: float,
    also: Collection[str] = (),
    *,
    is_read_again: bool = False,
) -> tuple[list[str], Tally]:
    """Return what the judges found wrong, and the tally."""
    problems = audited(namespace, wait, also)
    tally = check(namespace, history, is_read_again=is_read_again)
    return problems + tally.problems, tally


class _Look:
    """One check in progress."""

    def __init__(self, namespace: Namespace, history: History, is_read_again: bool) -> None:
        self._space = namespace
        self._history = history
        self._is_read_again = is_read_again
        self._ids = topic_ids(namespace, _INPUTS)
        self._ledger: dict[str, str] = {
            row["source"]: row["contact_id"]
            for row in namespace.database["contacts"].find({}, {"source": 1, "contact_id": 1})
        }
        self._died_of: dict[str, str] = {}
        self._dead = self._dead_sources()
        if is_read_again:
            self._dead = Counter(dict.fromkeys(self._dead, 1))
        self._standing: set[str] = set()
        self._passed: set[str] = set()
        self.tally = Tally(dead=self._dead.total())

    def where_inputs_ended(self) -> None:
        """Everything acknowledged is in exactly one place."""
        absorbed = {row["_id"] for row in self._space.database["absorbed"].find({}, {"_id": 1})}
        self.tally.absorbed = len(absorbed)
        for one in self._history.acknowledged:
            if one.sending.topic not in _CONTACTS:
                continue
            self.tally.contacts += 1
            source = self._source(one)
            places = (source in self._ledger) + (source in absorbed) + self._dead[source]
            self._once(places, f"input {source} ({one.sending.kind})")

    def _source(self, one: Acknowledged) -> str:
        return f"{self._ids[one.sending.topic]}:{one.partition}:{one.offset}"

    def what_was_passed_on(self) -> None:
        """Each decision stands once on the last topic before its case: exactly once between
        topics, three times over."""
        passed: Counter[str] = Counter()
        for name in topics.lane_names(topics.ROUTED):
            for message in self._inputs_of_cases(name):
                decision = json.loads(message.value() or b"")["scored"]["deduplicated"]
                passed[decision["contact"]["contact_id"]] += 1
        self._passed = set(passed)
        replayed = self._replayed()
        for contact_id in self._ledger.values():
            # A replayed dead letter is passed on again, in case nobody did before it died.
            may_repeat = self._is_read_again or contact_id in replayed
            times = min(passed[contact_id], 1) if may_repeat else passed[contact_id]
            self._once(times, f"{topics.ROUTED.name} of {contact_id}")

    def _replayed(self) -> set[str]:
        """Return the contacts that came back from the dead letters, to dedup or to their case."""
        return {
            _contact_of(json.loads(message.value() or b"{}")).get("contact_id", "")
            for name in (*_CONTACTS, *topics.lane_names(topics.ROUTED))
            for message in read_all(self._space, name)
            if REPLAY_OF in dict(message.headers() or ())
        }

    def what_took_effect(self) -> None:
        """Each decided contact and each acknowledged command is once in the case log."""
        tokens: Counter[str] = Counter()
        self._inputs_of_cases(topics.COMMANDS.name)
        self._inputs_of_cases(topics.FIRED.name)
        for entry in self._space.database["case_log"].find({}, {"marks": 1, "inputs": 1}):
            tokens.update(entry["marks"][entry["inputs"] :])
            sources = entry["marks"][: entry["inputs"]]
            self.tally.phantom += [source for source in sources if source not in self._standing]
        for contact_id in self._ledger.values():
            self._once(tokens[f"con:{contact_id}"], f"effect of {contact_id}")
        for one in self._history.acknowledged:
            if one.sending.topic == topics.COMMANDS.name:
                self.tally.commands += 1
                times = tokens[one.sending.token]
                end = "" if times else f" ({self._end_of(one)})"
                self._once(times, f"effect of {one.sending.token}{end}")

    def _end_of(self, one: Acknowledged) -> str:
        """Return all there is to say of a command without effect."""
        source, command_id = self._source(one), json.loads(one.sending.value)["command_id"]
        stands = "stands" if source in self._standing else "does not stand"
        held = self._space.database["case_log"].distinct("_id", {"marks": source})
        return ", ".join(
            (
                f"{source} {stands} on its topic",
                f"read up to {self._read_up_to.get(one.partition, 0)}",
                self._died_of.get(source, "no dead letter"),
                f"settled {self._settled[command_id]} times",
                f"in the log: {held or 'nowhere'}",
            )
        )

    @cached_property
    def _read_up_to(self) -> dict[int, int]:
        """How far cases has read the commands, by partition."""
        settings, topic = self._space.settings, self._space.topic(topics.COMMANDS.name)
        with admin_of(settings.kafka) as admin:
            found = committed_offsets(admin, settings.group("cases"))
        return {spot.partition: at for spot, at in found.items() if spot.topic == topic}

    @cached_property
    def _settled(self) -> Counter[str]:
        """How often subscribers are told of the outcome of each command."""
        told = (json.loads(one.value() or b"") for one in read_all(self._space, _SETTLED))
        return Counter(one["command_id"] for one in told)

    def what_subscribers_see(self) -> None:
        """Per case the numbers rise without a gap; what comes again is the same bytes."""
        seen: dict[str, list[bytes]] = {}
        added: Counter[str] = Counter()
        for message in read_all(self._space, topics.CHANGED.name):
            value = message.value() or b""
            event = json.loads(value)
            events = seen.setdefault(event["case_id"], [])
            name = f"{event['case_id']} event {event['seq']}"
            if event["seq"] == len(events) + 1:
                events.append(value)
                if event["kind"] in _ADDS:
                    added[event["contact"]["contact_id"]] += 1
            elif event["seq"] > len(events):
                self.tally.disorder.append(f"{name} after {len(events)}")
            elif events[event["seq"] - 1] == value:
                self.tally.repeats += 1
            else:
                self.tally.doubled.append(f"{name} with other bytes")
        self.tally.cases = len(seen)
        self.tally.events = sum(map(len, seen.values()))
        for contact_id in self._ledger.values():
            self._once(added[contact_id], f"event of {contact_id}")

    def what_fired(self) -> None:
        """Each stage of a clock took effect once, in order, and none before it was due (I4)."""
        proposed = [json.loads(one.value() or b"") for one in read_all(self._space, _FIRED)]
        told = (json.loads(one.value() or b"") for one in read_all(self._space, _CHANGED))
        changed = {(one["tenant"], one["case_id"], one["seq"]): one for one in told}
        self.tally.fired = len(proposed)
        self.tally.clocks += fired_problems(proposed, changed.values())

    def whether_it_balances(self) -> None:
        """The chain of each case verifies (I6), and as many went in as came out (I7)."""
        balance = Balance(self._space.database, lambda name: read_all(self._space, name))
        self.tally.chain += balance.breaks()
        received = [
            f"{self._ids[name]}:{message.partition()}:{message.offset()}"
            for name in _CONTACTS
            for message in read_all(self._space, name)
        ]
        self.tally.counters += balance.mismatches(
            received, self._dead, len(set(self._ledger.values())), len(self._passed)
        )

    def _inputs_of_cases(self, name: str) -> list[Message]:
        messages = read_all(self._space, name)
        self._standing.update(
            f"{self._ids[name]}:{message.partition()}:{message.offset()}" for message in messages
        )
        return messages

    def _once(self, places: int, name: str) -> None:
        if places == 0:
            self.tally.lost.append(name)
        elif places > 1:
            self.tally.doubled.append(f"{name}: {places} times")

    def _dead_sources(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for name in _INPUTS:
            for message in read_all(self._space, f"{name}.dead"):
                facts: dict[str, Any] = dict(message.headers() or ())
                parts = (facts[f"dead.{part}"] for part in ("topic_id", "partition", "offset"))
                source = ":".join(part.decode() for part in parts)
                self._died_of[source] = f"dead of {facts['dead.reason']}, {facts['dead.error']}"
                found[source] += 1
        return found


def _contact_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return the contact in a record of the case path, however far it has come."""
    for wrapping in ("scored", "deduplicated", "contact"):
        body = body.get(wrapping, body)
    return body
