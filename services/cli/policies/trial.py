"""What is tried, and beside what: the files of both sides, and which versions these are.

A network with files of its own wants to know what would change of what it runs: the side before is
that of its settings, and so is all of the candidate's that no candidate is given for.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from services.cli.instance import shown
from services.cli.policies.kinds import BY_NAME, read_content
from services.cli.policies.sides import PolicyFiles
from services.domain.errors import SettingsError
from services.runtime.settings import Settings

COMPARED: Final = (
    "dedup",
    "severity",
    "routing",
    "teams",
    "levels",
    "incidents",
    "sla",
    "limits",
    "calendars",
    "places",
)
"""Kinds that decide about levels, teams, merges or time limits without a person."""
_SETTING: Final = "_policy"


class Version(NamedTuple):
    """A kind of policy, and what stands on both sides: the version, and whose file it is."""

    kind: str
    before: str
    after: str


class Trial(NamedTuple):
    """The files of both sides."""

    candidates: PolicyFiles
    before: PolicyFiles
    after: PolicyFiles

    def versions(self) -> Iterator[Version]:
        """Yield what stands on both sides, of every kind that is compared.

        Raises:
            SettingsError: a file cannot be read.
        """
        for kind in COMPARED:
            files = self.before.get(kind), self.after.get(kind)
            before, after = (_version_of(kind, file) for file in files)
            yield Version(kind, before, after)


def trial_of(candidates: PolicyFiles, against: PolicyFiles, settings: Settings) -> Trial:
    """Return the trial of candidates where ``settings`` count, ``against`` before them.

    Raises:
        SettingsError: a candidate decides about nothing that is compared.
    """
    for kind, file in candidates.items():
        if kind not in COMPARED:
            raise SettingsError(
                f"{file}: a {kind} policy decides about no level, team, merge or time limit "
                f"by itself; what-if compares {', '.join(COMPARED)}"
            )
    own = {name.removesuffix(_SETTING): path for name, path in settings.policy_files.items()}
    return Trial(candidates, {**own, **against}, {**own, **candidates})


def _version_of(kind: str, file: Path | None) -> str:
    content = read_content(file or BY_NAME[kind].shipped)
    version = content.get("version") if isinstance(content, dict) else None
    return f"{version} ({'shipped' if file is None else shown(file)})"
