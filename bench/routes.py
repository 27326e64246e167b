"""How many contacts a second the routing tree decides about, on one core.

The shipped rules on top of 2,000 stations' own routes, over contacts of every kind. ``complaints
bench decisions routing`` measures the walk alone. ``python -m bench.routes`` shows what is around
it: the walk, with what is looked up of each contact before it, and the worker's whole batch
(reading and writing the records too). Children are compared flat, the worst case, and by region;
the answers of both are the same.
"""

import argparse
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bench.timing import Round, timed
from schemas.codec import encode
from schemas.contacts import ContactDeduplicated, ContactReceived, Facts, Role
from schemas.scores import ContactScored, Score
from schemas.vocabulary import Category, Cause, Channel, Nature, Relation
from services.adapters.clock import SystemClock
from services.domain.calendars.policy import load_calendars
from services.domain.teams import load_teams
from services.routing.handler import RoutingHandler
from services.routing.logic import Router
from services.routing.match import Match, Range
from services.routing.policy import Route, RoutingPolicy, load_policy
from services.routing.subject import question_of
from services.runtime.records import Inbound

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
ROUTES = 2000
CONTACTS = 20_000
CATEGORIES = tuple(one for one in Category if one is not Category.UNKNOWN)


def a_policy(routes: int, flat: bool) -> RoutingPolicy:
    """Return the shipped policy with routes of stations: by hub and category, some by value."""
    shipped = load_policy()
    stations = [
        Route(
            id=f"station-{number}",
            match=Match(
                hub=frozenset({f"hub-{number // 2}"}),
                category=frozenset({CATEGORIES[number % len(CATEGORIES)], "delay"}),
                declared_value_cny=Range(at_least=float(number % 5)) if number % 3 == 0 else None,
            ),
            team="delivery",
        )
        for number in range(routes)
    ]
    if flat:
        children = tuple(stations)
    else:
        children = tuple(
            Route(
                id=f"part-{part}",
                match=Match(hub=frozenset(hub for one in own for hub in one.match.hub or ())),
                routes=tuple(own),
            )
            for part in range(7)
            if (own := stations[part * routes // 7 : (part + 1) * routes // 7])
        )
    tree = shipped.tree.model_copy(update={"routes": (*children, *shipped.tree.routes)})
    return shipped.model_copy(update={"tree": tree})


def contacts(count: int, seed: int = 1) -> list[ContactScored]:
    """Return contacts of every kind; one in three names no hub that has a route."""
    chance = random.Random(seed)
    cities = ["上海", "北京市", "深圳", "London", "somewhere", None]
    found = []
    for number in range(count):
        facts = Facts(
            waybill=f"SF{chance.randrange(10**12, 10**13)}",
            role=chance.choice(list(Role)),
            declared_value_cny=chance.choice([None, 20.0, 3000.0, 20000.0]),
            prior_contacts=chance.choice([None, 0, 1, 4]),
            origin=chance.choice(cities),
            destination=chance.choice(cities),
            hub=f"hub-{chance.randrange(1500)}",
        )
        contact = ContactReceived(
            tenant="default",
            contact_id=f"con-{number}",
            received_at=NOON,
            accepted_at=NOON,
            channel=chance.choice(list(Channel)),
            text="快件三天没有更新,请尽快查一下,收件人很着急。",
            facts=facts,
            tracking=f"trk-{number}",
        )
        deduplicated = ContactDeduplicated(
            tenant="default",
            case_id=f"case-{number}",
            contact=contact,
            relation=Relation.NEW,
            policy="bench",
            decided_at=NOON,
        )
        score = Score(
            category=chance.choice(CATEGORIES),
            nature=Nature.SERVICE,
            cause=chance.choice(list(Cause)),
            level=chance.choices([1, 2, 3, 4], [60, 30, 8, 2])[0],
            confidence=0.9,
            policy="bench",
        )
        found.append(
            ContactScored(
                tenant="default",
                case_id=deduplicated.case_id,
                deduplicated=deduplicated,
                score=score,
                scored_at=NOON,
            )
        )
    return found


def prepare(routes: int = ROUTES, count: int = CONTACTS) -> Round:
    """Return a round of the walk alone, over ``count`` contacts and a flat tree."""
    router = Router(a_policy(routes, flat=True), load_teams(), load_calendars())
    questions = [question_of(one, router.policy.network) for one in contacts(count)]
    return lambda: timed(lambda: [router.route(one) for one in questions], count)


def rate(work: Callable[[], object], count: int, rounds: int) -> int:
    """Return how many a second, in the best of some rounds: others use the machine too."""
    return round(max(timed(work, count).rate for _ in range(rounds)))


def measure(
    routes: int, flat: bool, scored: Sequence[ContactScored], rounds: int
) -> dict[str, int]:
    """Return the three figures for one tree."""
    router = Router(a_policy(routes, flat), load_teams(), load_calendars())
    network = router.policy.network
    questions = [question_of(one, network) for one in scored]
    handler = RoutingHandler(lambda: router, SystemClock(), {"in": "out"})
    batch = [Inbound("in", 0, n, "in", None, encode(one)) for n, one in enumerate(scored)]
    count = len(scored)
    return {
        "routes": sum(1 for _ in router.policy.tree.walk()),
        "decisions": rate(lambda: [router.route(one) for one in questions], count, rounds),
        "with_facts": rate(
            lambda: [router.route(question_of(one, network)) for one in scored], count, rounds
        ),
        "whole_batch": rate(lambda: handler.handle(batch, {}), count, rounds),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.routes", description=__doc__)
    parser.add_argument("--routes", type=int, default=ROUTES)
    parser.add_argument("--contacts", type=int, default=CONTACTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    scored = contacts(asked.contacts)
    figures = {
        name: measure(asked.routes, name == "flat", scored, asked.rounds)
        for name in ("flat", "by_region")
    }
    if asked.json:
        print(json.dumps(figures))
        return 0
    for name, one in figures.items():
        print(
            f"{name:<10} {one['routes']} routes   decisions {one['decisions']:>9,}/s   "
            f"with facts {one['with_facts']:>9,}/s   whole batch {one['whole_batch']:>7,}/s"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
