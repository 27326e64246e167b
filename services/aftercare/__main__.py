"""``python -m services.aftercare``: aftercare with the settings of the environment."""

import sys

from services.aftercare.serve import run

if __name__ == "__main__":
    sys.exit(run())
