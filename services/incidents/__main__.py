"""``python -m services.incidents``: run the worker with the settings of the environment."""

import sys

from services.adapters.process import run_worker
from services.incidents.worker import WORKER

if __name__ == "__main__":
    sys.exit(run_worker(WORKER))
