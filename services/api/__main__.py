"""``python -m services.api``: serve until SIGTERM; then no new request, and the begun ones end."""

import logging
import signal
import sys

import uvicorn

from services.api.app import make_app
from services.domain.errors import ComplaintsError
from services.runtime.logs import configure_logs
from services.runtime.settings import load_settings

GRACE_SECONDS = 8
"""Longer than a delivery may take."""


def main() -> int:
    """Serve; return the exit code."""
    try:
        settings = load_settings()
        app = make_app(settings)
    except ComplaintsError as error:
        print(f"services.api: {error}", file=sys.stderr)
        return 1
    configure_logs("api", settings.log_level)
    # Below warnings these speak of every connection and command.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.api_port,
            loop="uvloop",
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,  # its lines hold tracking codes
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    # uvicorn raises the signal once more when it has drained: a clean end is not a death by it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
