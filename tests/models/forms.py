"""How much of the state machines a run tries: a short form always, a long one with ``--faults``."""

import os
from typing import Final

from hypothesis import HealthCheck, settings

IS_LONG: Final = os.environ.get("COMPLAINTS_FAULTS") == "full"


def settings_of(short: int, steps: int) -> settings:
    """Return settings for so many histories of so many steps in the short form. Derandomized: a
    failing history fails again; the long form tries other ones each time, and says how."""
    return settings(
        max_examples=300 if IS_LONG else short,
        stateful_step_count=60 if IS_LONG else steps,
        deadline=None,
        derandomize=not IS_LONG,
        print_blob=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
