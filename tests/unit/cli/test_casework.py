"""What `what-if` makes of a case that hears of an incident, by the logic of `cases`."""

from dataclasses import replace
from typing import Any

from schemas.incident_links import IncidentLink
from schemas.vocabulary import Category, ChangeKind, Relation
from services.cases.policies import load_policies
from services.cli.policies.casework import Casework, Given, Heard, Taken
from tests.support.builders import a_contact, a_deduplicated, a_routed, at
from tests.support.pipeline import BOOK
from tests.support.station_teams import HANGZHOU, OWN, station_teams


def followed(hub: str) -> list[tuple[ChangeKind, str | None]]:
    """Return what a case of the front desk about somebody's manners goes through that becomes part
    of an incident at ``hub``, with the team after each."""
    routed = a_routed(
        a_deduplicated(a_contact("one")), team=OWN[HANGZHOU], category=Category.ATTITUDE
    )
    decided = routed.scored.deduplicated
    contact, facts = decided.contact, decided.contact.facts
    taken: Any = (contact.contact_id, contact.person, contact.channel, contact.received_at, facts)
    given = Given(decided.case_id, Relation.NEW, None, routed.scored.score, routed.destination)
    link = IncidentLink(hub=hub, category=Category.ATTITUDE, level=1)
    work = Casework(replace(load_policies(BOOK), teams=station_teams()))
    came = (Taken("one", decided.tenant, *taken), given)
    stories = work.stories([came], [Heard(at(hours=1), "incident-1", link)])
    return [(event.kind, event.team) for _, story in stories for event in story.events]


def test_a_case_is_taken_from_the_station_at_which_its_incident_turns_out_to_be() -> None:
    kinds = dict(followed(HANGZHOU))
    assert kinds[ChangeKind.OPENED] == OWN[HANGZHOU]
    assert kinds[ChangeKind.TEAM_PASSED_OVER] not in (None, OWN[HANGZHOU])


def test_it_stays_where_the_incident_is_elsewhere() -> None:
    assert ChangeKind.TEAM_PASSED_OVER not in dict(followed("成都分拨中心"))
