"""The code of a commit beside this one, and a process that measures the code of either.

What measures is always this ``bench/``, and so are the contacts and texts: of the other commit only
``services``, ``schemas`` and ``infra`` are taken. They are written out without a work tree of git:
whatever ends the command, nothing is left behind in the repository.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple, Self

from bench.timing import Timed
from services.cli.supervisor import tied
from services.domain.errors import SettingsError

ROOT: Final = Path(__file__).resolve().parents[1]
MEASURED: Final = ("services", "schemas", "infra")


class Tree(NamedTuple):
    """Code to measure, by a name for people."""

    name: str
    folder: Path


@contextmanager
def code_of(commit: str) -> Iterator[Tree]:
    """Write the code of ``commit`` into a folder that goes again.

    Raises:
        SettingsError: there is no such commit here.
    """
    asked = ("rev-parse", "--verify", "--short", "--end-of-options", f"{commit}^{{commit}}")
    name = _git(commit, *asked).decode().strip()
    with tempfile.TemporaryDirectory(prefix="complaints-bench-") as folder:
        archive = io.BytesIO(_git(commit, "archive", "--format=tar", name, *MEASURED))
        with tarfile.open(fileobj=archive) as files:
            # Git made it, just now; Python before 3.11.4 knows no filter.
            files.extraction_filter = getattr(tarfile, "data_filter", None)
            files.extractall(folder)
        yield Tree(name, Path(folder).resolve())


def _git(commit: str, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=False)
    except FileNotFoundError:
        raise SettingsError("--against needs git, which is not here") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise SettingsError(f"--against {commit}: name a commit that `git log` shows here ({said})")
    return done.stdout


class Measured:
    """A process that measures one thing of one tree, and dies with us."""

    def __init__(self, tree: Tree, measure: str, fingerprints: int) -> None:
        """Begin to fill; :meth:`ready` waits for it."""
        self.tree = tree
        paths = os.pathsep.join(map(str, (tree.folder, ROOT)))
        self._process = subprocess.Popen(
            tied([sys.executable, "-m", "bench.measured", measure, str(fingerprints)]),
            cwd=tree.folder,
            env=os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: we end it.
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # what was asked for last it did not take
                    stream.close()

    def ready(self) -> bool:
        """Wait until a round can be asked for; return False if it ended by itself: what it said
        of that is on standard error."""
        return self._line() == "ready"

    def round(self) -> Timed | None:
        """Return the next round; None if the process ended by itself."""
        try:
            print(file=self._process.stdin, flush=True)
        except BrokenPipeError:
            return None
        line = self._line()
        return Timed(*json.loads(line)) if line else None

    def _line(self) -> str:
        return self._process.stdout.readline().strip() if self._process.stdout else ""
