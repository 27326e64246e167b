"""Start the engines on a folder and keep them until Ctrl-C: ``python -m infra.embedded``."""

import argparse
import signal
import sys
import time
from pathlib import Path

from infra.embedded.errors import StackError
from infra.embedded.stack import EmbeddedStack


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.embedded", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".data"), help="folder of the instance")
    parser.add_argument("--brokers", type=int, default=1, help="number of Kafka brokers")
    parser.add_argument("--mongods", type=int, default=1, help="number of MongoDB servers")
    parser.add_argument("--any-ports", action="store_true", help="leave the usual ports alone")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stack = EmbeddedStack(
        chosen.data,
        chosen.brokers,
        chosen.mongods,
        progress=lambda line: print(line, file=sys.stderr, flush=True),
        usual_ports=not chosen.any_ports,
    )
    try:
        with stack:
            addresses = stack.addresses
            print(f"ready kafka={addresses.kafka} mongo={addresses.mongo}", flush=True)
            while not (failures := stack.failures()):
                time.sleep(0.5)
            raise failures[0]
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
