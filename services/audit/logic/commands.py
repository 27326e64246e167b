"""Check F: each command is settled exactly once, and everyone who asks hears the same.

A command id used again for something else is refused without touching the first one's
settlement; such refusals are only compared between log and topic.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import History, opened
from services.audit.logic.places import Places

REUSED: Final = "command_id_reused"


@dataclass(slots=True)
class _Command:
    """One command id of one case, as seen in three places. ``fresh`` settlements are in the
    log too, but perhaps not produced yet."""

    sent: list[int] = field(default_factory=list)
    logged: set[int] = field(default_factory=set)
    fresh: set[int] = field(default_factory=set)
    settled: int = 0
    announced: set[int] = field(default_factory=set)
    is_due: bool = False
    """A case's log says that it was sent to another case, and that was produced."""


class CommandsCheck:
    """Feed both topics and the dead letters, then the log."""

    def __init__(self, places: Places, commands_topic: str, settled_topic: str) -> None:
        self._places = places
        self._commands_topic = commands_topic
        self._settled_topic = settled_topic
        self._found = Findings("F", "each command is settled once")
        self._commands: dict[str, _Command] = {}
        self._unreadable: list[int] = []
        self._dead: set[int] = set()

    def sent(self, place: int, case_key: str, command_id: str) -> None:
        """A command stands on the topic."""
        self._at(case_key, command_id).sent.append(place)

    def unreadable(self, place: int) -> None:
        """What stands on the topic of commands is none: it must be a dead letter."""
        self._unreadable.append(place)

    def announced(self, case_key: str, command_id: str, value: bytes) -> None:
        """A settlement stands on ``case.commands.settled``."""
        self._at(case_key, command_id).announced.add(hash(value))

    def dead(self, source: str) -> None:
        """A dead letter holds the command that stood at ``source``."""
        place = self._places.place_of(source)
        if place is not None:
            self._dead.add(place)

    def case(self, history: History) -> None:
        """The log of one case, read after the topics."""
        for entry in history.entries:
            for one in entry.sent:
                is_fresh = self._places.may_be_under_way(entry.marks)
                self._at(one.case_key, one.command_id).is_due |= not is_fresh
            for settlement in entry.settlements:
                command = self._at(history.case_key, settlement.command_id)
                is_fresh = self._places.may_be_under_way((settlement.source,))
                stored = command.fresh if is_fresh else command.logged
                stored.add(hash(settlement.value))
                body = opened(settlement.value)
                if body is None:
                    offender = f"{history.case_key} command {settlement.command_id}"
                    self._found.found(Defect.UNREADABLE, offender, "settlement in the log")
                elif body.get("refusal") != REUSED:
                    command.settled += 1

    def findings(self) -> Findings:
        """Say what is wrong, after the last case."""
        for place in self._alive(self._unreadable):
            self._found.examined += 1
            if self._places.is_waiting(place):
                self._found.waiting += 1
            else:
                self._found.found(Defect.LOST, self._places.name(place), "unreadable command")
        for name, command in self._commands.items():
            self._judge(name, command)
        return self._found

    def _judge(self, name: str, command: _Command) -> None:
        self._found.examined += len(command.sent)
        if command.is_due and not command.sent:
            if self._places.begins_at_zero(self._commands_topic):
                self._found.found(Defect.NOT_PRODUCED, name, "sent in the log only")
            return
        if command.settled > 1:
            self._found.found(Defect.DOUBLED, name, f"{command.settled} settlements in the log")
        if command.announced - command.logged - command.fresh:
            self._found.found(Defect.DIFFERENT_BYTES, name, "on the topic, not in the log")
        if command.logged - command.announced and self._places.begins_at_zero(self._settled_topic):
            self._found.found(Defect.NOT_PRODUCED, name, "settled in the log only")
        if command.logged or command.fresh:
            self._found.waiting += not command.fresh <= command.announced
            return
        alive = list(self._alive(command.sent))
        read = [place for place in alive if not self._places.is_waiting(place)]
        if read:
            self._found.found(Defect.UNSETTLED, name, self._places.name(read[0]))
        elif alive:
            self._found.waiting += 1

    def _alive(self, places: list[int]) -> Iterator[int]:
        return (place for place in places if place not in self._dead)

    def _at(self, case_key: str, command_id: str) -> _Command:
        return self._commands.setdefault(f"{case_key} command {command_id}", _Command())
