"""One set of policies, whole: the files that are named, and the shipped ones for all others."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from schemas.routes import Destination
from schemas.scores import ContactScored, Score
from services.cases.policies import Files, Policies, load_policies
from services.cli.policies.sources import Replayed
from services.dedup.policy import DedupPolicy
from services.dedup.policy import load_policy as load_dedup
from services.domain.calendars.policy import load_calendars
from services.domain.case_places import load_places
from services.domain.clocks.book import open_book
from services.domain.clocks.terms import Terms
from services.domain.errors import SettingsError
from services.domain.incidents.policy import IncidentPolicy, load_incident_policy
from services.domain.teams import Teams
from services.routing.logic import Router
from services.routing.policy import load_policy as load_routing
from services.routing.subject import question_of
from services.severity.loading import load_judge
from services.severity.logic import Contact, Judge

PolicyFiles = Mapping[str, Path]
"""Policy files by their kind; what is not named is the shipped one."""
SHIPPED: Final[PolicyFiles] = {}


@cache
def _shipped_judge() -> Judge:
    return load_judge()


class Side:
    """Decides about contacts as the pipeline would under these files."""

    def __init__(self, files: PolicyFiles) -> None:
        """Load what routing and cases go by; the rest when it is asked.

        Raises:
            SettingsError: a file breaks its rules, or they contradict each other.
        """
        self._files = files
        book = open_book(
            None, *map(files.get, ("sla", "calendars", "limits", "teams", "correcting"))
        )
        own = Files(*map(files.get, ("teams", "levels", "merging", "correcting")))
        self.policies: Policies = replace(
            load_policies(book, own), places=load_places(files.get("places"))
        )
        self._calendars = load_calendars(files.get("calendars"))
        self.router = self._router(self.policies.teams)

    def _router(self, teams: Teams) -> Router:
        return Router(load_routing(self._files.get("routing"), teams), teams, self._calendars)

    def with_teams(self, teams: Teams) -> "Side":
        """Return the same with other teams.

        Raises:
            SettingsError: the routing policy names one that is not there, or one works by a
                calendar that is none.
        """
        for name, team in teams.teams.items():
            if team.calendar is not None and team.calendar not in self._calendars.calendars:
                raise SettingsError(
                    f"teams.{name}.calendar: there is no calendar {team.calendar!r}, only "
                    f"{', '.join(self._calendars.calendars)}"
                )
        other = copy(self)
        other.router = self._router(teams)
        other.policies = replace(self.policies, teams=teams)
        return other

    @property
    def terms(self) -> Terms:
        """The time limits."""
        return self.policies.book.today

    @cached_property
    def dedup(self) -> DedupPolicy:
        """What dedup goes by."""
        return load_dedup(self._files.get("dedup"))

    @cached_property
    def incidents(self) -> IncidentPolicy:
        """What incidents are found by."""
        return load_incident_policy(self._files.get("incidents"))

    @cached_property
    def judge(self) -> Judge:
        """Policy and model, as the worker has them; slow to load and not always asked."""
        file = self._files.get("severity")
        return load_judge(file) if file else _shipped_judge()

    def scores(self, some: Sequence[Replayed]) -> list[Score]:
        """Return what severity makes of contacts: much faster than one by one."""
        return self.judge.judge_all([Contact.of(one.deduplicated.contact) for one in some])

    def route(self, one: Replayed, score: Score) -> Destination:
        """Return who works on a contact."""
        fields: dict[str, Any] = {
            "tenant": one.deduplicated.tenant,
            "case_id": one.deduplicated.case_id,
            "deduplicated": one.deduplicated,
            "score": score,
        }
        scored = ContactScored.model_construct(**fields)
        return self.router.route(question_of(scored, self.router.policy.network))
