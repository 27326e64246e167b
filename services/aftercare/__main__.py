"""``python -m services.aftercare``: aftercare with the settings of the environment."""

import sys

from services.aftercare.serve import NAME, serve
from services.runtime.process import run_until_stopped

if __name__ == "__main__":
    sys.exit(run_until_stopped(NAME, serve))
