"""A worker with one rule broken, or one that stands still or dies where a test says.

``python -m tests.support.mutant_worker CHANGE[,CHANGE…] WORKER`` applies the changes to the
loaded modules and then runs the worker as its own ``__main__`` would: production code has no
hook for any of this. The changes are the functions of :mod:`tests.support.injected` and
:mod:`tests.support.broken_rules`, by name; ``name@value`` gives them their value.
"""

import faulthandler
import runpy
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.runtime.settings import Settings
from tests.support import broken_rules, injected
from tests.support.processes import WorkerProcess

Change = Callable[[str], None]


class MutantProcess(WorkerProcess):
    """A :class:`WorkerProcess` with changes applied; the same in everything else."""

    def __init__(
        self,
        changes: str,
        name: str,
        settings: Settings,
        folder: Path,
        slot: int = 0,
        **environment: str,
    ) -> None:
        super().__init__(name, settings, folder, slot, **environment)
        self.changes = changes

    @property
    def changes(self) -> str:
        """What is changed from the next start on."""
        return self.module[1]

    @changes.setter
    def changes(self, changes: str) -> None:
        self.module = ["tests.support.mutant_worker", changes, self.name]

    @property
    def is_frozen(self) -> bool:
        """Return whether it stands still (state T), as :func:`freeze` makes it."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "T"


CHANGES: Final[dict[str, Change]] = {
    change.__name__: change
    for change in (
        injected.freeze,
        injected.hangs,
        injected.cursed,
        injected.writes_the_future,
        injected.api_dies,
        injected.api_acks_one,
        injected.api_takes_at_once,
        injected.dies_flushed,
        injected.machine_off,
        broken_rules.offsets_apart,
        broken_rules.assignor_uniform,
        broken_rules.read_uncommitted,
        broken_rules.partitioner_default,
        broken_rules.slow_transaction_timeout,
        broken_rules.offset_reset,
        broken_rules.store_after_produce,
        broken_rules.offsets_before_store,
        broken_rules.no_watchdog,
        broken_rules.no_halving,
        broken_rules.trusts_its_machine,
        broken_rules.herd_forgets,
        broken_rules.replay_is_resubmission,
        broken_rules.blind_retry,
        broken_rules.primary_alone,
        broken_rules.no_time_limits,
        broken_rules.strict_reader,
        broken_rules.pace_unknown,
        broken_rules.leaks,
        broken_rules.loses_the_lane,
    )
}


def main() -> None:
    """Apply the changes and become the worker."""
    changes, worker = sys.argv[1:]
    faulthandler.register(signal.SIGUSR1)  # says where it hangs
    for change in filter(None, changes.split(",")):
        name, _, value = change.partition("@")
        CHANGES[name](value)
    sys.argv = [f"services.{worker}"]
    runpy.run_module(f"services.{worker}", run_name="__main__")


if __name__ == "__main__":
    main()
