"""What the processes of all services share: how they stop, and how they end.

Exit codes: 0 after SIGTERM or SIGINT, 70 when going on would be unsafe (a person must look;
restarting does not help), 1 when something we did not foresee did.
"""

import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final, NoReturn

from services.domain.errors import OutageError, UnsafeStart
from services.runtime.health import Health
from services.runtime.logs import configure_logs
from services.runtime.settings import Settings, load_settings
from services.runtime.troubles import STARTING

logger: Final = logging.getLogger(__name__)

UNSAFE: Final = 70


def stop_on_signals() -> threading.Event:
    """Return what SIGTERM and SIGINT set from now on."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def run_until_stopped(name: str, serve: Callable[[Settings, threading.Event], int]) -> int:
    """Run ``serve`` with the settings of the environment until a signal; return the exit code.
    Where a library of another language crashes, standard error shows at which calls threads were.
    """
    faulthandler.enable()
    try:
        settings = load_settings()
        configure_logs(name, settings.log_level)
        return serve(settings, stop_on_signals())
    except UnsafeStart as error:
        print(f"{name}: {error}", file=sys.stderr)
        return UNSAFE


def end_process(code: int) -> NoReturn:
    """End this process at once, with what was said written out, and nothing taken apart.

    Seen with librdkafka 2.16: with the broker away, a worker that had closed everything was
    ended by a crash (signal 11) while the interpreter took the client apart, whose threads still
    ran. Whoever watches then takes a clean stop for a fault.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


class Standing:
    """What the health pages show of a process that serves no partitions: ready unless it has
    a ``trouble``; ``detail`` says what it does meanwhile."""

    def __init__(self) -> None:
        self.trouble = STARTING
        self.detail = ""

    def health(self) -> Health:
        """Return it."""
        return Health(True, not self.trouble, self.trouble or self.detail)

    def wait_out(self, outage: OutageError, stop: threading.Event, seconds: float) -> None:
        """Be in trouble for ``seconds``, or until ``stop``; the log tells each reason once."""
        if self.trouble != str(outage):
            logger.warning("waiting", extra={"reason": str(outage)})
        self.trouble = str(outage)
        stop.wait(seconds)
