"""``python -m services.console``: serve until SIGTERM; then only what was begun is ended."""

import logging
import signal
import sys

import uvicorn

from services.console.app import make_app
from services.domain.errors import ComplaintsError
from services.runtime.logs import configure_logs
from services.runtime.settings import load_settings

GRACE_SECONDS = 8


def main() -> int:
    """Serve; return the exit code."""
    try:
        settings = load_settings()
        app = make_app(settings)
    except ComplaintsError as error:
        print(f"services.console: {error}", file=sys.stderr)
        return 70
    configure_logs("console", settings.log_level)
    # Below warnings these speak of every connection and request.
    for name in ("uvicorn.error", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # What Kafka's client warns of, the pipeline page shows.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.console_port,
            loop="uvloop",
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,  # its lines hold what was searched for
            server_header=False,
            proxy_headers=False,
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
