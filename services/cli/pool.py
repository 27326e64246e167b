"""Steps of a test run in a queue, several at once: where one has ended the next begins."""

import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from services.cli.instance import ROOT
from services.cli.steps import Step, Verdict, second_chance, tell

_LOOK_SECONDS: Final = 0.2
_TELL_SECONDS: Final = 60.0
"""A run of which nothing begins or ends says after this long what it is at."""
_PATIENCE_SECONDS: Final = 30.0
"""What steps have to let go of their engines after Ctrl-C."""
_BEHIND: Final = 5
"""The weight (as of ``nice``, above our own) of a step that gives way to others, and must not
starve: its tests have time limits as well."""
_LIGHTEST: Final = 19


def run_pool(
    alone: Sequence[Step],
    steps: Sequence[Step],
    *,
    at_once: int,
    idle: Sequence[Step] = (),
    behind: Sequence[Step] = (),
) -> int:
    """Run the steps of ``alone`` one after the other, then ``steps``, in the order given and
    ``at_once`` of them side by side. Return 1 if anything failed, else 0. Those that are ``idle``
    only compute: one of them runs beside ``alone``, with what of the processor nobody wants; and
    one of ``behind`` beside ``steps``, giving way to them.

    A line says what has begun and ended; what a step printed is shown if it failed. Ctrl-C ends
    what runs, begins nothing more, and tells what was seen by then.
    """
    with tempfile.TemporaryDirectory() as folder:
        pool = _Pool(Path(folder), len(alone) + len(idle) + len(steps) + len(behind))
        try:
            left = pool.run(alone, 1, idle)
            left = pool.run([*left, *steps], at_once, behind, weight=_BEHIND)
            pool.run(left, at_once)
        except BaseException:
            pool.give_up()
            tell(pool.ended)
            raise
    for verdict in pool.ended:
        second_chance(verdict)
    tell(pool.ended)
    return 1 if any(verdict.code for verdict in pool.ended) else 0


@dataclass
class _Running:
    """A step under way, and the file it prints into."""

    step: Step
    process: subprocess.Popen[bytes]
    printed: Path
    begun: float
    gives_way: bool = False


class _Pool:
    """What runs, and how what has ended came out."""

    def __init__(self, folder: Path, total: int) -> None:
        self.ended: list[Verdict] = []
        self._folder = folder
        self._total = total
        self._running: list[_Running] = []
        self._begun = self._told = time.monotonic()

    def run(
        self,
        steps: Sequence[Step],
        at_once: int,
        patient: Sequence[Step] = (),
        weight: int | None = None,
    ) -> Sequence[Step]:
        """Run the steps to the end, ``at_once`` of them side by side and one of ``patient`` with
        ``weight``, or only what they leave of the processor; return the patient ones that have
        not begun by then."""
        waiting, willing = deque(steps), deque(patient)
        while waiting or any(not one.gives_way for one in self._running):
            while waiting and sum(not one.gives_way for one in self._running) < at_once:
                self._start(waiting.popleft())
            if willing and not any(one.gives_way for one in self._running):
                _give_way(self._start(willing.popleft(), gives_way=True), weight)
            time.sleep(_LOOK_SECONDS)
            for one in [one for one in self._running if one.process.poll() is not None]:
                self._end(one)
            if time.monotonic() - self._told > _TELL_SECONDS:
                self._say("at " + ", ".join(one.step.name for one in self._running))
        for one in self._running:
            one.gives_way = False
            _give_way(one.process.pid, 0)
        return willing

    def give_up(self) -> None:
        """End what runs, which has had the terminal's Ctrl-C too."""
        for one in self._running:
            one.process.terminate()
        for one in self._running:
            try:
                one.process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                one.process.kill()

    def _start(self, step: Step, *, gives_way: bool = False) -> int:
        printed = self._folder / str(len(self.ended) + len(self._running))
        with printed.open("wb") as file:
            process = subprocess.Popen(
                step.command,
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=gives_way,
            )
        self._running.append(_Running(step, process, printed, time.monotonic(), gives_way))
        self._say(f"{step.name} begins")
        return process.pid

    def _end(self, one: _Running) -> None:
        self._running.remove(one)
        code = one.process.wait()
        seconds = time.monotonic() - one.begun
        self.ended.append(Verdict(one.step, code, seconds))
        printed = one.printed.read_text(encoding="utf-8", errors="replace")
        if code != 0:
            sys.stdout.write(printed)
            sys.stdout.flush()
        last = printed.strip().rpartition("\n")[2].strip("= ")
        self._say(f"{one.step.name} ended ({len(self.ended)} of {self._total}): {last}")

    def _say(self, line: str) -> None:
        self._told = time.monotonic()
        minutes, seconds = divmod(int(self._told - self._begun), 60)
        click.secho(f"── {minutes:2}:{seconds:02} {line}", bold=True, err=True)


def _give_way(pid: int, weight: int | None) -> None:
    """Let a process have as much as its weight says, or with None what nobody else wants, where
    the system lets us: the scheduler weighs a session as a whole (its autogroup), and within it
    each. A weight counts from our own, with which the other steps run: where we run under ``nice``,
    a lower one would pass them, instead of giving way."""
    policy = os.SCHED_IDLE if weight is None else os.SCHED_OTHER
    with suppress(OSError):
        os.sched_setscheduler(pid, policy, os.sched_param(0))
    with suppress(OSError):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        lightest = _LIGHTEST if weight is None else min(own + weight, _LIGHTEST)
        os.setpriority(os.PRIO_PROCESS, pid, lightest)
    with suppress(OSError):
        where = Path(f"/proc/{pid}/autogroup")
        where.write_text(str(_LIGHTEST if weight is None else weight), encoding="ascii")
