"""A folder on a disk of a few megabytes that can be full: a file system in memory, in a mount
namespace of its own, so that no one else sees it and nobody needs to be root."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from infra.embedded.node import Node

_AS_ROOT: Final = os.geteuid() == 0
_UNSHARE: Final = ("unshare", "-m") if _AS_ROOT else ("unshare", "-U", "-r", "-m")
_ENTER: Final = ("-m",) if _AS_ROOT else ("-U", "-m", "--preserve-credentials")
_HOLD: Final = """
set -e
mount -t tmpfs -o size="$1"m tmpfs "$3"
cp -a "$2"/. "$3"/
mount --bind "$3" "$2"
echo ready
exec sleep infinity
"""


def is_possible() -> bool:
    """Return whether this machine lets us mount something of our own."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return False
    with_mount = (*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/mnt")
    return subprocess.run(with_mount, capture_output=True, check=False).returncode == 0


class SmallDisk:
    """Puts ``folder``, with what is in it, on a disk of ``megabytes``; a context manager.

    Only programs started through :meth:`inside` see that disk.
    """

    def __init__(self, folder: Path, megabytes: int) -> None:
        self._folder = folder
        stage = folder.with_name(f"{folder.name}-disk")
        stage.mkdir()
        self._holder = subprocess.Popen(
            [*_UNSHARE, "sh", "-c", _HOLD, "hold", str(megabytes), str(folder), str(stage)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "ready\n", "the disk cannot be mounted"
        self._seen = Path(f"/proc/{self._holder.pid}/root{folder}")

    def inside(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return ``command`` as it runs with the small disk in its place."""
        enter = shutil.which("nsenter")
        assert enter is not None
        return [enter, "-t", str(self._holder.pid), *_ENTER, "--", *command]

    def carry(self, node: Node) -> None:
        """Let an engine that stands still run on this disk from its next start on."""
        usual = node.command
        node.command = lambda: self.inside(usual())  # type: ignore[method-assign]

    def fill(self) -> None:
        """Take all room that is left."""
        with open(self._seen / "ballast", "ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(64 * 1024))
            except OSError:
                pass

    def make_room(self) -> None:
        """Give back what :meth:`fill` took."""
        (self._seen / "ballast").unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._holder.kill()
        self._holder.wait()
        assert self._holder.stdout is not None
        self._holder.stdout.close()
