"""Which loopback ports the engines listen on.

An instance keeps its ports from one start to the next as long as they are free, so that addresses
people noted stay right. A new one tries the ports everybody expects and falls back to any.
"""

import random
import socket
from collections.abc import Mapping

HOST = "127.0.0.1"
# Below the range the kernel gives to outgoing connections: those come and go at any moment.
FALLBACK_RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Tell whether an engine could listen on ``port`` now.

    Connections of an earlier run that are still fading away do not count as use.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError:
            return False
    return True


def choose_ports(usual: Mapping[str, int | None], earlier: Mapping[str, int]) -> dict[str, int]:
    """Give each role of ``usual`` a free port: its earlier one, else the usual one, else any."""
    chosen: dict[str, int] = {}
    for role, usual_port in usual.items():
        wanted = [port for port in (earlier.get(role), usual_port) if port is not None]
        anywhere = random.sample(FALLBACK_RANGE, 200)
        chosen[role] = next(
            port for port in [*wanted, *anywhere] if port not in chosen.values() and is_free(port)
        )
    return chosen
