"""How many customers an incident has follows whose cases are still of it."""

from itertools import chain

from schemas.codec import encode
from schemas.incidents import IncidentCommand
from schemas.vocabulary import ChangeKind
from services.domain.incident_store import Member
from services.domain.incidents.policy import load_incident_policy
from services.incidents.logic import still_counted
from services.incidents.messages import key_of
from services.runtime.records import Inbound
from tests.support.builders import at
from tests.unit.incidents_worker.test_handler import Desk, a_word
from tests.unit.incidents_worker.test_logic import Place, word

COUNTED = load_incident_policy().counted


def grown(cases: int, customers: int) -> Place:
    found = (word("found", n, n, who=f"who-{n % customers}") for n in range(cases))
    return Place().take(*found)


def taken_out(place: Place, *numbers: int) -> None:
    incident_id = place.changes[-1].incident_id
    place.take(*(word("remove", n, 100, incident_id=incident_id) for n in numbers))


def stands(place: Place) -> tuple[int, int, int]:
    newest = place.changes[-1]
    return newest.cases, newest.customers, newest.level


def test_wrong_cases_that_were_taken_out_do_not_make_the_next_one_grave() -> None:
    place = grown(49, 49)
    taken_out(place, *range(1, 49))
    assert stands(place) == (1, 1, 3)
    place.take(word("found", 60, 110))
    assert stands(place) == (2, 2, 3)
    place.take(*(word("found", 100 + n, 120 + n) for n in range(47)))
    assert stands(place) == (49, 49, 3)
    place.take(word("found", 200, 190))
    assert stands(place) == (50, 50, 4)


def test_a_customer_counts_as_long_as_one_of_his_cases_is_of_it() -> None:
    place = grown(8, 4)
    taken_out(place, 0)
    assert stands(place)[:2] == (7, 4)
    taken_out(place, 4)
    assert stands(place)[:2] == (6, 3)


def test_a_level_that_was_reached_stays_and_who_was_too_many_to_count_counts_now() -> None:
    place = grown(COUNTED + 2, COUNTED + 2)
    taken_out(place, 0, 1)
    assert stands(place) == (COUNTED, COUNTED, 4)
    taken_out(place, 2)
    assert stands(place) == (COUNTED - 1, COUNTED - 1, 4)


def test_a_case_that_comes_back_counts_for_whom_it_is_found_by_then() -> None:
    place = grown(5, 5)
    taken_out(place, 0)
    place.take(word("add", 0, 110, who="who-9"))
    assert stands(place)[:2] == (5, 5)
    taken_out(place, 0)
    assert place.state.incident is not None
    assert place.state.incident.who == ("who-1", "who-2", "who-3", "who-4")


def test_who_joined_before_customers_were_kept_with_cases_counts_on() -> None:
    members = [Member("I1", "C1", is_in=True), Member("I1", "C2", is_in=True, who="w2")]
    left = [Member("I1", name, is_in=False) for name in ("C1", "C2")]
    assert still_counted(("w1", "w2"), [*members, left[0]]) == ("w1", "w2")
    assert still_counted(("w1", "w2"), [*members, *left]) == ("w1",)


class Hub:
    """Cases at one hub, to the worker itself."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.desk.take(self.place(a_word()))
        self.incident_id = self.desk.changes[0].incident_id

    def place(self, said: IncidentCommand) -> Inbound:
        return self.desk.inbound("places", encode(said), key_of(said).encode())

    def says(self, number: int, seq: int, kind: ChangeKind) -> Inbound:
        link = {"hub": "东莞", "category": "loss", "level": 3, "who": f"who-{number}"}
        if kind is ChangeKind.INCIDENT_LEFT:
            link.pop("who")  # who asks a case to leave does not know by whom it was found
        about = {"incident_id": self.incident_id, "incident": link, "at": at(minutes=number)}
        return self.desk.change(number, seq, kind, **about)

    def joins(self, number: int) -> Inbound:
        return self.says(number, 2, ChangeKind.INCIDENT_JOINED)

    def leaves(self, number: int) -> Inbound:
        return self.says(number, 3, ChangeKind.INCIDENT_LEFT)


def test_the_worker_counts_by_what_it_stored_and_by_what_the_batch_says() -> None:
    hub = Hub()
    hub.desk.take(*map(hub.joins, range(30)))
    hub.desk.restart()
    both = chain(map(hub.joins, range(30, 49)), map(hub.leaves, range(1, 49)))
    hub.desk.take(*both)
    assert (hub.desk.changes[-1].cases, hub.desk.changes[-1].customers) == (1, 1)
    hub.desk.take(*map(hub.joins, range(50, 98)))
    assert (hub.desk.changes[-1].customers, hub.desk.changes[-1].level) == (49, 3)
    hub.desk.take(hub.joins(98))
    assert hub.desk.changes[-1].level == 4


def test_however_many_leave_by_a_batch_the_members_are_read_once() -> None:
    hub, asked = Hub(), list[str]()
    hub.desk.take(*map(hub.joins, range(30)))
    hub.desk.store.before = asked.append
    hub.desk.take(*map(hub.leaves, range(20)))
    assert asked.count("members") == 2  # the page, and that there is no other
    assert hub.desk.changes[-1].customers == 10
