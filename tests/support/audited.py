"""The audit as a judge of tests: it waits until workers are through, then looks."""

import time
from collections.abc import Collection
from typing import Final

from services.adapters.kafka_admin import admin_of
from services.audit.groups import lags, left_of
from services.audit.report import as_lines
from services.audit.run import run_audit, wait_until_drained
from services.audit.topic_reader import TopicReader
from tests.support.namespaces import Namespace

CASE_PATH: Final = ("dedup", "severity", "routing", "cases")
_WATCHED: Final = "ABCDEFG"
_CHECKS_OF: Final = {"sla": "T", "sender": "N"}
"""What the audit says waits, where a worker beside the case path is through."""


def audited(namespace: Namespace, wait: float, also: Collection[str] = ()) -> list[str]:
    """Wait until the case path is through, and ``also`` these workers, then let the audit look;
    return what it found.

    Clocks, incidents and notices may wait where their workers are not named: they do not run,
    or not always. Where nobody sends, what was requested of a sender waits.
    """
    settings = namespace.settings
    watched = _WATCHED + "".join(_CHECKS_OF.get(worker, "") for worker in also)
    with admin_of(settings.kafka) as admin, TopicReader(settings.kafka) as reader:

        def left() -> int:
            """Upstream first: only when it is done does the next one's end stand still."""
            for worker in (*CASE_PATH, *also):
                if behind := left_of(lags(admin, reader, settings, worker)):
                    return behind
            return 0

        deadline = time.monotonic() + wait
        while True:
            is_through = wait_until_drained(left, wait, lambda what, done, total: None)
            outcome = run_audit(settings, 0.0, lambda what, done, total: None)
            if any(one.violations for one in outcome.findings):
                return as_lines(outcome)
            # A group's offsets may be committed a moment before what it produced can be seen.
            if not any(one.waiting for one in outcome.findings if one.check in watched):
                return [] if is_through else [f"{left()} records are not read"]
            if time.monotonic() > deadline:
                return as_lines(outcome)
