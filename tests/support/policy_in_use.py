"""A policy file that a worker watches, rewritten by a test; and what the worker tells of it."""

import os
from pathlib import Path

import yaml

from services.domain.clocks.book import MemoryPolicyArchive


class Counts:
    """What was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def policy_watched(self, policy: str) -> None:
        """Known by the test anyway."""

    def policy_taken_up(self, policy: str) -> None:
        self.told.append(f"{policy} taken up")

    def policy_refused(self, policy: str) -> None:
        self.told.append(f"{policy} refused")


class PolicyInUse:
    """A copy of a shipped file; ``write`` gives it another version, and swaps words."""

    def __init__(self, folder: Path, shipped: Path) -> None:
        self.file = folder / f"{shipped.parent.name}-{shipped.name}"
        self.archive = MemoryPolicyArchive()
        self.counts = Counts()
        self._text = shipped.read_text(encoding="utf-8")
        self._version = yaml.safe_load(self._text)["version"]
        self._writes = 0
        self.write("v1")

    def write(self, version: str, old: str = "", new: str = "") -> None:
        assert old in self._text
        text = self._text.replace(f"version: {self._version}", f"version: {version}", 1)
        self.file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        self._writes += 1
        os.utime(self.file, ns=(self._writes * 10**9, self._writes * 10**9))
