"""``python -m services.trends``: run the worker with the settings of the environment."""

import sys

from services.trends.worker import run

if __name__ == "__main__":
    sys.exit(run())
