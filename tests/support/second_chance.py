"""Which tests failed only because a deadline passed: ``--late-to FILE``.

A deadline may be the machine's fault, and ``./complaints test`` runs such tests once more. An
outcome that is wrong (something lost, doubled, or other than it should be) never is.
"""

import json
import os
import re
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from tests.support.waiting import NotInTimeError

_KINDS: Final = (NotInTimeError, TimeoutError, subprocess.TimeoutExpired)
_ELSEWHERE: Final = {("playwright", "TimeoutError"), ("httpx", "TimeoutException")}
"""Not imported here: most runs need neither package."""
_EXPECTED: Final = re.compile(r"^Call log:\n.* with timeout \d+ms$", re.MULTILINE)
"""What Playwright's ``expect`` says when its time is over."""


def is_late(error: BaseException) -> bool:
    """Say whether an error tells no more than that a deadline passed."""
    kinds = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(error).__mro__}
    if isinstance(error, _KINDS) or kinds & _ELSEWHERE:
        return True
    return isinstance(error, AssertionError) and bool(_EXPECTED.search(str(error)))


class LateTests:
    """Notes what failed, and writes it when the session ends."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._late: dict[str, str] = {}
        self._wrong: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed:
            error = call.excinfo.value if call.excinfo is not None else None
            if error is not None and is_late(error):
                self._late.setdefault(_name(item), _first_line(error))
            else:
                self._wrong.add(_name(item))
        return report

    def pytest_sessionfinish(self) -> None:
        late = {test: words for test, words in self._late.items() if test not in self._wrong}
        told = {"late": late, "wrong": sorted(self._wrong)}
        self._file.write_text(json.dumps(told), encoding="utf-8")


def _name(item: pytest.Item) -> str:
    """Return what pytest takes as an argument for this test, from where it was started."""
    path = os.path.relpath(item.path, item.config.invocation_params.dir)
    return f"{path}::{item.nodeid.partition('::')[2]}"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
