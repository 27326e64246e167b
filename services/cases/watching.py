"""Teams, levels, rules of merging and of correction in force: taken up while the worker runs
(ADR 0051)."""

from functools import partial
from typing import Final

from services.cases import levels, merging_policy
from services.cases.policies import Files, Policies, load_policies, read_again
from services.domain import correcting, teams
from services.domain.clocks.book import PolicyArchive, PolicyBook
from services.runtime.ports import PolicyMetrics
from services.runtime.watching import PolicyFile, Watched

LEVELS: Final = "levels"
MERGING: Final = "merging"


def watched_policies(
    book: PolicyBook, files: Files, archive: PolicyArchive, metrics: PolicyMetrics
) -> Watched[Policies]:
    """Watch the four files, the shipped ones where none is named; the rest of what people
    decide about cases is read once.

    Raises:
        SettingsError: one breaks its rules, or its version said something else before.
        OutageError: the archive is away.
    """
    watched = [
        PolicyFile(teams.KIND, files.teams or teams.SHIPPED),
        PolicyFile(LEVELS, files.levels or levels.SHIPPED),
        PolicyFile(MERGING, files.merging or merging_policy.SHIPPED),
        PolicyFile(correcting.KIND, files.correcting or correcting.SHIPPED),
    ]
    policies = load_policies(book, files)
    return Watched(watched, partial(read_again, policies, files), archive, metrics)
