"""A policy is whole or refused, and the refusal says where."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.domain.errors import SettingsError
from services.severity.policy import SHIPPED, load_policy


def changed(tmp_path: Path, **changes: Any) -> Path:
    content = yaml.load(SHIPPED.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    for path, value in changes.items():
        part = content
        *parents, last = path.split("__")
        for name in parents:
            part = part[name]
        part[last] = value
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.dump(content, allow_unicode=True), encoding="utf-8")
    return file


def test_a_changed_version_is_taken(tmp_path: Path) -> None:
    assert load_policy(changed(tmp_path, version="mine-1")).version == "mine-1"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": ""}, "version: "),
        ({"signs__late__words": "{nothing}"}, "signs.late"),
        ({"signs__late__words": "(open"}, "signs.late"),
        ({"signs__late__gives": {"weather": 1}}, "signs.late.gives"),
        ({"signs__late__gives": {"unknown": 1}}, "signs.late.gives"),
        ({"signs__late__denied_by": ["never"]}, "signs.late.denied_by: unknown 'never'"),
        ({"levels": [{"id": "x1", "level": 5}]}, "levels.0.level"),
        ({"levels": [{"id": "x1", "level": 3, "all": ["gone"]}]}, "rule x1: unknown 'gone'"),
        ({"places": [{"id": "x1", "words": "a", "reach": "far", "factor": 1}]}, "places.0.reach"),
        ({"natures": {"delay": "service"}}, "natures"),
        ({"surprise": 1}, "surprise"),
        ({"roles__shop": "gone"}, "roles: unknown 'gone'"),
    ],
    ids=str,
)
def test_a_policy_that_breaks_the_schema_is_refused_by_field(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    file = changed(tmp_path, **changes)
    with pytest.raises(SettingsError) as refused:
        load_policy(file)
    assert str(file) in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"a: [", "is not YAML"), (b"\xff\xfe\xff", "not YAML in UTF-8"), (b"[]", "dictionary")],
)
def test_a_file_that_is_no_policy_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        load_policy(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_policy(tmp_path / "none.yaml")
