"""Teams, partners and authorities as a page calls them. Pure."""

from services.console.list_view import team_name
from services.console.viewing import Viewing


def whom_name(waiting_for: str, view: Viewing) -> str:
    """Return who is waited for: the customer by word, others with their id."""
    kind, _, name = waiting_for.partition(":")
    return " ".join(filter(None, (view.texts.word("waiting", kind), name)))


def unit_name(unit: str, view: Viewing) -> str:
    """Return who a unit is: a team of ours by its name, others by the word and their id."""
    kind, has_kind, name = unit.partition(":")
    if kind == "team" or not has_kind:
        return team_name(name or kind, view.teams, view.texts)
    return whom_name(unit, view)
