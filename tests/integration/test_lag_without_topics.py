"""Nobody is behind on topics that are not there: ``complaints lag`` says so instead."""

from typing import Any

import pytest

from services.cli.__main__ import main
from services.cli.environment import environment_of
from tests.support.namespaces import Namespace

pytestmark = pytest.mark.stack


def test_who_asks_for_the_lag_under_another_prefix_is_not_told_that_all_is_well(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for name, value in environment_of(namespace.settings).items():
        if name.startswith("COMPLAINTS_"):
            monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main(["lag", "--no-rate"])
    assert (ended.value.code, "nobody is behind" in capsys.readouterr().out) == (0, True)
    monkeypatch.setenv("COMPLAINTS_PREFIX", "mistyped.")
    with pytest.raises(SystemExit) as ended:
        main(["lag", "--no-rate"])
    said = capsys.readouterr()
    assert (ended.value.code, "nobody is behind" in said.out) == (1, False)
    assert "topics are missing (mistyped." in said.err
