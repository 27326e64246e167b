"""``python -m infra.catcher --smtp PORT --http PORT --smpp PORT``: catch until SIGTERM or Ctrl-C.

Started by ``complaints up`` it dies with it; by hand it ends as any program.
"""

import argparse
import signal
import sys
import threading

from infra.catcher.catcher import Catcher
from infra.catcher.onward import Onward


def main() -> int:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(prog="infra.catcher", description=__doc__)
    parser.add_argument("--smtp", type=int, required=True, help="port of the mail server")
    parser.add_argument("--http", type=int, required=True, help="port of gateway and pages")
    parser.add_argument("--smpp", type=int, default=0, help="port of the short message centre")
    parser.add_argument("--api", default="", help="our API: mail written to us is handed in there")
    parser.add_argument("--address", default="complaints@example.com", help="our mail's sender")
    parser.add_argument("--secret", default="", help="signs what is handed in")
    wished = parser.parse_args()
    onward = Onward(wished.api, wished.address, wished.secret) if wished.api else None
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Catcher(wished.smtp, wished.http, wished.smpp, onward) as catcher:
        print(f"mail on {catcher.smtp_port}, pages on http://127.0.0.1:{catcher.http_port}/")
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
