"""``python -m services.audit``: the continuous audit with the settings of the environment."""

import sys

from services.audit.serve import run

if __name__ == "__main__":
    sys.exit(run())
