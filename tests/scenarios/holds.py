"""What a scenario says must hold: of what happened, and of how the clocks stand."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.cases import CaseChanged
from schemas.vocabulary import ChangeKind
from services.domain.clocks.account import ClockAccount
from services.domain.notice_store import NoticeRow
from tests.scenarios.terms import CLOCKS
from tests.scenarios.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
KINDS = {
    "is warned": ChangeKind.CLOCK_WARNED,
    "is breached": ChangeKind.CLOCK_BREACHED,
    "climbs": ChangeKind.ESCALATED,
    "is retracted": ChangeKind.BREACH_RETRACTED,
}
STANDINGS = {
    "stands still": "held",
    "is met": "met",
    "is missed": "missed",
    "runs": "running",
    "is overdue": "overdue",
}
_CLOCK = rf"({CLOCKS}|statutory|regulator)"
_VERB = f"({'|'.join(KINDS)})"
_TIME = r"(\S+ \d\d:\d\d)"
_TIMES = {"never": 0, "once": 1, "twice": 2, "thrice": 3}


def happened_as_told(what: str, happened: list[CaseChanged], moment: datetime | None) -> bool:
    """Return whether ``what`` speaks of happenings.

    Raises:
        AssertionError: it does, and it was otherwise.
    """
    if what == "nothing happens":
        assert not _of_clocks(happened), _words(happened)
        return True
    if found := re.fullmatch(r"([\w-]+) is passed over: (\w+)", what):
        skipped = [(one.skipped, one.reason) for one in happened if one.skipped]
        assert (found[1], found[2]) in skipped, skipped
        return True
    found = re.fullmatch(rf"{_CLOCK} {_VERB}(?: to ([\w-]+))?(, late)?", what)
    if found is None:
        return False
    clock, verb, team, late = found.groups()
    wanted = [one for one in happened if _is(one, clock, verb)]
    assert wanted, f"it did not happen, but: {_words(happened)}"
    for one in wanted:
        assert team is None or one.team == team, f"to {one.team}"
        assert bool(one.late) == bool(late), f"late: {one.late}"
        if moment is not None and not late and verb != "is retracted":
            assert one.due_at is not None
            assert one.due_at.astimezone(SHANGHAI) == moment, one.due_at.astimezone(SHANGHAI)
    return True


def holds_now(what: str, world: World, moment: Callable[[str], datetime]) -> None:
    """Check a sentence about how things stand now.

    Raises:
        AssertionError: it does not hold, or nobody understands it.
    """
    for pattern, check in _SENTENCES.items():
        if found := re.fullmatch(pattern, what):
            check(world, *found.groups(), **({"moment": moment} if check is _due else {}))
            return
    raise AssertionError(f"nobody understands: {what}")


def _clock(world: World, name: str) -> ClockAccount:
    name = name.replace(" ", "_")
    runs = [one for one in world.account.clocks if one.clock == name]
    assert runs, f"{name} never ran"
    return max(runs, key=lambda one: (one.stopped_at is None, one.started_at))


def _due(world: World, name: str, written: str, moment: Callable[[str], datetime]) -> None:
    due = _clock(world, name).due_at
    assert due is not None, "it stands still"
    assert due.astimezone(SHANGHAI) == moment(written), due.astimezone(SHANGHAI)


def _stands(world: World, name: str, words: str) -> None:
    standing = _clock(world, name).standing
    assert standing == STANDINGS[words], standing


def _so_often(world: World, name: str, often: str, verb: str) -> None:
    happened = [one for one in world.changes if _is(one, name, verb)]
    assert len(happened) == _TIMES[often], _words(happened)


def _overdue(world: World, name: str, minutes: str, shares: str | None) -> None:
    one = _clock(world, name)
    assert one.overdue_minutes == int(minutes), one.overdue
    if shares is not None:
        told = dict(part.rsplit(" ", 1) for part in shares.split(", "))
        assert {who: int(number) for who, number in told.items()} == one.overdue, one.overdue


def _used(world: World, name: str, minutes: str, who: str) -> None:
    used = _clock(world, name).used
    assert used.get(who) == int(minutes), used


def _team(world: World, team: str) -> None:
    assert world.state.team == team, world.state.team


def _status(world: World, status: str) -> None:
    assert world.state.status == status, world.state.status


def _told(world: World, whom: str, kind: str) -> None:
    told = world.told(lambda row: _is_for(row, whom), kind)
    assert kind in told, told


def _goes_by(world: World, version: str) -> None:
    assert world.account.policies.sla == version, world.account.policies


def _unacted(world: World) -> None:
    assert world.state.assignee is None or world.state.acknowledged_at is None


_SENTENCES: dict[str, Callable[..., None]] = {
    rf"{_CLOCK} is due {_TIME}": _due,
    rf"{_CLOCK} ({'|'.join(STANDINGS)})": _stands,
    rf"{_CLOCK} ({'|'.join(_TIMES)}) {_VERB}": _so_often,
    rf"of {_CLOCK} (\d+) minutes are overdue(?:: (.+))?": _overdue,
    rf"of {_CLOCK} (\d+) minutes were used by ([\w:-]+)": _used,
    r"the case is with ([\w-]+)": _team,
    r"the case goes by policy (\w)": _goes_by,
    r"the case is (\w+)": _status,
    r"(?:the )?([\w-]+) was told of an? (\w+)": _told,
    r"nobody took the case up": _unacted,
}


def _is(one: CaseChanged, clock: str, verb: str) -> bool:
    return one.kind is KINDS[verb] and one.clock == clock.replace(" ", "_")


def _is_for(row: NoticeRow, whom: str) -> bool:
    if whom == "customer":
        return row.told.who is not None
    return row.told.contact_id == f"team:{whom}"


def _of_clocks(happened: Iterable[CaseChanged]) -> list[CaseChanged]:
    return [one for one in happened if one.kind in KINDS.values() or one.skipped]


def _words(happened: Iterable[CaseChanged]) -> list[str]:
    return [f"{one.kind} {one.stage} {one.due_at}" for one in _of_clocks(happened)]
