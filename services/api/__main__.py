"""``python -m services.api``: serve until SIGTERM; then no new request, and the begun ones end."""

import logging
import sys

from services.adapters.http_server import run_web
from services.api.app import make_app

if __name__ == "__main__":
    # Below warnings the server speaks of every connection.
    quiet = {"uvicorn.error": logging.WARNING}
    sys.exit(run_web("api", make_app, lambda settings: settings.api_port, quiet))
