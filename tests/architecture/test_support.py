"""What the tests lean on: policies are read once, and waiting leaves the processor to others."""

from pathlib import Path

import pytest

from services.domain import policies
from services.domain.errors import SettingsError
from services.domain.frequent import SHIPPED, load_frequent
from services.notification.policy import load_policy as load_notices
from tests.support import read_once, waiting


def test_a_policy_is_read_once_and_each_who_loads_it_has_a_copy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "frequent.yaml"
    file.write_text(SHIPPED.read_text())
    first = load_frequent(file)
    monkeypatch.setattr(read_once, "_LOAD", None)
    again = load_frequent(file)
    assert again == first
    assert again is not first


def test_what_one_derives_from_his_copy_does_not_outlive_a_change_of_another() -> None:
    first, other = load_notices(), load_notices()
    assert first.storm is not other.storm
    assert first.storm.rates["team"] is not other.storm.rates["team"]


def test_a_policy_that_says_something_else_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "frequent.yaml"
    file.write_text(SHIPPED.read_text())
    load_frequent(file)
    file.write_text("nothing: true")
    for _ in range(2):
        with pytest.raises(SettingsError, match="version"):
            load_frequent(file)
    file.unlink()
    with pytest.raises(SettingsError, match="No such file"):
        load_frequent(file)


def test_what_a_file_says_is_given_to_nobody_twice() -> None:
    first = policies.parse_yaml("a: [1]")
    first["a"].append(2)
    assert policies.parse_yaml("a: [1]") == {"a": [1]}


class Time:
    """Goes on while somebody sleeps, and while he asks."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


@pytest.mark.parametrize(("costs", "pause"), [(0.01, 0.05), (0.4, 0.4), (15.0, 1.0)])
def test_a_question_that_takes_long_is_asked_as_much_less_often(
    monkeypatch: pytest.MonkeyPatch, costs: float, pause: float
) -> None:
    time = Time()
    monkeypatch.setattr(waiting, "time", time)

    def ask() -> bool:
        time.now += costs
        return len(time.slept) == 2

    assert waiting.eventually(ask)
    assert time.slept == pytest.approx([pause, pause])
