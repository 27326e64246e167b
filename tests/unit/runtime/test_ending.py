"""How a process ends that still has threads of a library in another language."""

import subprocess
import sys

ENDING = """
import atexit, logging, sys, threading, time
from services.runtime.process import end_process
logging.basicConfig(stream=sys.stderr)
atexit.register(lambda: print("taken apart"))
threading.Thread(target=lambda: time.sleep(60)).start()
print("said last", end="")
logging.getLogger().error("logged last")
end_process(70)
"""


def test_a_process_ends_at_once_with_its_code_and_all_that_was_said_and_takes_nothing_apart() -> (
    None
):
    ended = subprocess.run(
        [sys.executable, "-c", ENDING], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 70
    assert ended.stdout == "said last"
    assert "logged last" in ended.stderr
