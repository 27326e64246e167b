"""``python -m services.incidents``: run the worker with the settings of the environment."""

from services.adapters.process import run_worker
from services.incidents.worker import WORKER

if __name__ == "__main__":
    run_worker(WORKER)
