"""What a person may say of an incident: who says it, with which rank, and why. Pure.

Asked by the API before a word is sent, to say at once what is wrong with it; and by the writer of
the incident, who decides: a word may reach it by another way.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

from schemas.incidents import IncidentAsk, IncidentCommand
from services.domain.correcting import Correcting, load_correcting
from services.domain.incidents.policy import IncidentPolicy, load_incident_policy
from services.domain.team_rules import TeamRules, load_team_rules
from services.domain.teams import Teams
from services.domain.waybill import waybills_in

_WITH_NOTE: Final = frozenset({IncidentAsk.END, IncidentAsk.SET_LEVEL, IncidentAsk.UPDATE})
_IN_WORDS: Final = {
    IncidentAsk.OPEN: "open an incident",
    IncidentAsk.END: "end an incident",
    IncidentAsk.ADD: "add a case",
    IncidentAsk.REMOVE: "take a case out",
    IncidentAsk.SET_LEVEL: "set or lower the level",
    IncidentAsk.UPDATE: "tell its customers something",
}
OF_PERSONS: Final = frozenset(_IN_WORDS)
NOT_PERMITTED: Final = "not_permitted"
MISSING: Final = "missing_field"
INVALID: Final = "invalid_field"
"""All as a case says it."""

_OF_ONE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"
    r"|[1-9][0-9]{5}(?:18|19|20)[0-9]{9}[0-9Xx])(?![0-9A-Za-z])"
)
"""A mobile number of the mainland, an identity card's (GB 11643). Hotlines and sums pass."""


class Unsaid(NamedTuple):
    """Why a word has no effect: a word for programs, the field, a sentence for people."""

    rule: str
    field: str
    explanation: str


class Ranks(NamedTuple):
    """Who works where, and which team may lower a level (ADR 0033)."""

    teams: Teams
    correcting: Correcting

    def why_not(self, command: IncidentCommand, level: int | None) -> Unsaid | None:
        """Return why a person's word has no effect; None where it has, and for words that no
        person says. ``level`` is that of the incident that lasts at the place, if one does."""
        if command.kind not in OF_PERSONS:
            return None
        if not command.actor.startswith("clerk:"):
            why = f"actor: to {_to(command)} is for clerks: prove which one it is"
            return Unsaid(NOT_PERMITTED, "actor", why)
        if command.kind in _WITH_NOTE and not (command.note or "").strip():
            why = f"note: to {_to(command)} needs a note: say why"
            return Unsaid(MISSING, "note", why)
        if command.kind is IncidentAsk.UPDATE and _names_one(command.note or ""):
            why = (
                "note: every customer of the incident reads it: take out the number of one "
                "person's telephone, identity card or waybill"
            )
            return Unsaid(INVALID, "note", why)
        team = None if level is None else self._team_for(command, level)
        if team is None or self.teams.has_rank(command.actor, team):
            return None
        why = f"actor: at level {level} to {_to(command)} is for {team} or a team above it"
        return Unsaid(NOT_PERMITTED, "actor", why)

    def _team_for(self, command: IncidentCommand, level: int) -> str | None:
        """Return whose word it takes. What all customers read is a word of the whole house, as an
        answer at that level is. An incident that is over raises no further case; and a level
        that a person set is not raised by the rule any more, also when it is the one that the
        incident has: both take away what lowering takes away."""
        if command.kind in (IncidentAsk.END, IncidentAsk.UPDATE):
            return self.correcting.may_lower(level)
        if command.kind is IncidentAsk.SET_LEVEL and (command.level or level) <= level:
            return self.correcting.may_lower(level)
        return None


class IncidentRules(NamedTuple):
    """All that an incident is decided by."""

    policy: IncidentPolicy
    ranks: Ranks


def load_ranks(
    teams: Path | None = None, rules: TeamRules | None = None, correcting: Path | None = None
) -> Ranks:
    """Read the teams and the rules of correction, the shipped ones where no path is given;
    ``rules`` is what else teams must fit.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    fitting = (rules or load_team_rules())._replace(correcting=load_correcting(correcting))
    return Ranks(fitting.load(teams), fitting.correcting)


def load_incident_rules(path: Path | None = None) -> IncidentRules:
    """Read a policy of incidents, the shipped one without ``path``, with the shipped teams.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return IncidentRules(load_incident_policy(path), load_ranks())


def _names_one(words: str) -> bool:
    """Return whether words hold the number of one person or parcel."""
    return bool(_OF_ONE.search(words) or waybills_in(words))


def _to(command: IncidentCommand) -> str:
    """Return in words what is asked, to come after "to"."""
    return _IN_WORDS[command.kind]
