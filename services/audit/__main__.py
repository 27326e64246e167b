"""``python -m services.audit``: the continuous audit with the settings of the environment."""

import sys

from services.audit.serve import serve
from services.runtime.process import run_until_stopped

if __name__ == "__main__":
    sys.exit(run_until_stopped("audit", serve))
