"""``python -m services.trends``: run the worker with the settings of the environment."""

import sys
import tempfile

from faust import Worker

from services.adapters.clock import SystemClock
from services.domain.errors import UnsafeStart
from services.runtime.logs import configure_logs
from services.runtime.settings import load_settings
from services.trends.app import UNSAFE, add_agent, make_app
from services.trends.logic import Watch
from services.trends.policy import load_policy


def main() -> int:
    """Run until SIGTERM; return the exit code."""
    try:
        settings = load_settings()
        policy = load_policy()
    except UnsafeStart as error:
        print(f"trends: {error}", file=sys.stderr)
        return UNSAFE
    configure_logs("trends", settings.log_level)
    with tempfile.TemporaryDirectory(prefix="complaints-trends-") as folder:
        app = make_app(settings, folder)
        add_agent(app, settings, Watch(policy), SystemClock())
        worker = Worker(app, loglevel=settings.log_level, redirect_stdouts=False, quiet=True)
        worker.execute_from_commandline()
    return 0


if __name__ == "__main__":
    sys.exit(main())
