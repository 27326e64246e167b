"""What is in force and what is archived under its version are the same text."""

from pathlib import Path

import pytest

from services.domain.clocks.book import MemoryPolicyArchive
from services.domain.errors import OutageError
from services.runtime.watching import PolicyFile, Watched
from tests.support.policy_in_use import Counts


class Swapped:
    """A policy file, and a deployment that swaps it right after it was read, ``times`` times."""

    def __init__(self, folder: Path, times: int) -> None:
        self.file = folder / "policy.yaml"
        self.file.write_text("version: v0\n", encoding="utf-8")
        self.archive = MemoryPolicyArchive()
        self._left = times
        self._swaps = 0

    def load(self) -> str:
        found = self.file.read_text(encoding="utf-8")
        if self._left:
            self._left -= 1
            self._swaps += 1
            self.file.write_text(f"version: v{self._swaps}\n", encoding="utf-8")
        return found

    def watch(self) -> Watched[str]:
        return Watched([PolicyFile("teams", self.file)], self.load, self.archive, Counts())


def test_a_file_that_is_swapped_while_it_is_read_is_archived_as_what_is_in_force(
    tmp_path: Path,
) -> None:
    policy = Swapped(tmp_path, times=1)
    assert policy.watch()() == "version: v1\n"
    assert policy.archive.text("teams", "v1") == "version: v1\n"
    assert policy.archive.versions("teams") == ["v1"]


def test_a_file_that_never_rests_is_not_guessed_about(tmp_path: Path) -> None:
    policy = Swapped(tmp_path, times=99)
    with pytest.raises(OutageError, match="changed each time"):
        policy.watch()
    assert policy.archive.versions("teams") == []
