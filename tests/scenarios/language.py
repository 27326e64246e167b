"""Scenarios in sentences. A title at the margin; below it, indented, first what the policies say,
then what happens and what must come of it:

    a break of the afternoon does not shift the deadline into the night
        the office is open Mon to Fri 09:00-12:00, 13:30-18:00
        resolution takes 4h of office time, paused for customer
        at Mon 10:00 a contact arrives
        at Mon 16:00 a clerk waits for customer
        at Tue 09:30 a clerk resumes
        between Mon 16:00 and Tue 09:30 nothing happens
        at Tue 09:30 resolution is breached

A time is a date and time of Shanghai, or a weekday and time: then the next one from where the
scenario stands. ``between A and B`` lets time pass to B and looks at what happened since A.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from schemas.vocabulary import Channel, CommandKind
from tests.scenarios.holds import happened_as_told, holds_now
from tests.scenarios.terms import CLOCKS, DAYS, Book, Written
from tests.scenarios.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 2, 0, 0, tzinfo=SHANGHAI)
TEXTS = {
    "1": "快件还在路上,请查一下。",
    "2": "丢了一个包裹,价值3000元",
    "3": "快件一直没到,已经打了三次电话没人管",
    "4": "我的姓名电话住址被你们的人发到了群里,几百人的面单都在上面。",
}
CLAIMS = "箱子碎了,里面的茶壶也裂了"
TIME = r"(?:\d{4}-\d\d-\d\d|Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d:\d\d"
_CLOCK = rf"({CLOCKS}|statutory|regulator)"


@dataclass(frozen=True)
class Scenario:
    """A title and its sentences, each with the line that it stands on."""

    title: str
    file: str
    sentences: list[tuple[int, str]] = field(default_factory=list)


def scenarios_of(path: Path) -> Iterator[Scenario]:
    """Yield the scenarios of a file; lines that begin with # are for people."""
    current: Scenario | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not line.startswith(" "):
            if current is not None:
                yield current
            current = Scenario(line.strip(), path.name)
        elif current is not None:
            current.sentences.append((number, " ".join(line.split())))
    if current is not None:
        yield current


def play(scenario: Scenario, player: "Player | None" = None) -> None:
    """Act a scenario out; what does not hold is an AssertionError that names the line."""
    player = player or Player()
    for number, sentence in scenario.sentences:
        try:
            player.take(sentence)
        except AssertionError as error:
            told = "\n".join(player.told())
            raise AssertionError(
                f"{scenario.file}:{number}: {sentence}\n{error}\nwhat happened:\n{told}"
            ) from error
    player.world.check_independently()


class Player:
    """Takes one sentence after the other."""

    def __init__(self, stage: Any = None) -> None:
        """``stage`` makes another world than the one in memory from the policies written."""
        self._written = Written()
        self._others: dict[str, Written] = {}
        self._world: World | None = None
        self._stage = stage
        self._now = START

    # ------------------------------------------------------------------ sentences

    def take(self, sentence: str) -> None:
        """Act a sentence out.

        Raises:
            AssertionError: it does not hold, or nobody understands it.
        """
        if found := re.fullmatch(r"in policy (\w) (.+)", sentence):
            name, rest = found.groups()
            other = self._others.setdefault(name, self._written.but(name))
            assert other.read(rest), f"no sentence about policies: {rest}"
        elif self._world is None and self._written.read(sentence):
            return
        elif found := re.fullmatch(rf"at ({TIME})(?::00)? (.+)", sentence):
            self._at(self._moment(found[1]), found[2])
        elif found := re.fullmatch(rf"between ({TIME}) and ({TIME}) (.+)", sentence):
            since = self._looking_back(found[1])
            until = self._moment(found[2])
            self._move(until)
            self._between(since, until, found[3])
        else:
            holds_now(sentence, self.world, self._moment)

    @property
    def world(self) -> World:
        if self._world is None:
            if self._stage is not None:
                self._world = self._stage(self._written, self._others.values())
                self._world.move_to(self._now)
                return self._world
            for other in self._others.values():
                other.terms()
            self._world = World(Book(self._written), self._now)
            for other in self._others.values():
                self._world.book.know(other)
        return self._world

    def told(self) -> Iterator[str]:
        """Yield what happened so far, for people."""
        for one in self._world.changes if self._world else ():
            at = one.at.astimezone(SHANGHAI)
            more = [one.stage, one.team, one.skipped, one.waiting_for, one.reason]
            yield f"  {at:%a %m-%d %H:%M:%S} {one.kind} {' '.join(filter(None, more))}"

    # ------------------------------------------------------------------ time

    def _moment(self, written: str) -> datetime:
        day, clock = written.split()
        hour, minute = map(int, clock.split(":"))
        if day not in DAYS:
            date = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)
            return date.replace(hour=hour, minute=minute)
        moment = self._now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        moment += timedelta(days=(DAYS.index(day) - moment.weekday()) % 7)
        return moment if moment >= self._now else moment + timedelta(days=7)

    def _looking_back(self, written: str) -> datetime:
        """The last such time that is not after now, else the next."""
        moment = self._moment(written)
        if written.split()[0] in DAYS and moment > self._now:
            earlier = moment - timedelta(days=7)
            return earlier if earlier >= START and self._world is not None else moment
        return moment

    def _move(self, moment: datetime) -> None:
        if self._world is not None:
            self._world.move_to(moment)
        self._now = moment

    # ------------------------------------------------------------------ at

    def _at(self, moment: datetime, what: str) -> None:
        if self._world is None:
            self._now = moment
        for pattern, act in self._acts():
            if found := re.fullmatch(pattern, what):
                self._move(moment)
                act(*found.groups())
                return
        just_before = moment - timedelta(microseconds=1)
        self._move(just_before)
        before = len(self.world.changes)
        self._move(moment)
        if happened_as_told(what, self.world.changes[before:], moment):
            return
        holds_now(what, self.world, self._moment)

    def _acts(self) -> list[tuple[str, Callable[..., None]]]:
        return [
            (rf"a contact arrives(?: at level (\d))?(?:, received ({TIME}))?", self._contact),
            (r"a contact for claims arrives", lambda: self.world.contact(CLAIMS)),
            (rf"the customer asks again(?:, received ({TIME}))?", self._again),
            (rf"the regulator forwards it(?:, received ({TIME}))?", self._forward),
            (r"another customer complains", lambda: self.world.contact(TEXTS["1"], None, "bob")),
            (rf"a clerk (\w+)(?:, accepted ({TIME}))?", self._clerk),
            (
                rf"a clerk waits for (customer|partner \w+|authority \w+)(?:, accepted ({TIME}))?",
                self._wait,
            ),
            (r"the case goes to (partner \w+|[\w-]+)", self._hand_over),
            (rf"a clerk extends {_CLOCK} by (\d+)(, refused)?", self._extend),
            (r"the case is moved to policy (\w)(, refused)?", self._rebase),
            (r"policy (\w) comes into force", self._in_force),
            (r"the timers stop", lambda: setattr(self.world, "timers_are_away", True)),
            (r"the timers start", self._start),
        ]

    def _contact(self, level: str | None, received: str | None) -> None:
        self.world.contact(TEXTS[level or "1"], self._past(received))

    def _again(self, received: str | None) -> None:
        self.world.contact("又来催一次:快件还没到。", self._past(received))

    def _forward(self, received: str | None) -> None:
        self.world.contact(TEXTS["1"], self._past(received), channel=Channel.REGULATOR)

    def _past(self, written: str | None) -> datetime | None:
        if written is None:
            return None
        moment = self._moment(written)
        return moment if moment <= self._now else moment - timedelta(days=7)

    def _clerk(self, verb: str, accepted: str | None) -> None:
        kinds = {
            "acknowledges": CommandKind.ACKNOWLEDGE,
            "resolves": CommandKind.RESOLVE,
            "closes": CommandKind.CLOSE,
            "reopens": CommandKind.REOPEN,
            "resumes": CommandKind.RESUME,
            "notes": CommandKind.NOTE,
            "updates": CommandKind.UPDATE,
        }
        needs = {"resolves", "reopens", "notes", "updates"}
        note = {"note": "已查实,今天送到。"} if verb in needs else {}
        self._accepted(kinds[verb], accepted, **note)

    def _wait(self, whom: str, accepted: str | None) -> None:
        who = whom.replace(" ", ":")
        self._accepted(CommandKind.WAIT, accepted, waiting_for=who, note="等待补充材料")

    def _hand_over(self, whom: str) -> None:
        unit = whom.replace(" ", ":") if whom.startswith("partner ") else f"team:{whom}"
        self._accepted(CommandKind.TRANSFER, None, unit=unit, note="转交处理")

    def _accepted(self, kind: CommandKind, accepted: str | None, **fields: Any) -> None:
        settled = self.world.act(kind, self._past(accepted), **fields)
        assert settled.refusal is None, settled.explanation

    def _extend(self, clock: str, amount: str, refused: str | None) -> None:
        settled = self.world.act(
            CommandKind.EXTEND,
            clock=clock.replace(" ", "_"),
            amount=int(amount),
            reason="遗失查找",
            note="我们还需要时间查找,请您谅解。",
        )
        assert bool(settled.refusal) == bool(refused), settled.explanation

    def _rebase(self, version: str, refused: str | None) -> None:
        settled = self.world.act(
            CommandKind.REBASE,
            actor="clerk:clerk-801",
            policies=self.world.policies(version),
            reason="new hours",
        )
        assert bool(settled.refusal) == bool(refused), settled.explanation

    def _in_force(self, version: str) -> None:
        self.world.come_into_force(self._others.setdefault(version, self._written.but(version)))

    def _start(self) -> None:
        self.world.start_timers()
        self.world.move_to(self._now)
        self.world.catch_up()

    # ------------------------------------------------------------------ what must hold

    def _between(self, since: datetime, until: datetime, what: str) -> None:
        happened = [one for one in self.world.changes if since < one.at <= until]
        assert happened_as_told(what, happened, None), f"nobody understands: {what}"
