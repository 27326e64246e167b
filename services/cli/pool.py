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


def run_pool(
    alone: Sequence[Step], steps: Sequence[Step], *, at_once: int, idle: Sequence[Step] = ()
) -> int:
    """Run the steps of ``alone`` one after the other, then ``steps``, in the order given and
    ``at_once`` of them side by side. Return 1 if anything failed, else 0. Those that are ``idle``
    only compute: one of them runs beside ``alone``, with what of the processor nobody wants.

    A line says what has begun and ended; what a step printed is shown if it failed. Ctrl-C ends
    what runs, begins nothing more, and tells what was seen by then.
    """
    with tempfile.TemporaryDirectory() as folder:
        pool = _Pool(Path(folder), len(alone) + len(idle) + len(steps))
        try:
            pool.run([*pool.run(alone, 1, idle), *steps], at_once)
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
    is_idle: bool = False


class _Pool:
    """What runs, and how what has ended came out."""

    def __init__(self, folder: Path, total: int) -> None:
        self.ended: list[Verdict] = []
        self._folder = folder
        self._total = total
        self._running: list[_Running] = []
        self._begun = self._told = time.monotonic()

    def run(self, steps: Sequence[Step], at_once: int, idle: Sequence[Step] = ()) -> Sequence[Step]:
        """Run the steps to the end, ``at_once`` of them side by side and one of ``idle`` with what
        they leave of the processor; return the idle ones that have not begun by then."""
        waiting, willing = deque(steps), deque(idle)
        while waiting or any(not one.is_idle for one in self._running):
            while waiting and sum(not one.is_idle for one in self._running) < at_once:
                self._start(waiting.popleft())
            if willing and not any(one.is_idle for one in self._running):
                self._start(willing.popleft(), is_idle=True)
            time.sleep(_LOOK_SECONDS)
            for one in [one for one in self._running if one.process.poll() is not None]:
                self._end(one)
            if time.monotonic() - self._told > _TELL_SECONDS:
                self._say("at " + ", ".join(one.step.name for one in self._running))
        for one in self._running:
            one.is_idle = False
            _give_way(one.process.pid, is_idle=False)
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

    def _start(self, step: Step, *, is_idle: bool = False) -> None:
        printed = self._folder / str(len(self.ended) + len(self._running))
        with printed.open("wb") as file:
            process = subprocess.Popen(
                step.command,
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=is_idle,
            )
        if is_idle:
            _give_way(process.pid, is_idle=True)
        self._running.append(_Running(step, process, printed, time.monotonic(), is_idle))
        self._say(f"{step.name} begins")

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


def _give_way(pid: int, *, is_idle: bool) -> None:
    """Let a process have what nobody else wants, or as much as any other again, where the system
    lets us: the scheduler weighs a session as a whole (its autogroup), and within it each."""
    policy, weight = (os.SCHED_IDLE, 19) if is_idle else (os.SCHED_OTHER, 0)
    with suppress(OSError):
        os.sched_setscheduler(pid, policy, os.sched_param(0))
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(weight), encoding="ascii")
