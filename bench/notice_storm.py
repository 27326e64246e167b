"""How many notices one incident causes, with storm mode and without it. In memory.

.venv/bin/python -m bench.notice_storm --cases 50000
"""

import argparse
import sys
import time
from collections.abc import Sequence

from services.notification.policy import load_policy
from tests.support.storm import Told, answered, play, staff, without_storm_mode


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the incident twice and print who got how many; 1 when a complainant got none."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cases", type=int, default=50_000)
    cases: int = parser.parse_args(arguments).cases
    began = time.monotonic()
    calm, storm = play(cases, without_storm_mode()), play(cases, load_policy())
    print(f"{cases} cases of one incident: opened, warned, breached, answered within four hours")
    print(f"{'recipient':<24}{'without':>10}{'with':>10}")
    without = dict(staff(calm))
    for who, number in staff(storm):
        print(f"{who:<24}{without.get(who, 0):>10}{number:>10}")
    print(f"digests asked for {len(storm.digests)}, let go {len(storm.digests & storm.due)}")
    for name, told in (("without", calm), ("with", storm)):
        print(f"complainants {name} storm mode: {_customers(told)}")
    print(f"{time.monotonic() - began:.0f} s")
    is_whole = answered(storm, "acknowledgement") == answered(storm, "result") == cases
    return 0 if is_whole else 1


def _customers(told: Told) -> str:
    kinds = ("acknowledgement", "result")
    return ", ".join(f"{answered(told, kind)} with one {kind} of their own" for kind in kinds)


if __name__ == "__main__":
    sys.exit(main())
