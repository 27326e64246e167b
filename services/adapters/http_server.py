"""A web application as a process: it serves until SIGTERM; then no new request is taken, and
those that were begun end."""

import logging
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Final

import uvicorn
from fastapi import FastAPI

from services.domain.errors import ComplaintsError
from services.runtime.logs import configure_logs
from services.runtime.settings import Settings, load_settings

GRACE_SECONDS: Final = 8
"""Longer than a delivery or a command may take."""
KEPT_SECONDS: Final = 75
"""How long a connection without requests is kept: longer than the usual proxies keep theirs."""


def run_web(
    name: str,
    make_app: Callable[[Settings], FastAPI],
    port: Callable[[Settings], int],
    quiet: Mapping[str, int],
) -> int:
    """Serve what ``make_app`` makes of the settings of the environment; return the exit code:
    0 after a signal, 70 when the settings or policies are wrong, 1 when it could not listen.
    ``quiet`` are loggers that tell too much, each with the level from which it may speak."""
    try:
        settings = load_settings()
        app = make_app(settings)
    except ComplaintsError as error:
        print(f"services.{name}: {error}", file=sys.stderr)
        return 70
    configure_logs(name, settings.log_level)
    for logger, level in quiet.items():
        logging.getLogger(logger).setLevel(level)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=port(settings),
            loop="uvloop",
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,  # its lines hold tracking codes and what was searched for
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEPT_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    # uvicorn raises the signal once more when it has drained: a clean end is not a death by it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run()
    return 0 if server.started else 1
