"""One hop of the transport floor: the same bytes to the next topic, without a decision.

    python -m bench.forwarder SOURCE TARGET      (settings from the environment)

The same loop, transactions and clients as a worker; the difference to a worker is what
deciding and MongoDB cost.
"""

import sys
from collections.abc import Sequence

from services.adapters.process import Parts, Worker, run_worker
from services.runtime.ports import Handler
from services.runtime.records import Handled, Inbound, Outbound, Positions


class Forwarder:
    """See :class:`services.runtime.ports.Handler`."""

    def __init__(self, target: str) -> None:
        self._target = target

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """Pass everything on."""
        return Handled([Outbound(self._target, one.key, one.value, one.headers) for one in batch])


def main() -> int:
    """Forward between two topics of the table until SIGTERM."""
    source, target = sys.argv[1:]

    def build(parts: Parts) -> Handler:
        return Forwarder(parts.settings.topic(target))

    return run_worker(Worker(f"forward-{source}", (source,), build))


if __name__ == "__main__":
    sys.exit(main())
