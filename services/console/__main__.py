"""``python -m services.console``: serve until SIGTERM; then only what was begun is ended."""

import logging
import sys

from services.adapters.http_server import run_web
from services.console.app import make_app

if __name__ == "__main__":
    quiet = {
        # Below warnings these speak of every connection and request.
        "uvicorn.error": logging.WARNING,
        "httpx": logging.WARNING,
        # What Kafka's client warns of, the pipeline page shows.
        "kafka": logging.CRITICAL,
    }
    sys.exit(run_web("console", make_app, lambda settings: settings.console_port, quiet))
