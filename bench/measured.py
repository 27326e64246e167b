"""One measurement in a process of its own, on one core: ``complaints bench decisions`` starts it
where the code to be measured lies, and asks it.

    python -m bench.measured dedup 100000

Says "ready" once it is filled. Then each line that it reads is a round, and the answer to it a line
of JSON; it ends with its input.
"""

import json
import os
import sys
from pathlib import Path
from typing import Final

from bench.timing import Round

CONTACTS: Final = 5_000
"""Decided by dedup in a round."""


def prepare(measure: str, fingerprints: int) -> Round:
    """Return the rounds of a measure, made ready with what lies under the working directory."""
    match measure:
        case "scoring":
            from bench import scoring

            return scoring.prepare()
        case "routing":
            from bench import routes

            return routes.prepare()
    from bench import dedup
    from services.adapters.memory_dedup import MemoryDedupStore

    return dedup.prepare(MemoryDedupStore(), fingerprints, CONTACTS)


def main(measure: str, fingerprints: int) -> None:
    """Measure as often as asked."""
    import services

    if not Path(services.__file__ or "").is_relative_to(Path.cwd()):
        raise SystemExit(f"{services.__file__} is not the code in {Path.cwd()}")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    one_round = prepare(measure, fingerprints)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(one_round()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
