"""From a seed to a run: what is sent, in which storm, to which workers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from schemas import topics
from tests.simulation.consequences import CONSEQUENCES_READ, SLA
from tests.simulation.fires import with_fires
from tests.simulation.inputs import Inputs, in_lanes, write_inputs
from tests.simulation.scheduler import Scheduler
from tests.simulation.stations import with_stations
from tests.simulation.storm import Storm
from tests.simulation.workers import INCIDENTS_READ, READS
from tests.simulation.world import World


@dataclass(slots=True)
class Run:
    """What is left of a run for the checker; ``is_quiet``: everything was worked off."""

    seed: int
    world: World
    inputs: Inputs
    is_quiet: bool


def weather_of(seed: int, is_whole: bool) -> dict[str, Any]:
    """Return what the seed of a run says beside its storm: in every third stations are named, in
    every fourth of the whole path incidents form. There no defect of our own is met: a dead letter
    that is replayed has lost its place in the order, so what a case said before and after it may
    be heard the other way round."""
    about = {"incidents": True, "defect": 0.0} if is_whole and seed % 4 == 1 else {}
    return {"stations": seed % 3 == 0} | about


def _inputs(seed: int, weather: Mapping[str, Any], is_whole: bool) -> Inputs:
    has_incidents = bool(weather.get("incidents"))
    few: dict[str, Any] = {}
    if is_whole:
        least, most = (1, 2) if has_incidents else (2, 5)  # those of the incident come in addition
        few = {"least": least, "most": most, "is_reachable": True}
    inputs = write_inputs(Random(f"{seed}-inputs"), topics.RECEIVED.name, **few)
    inputs.records[:] = in_lanes(inputs.records, Random(f"{seed}-lanes"))
    if has_incidents:
        inputs.records[:] = with_fires(inputs.records, Random(f"{seed}-fires"), is_whole)
    if weather.get("stations"):
        inputs.records[:] = with_stations(inputs.records)
    return inputs


def run_seed(
    seed: int,
    fair: bool = False,
    trace: bool = False,
    weather: Mapping[str, Any] | None = None,
    is_whole: bool = False,
) -> Run:
    """Run one seed; ``fair`` runs the same contacts without any fault, nor a command.
    ``weather`` changes the drawn storm, by field. Where it ``is_whole`` the workers behind the
    cases are there too, and hours pass; so it has fewer contacts."""
    weather = weather or {}
    inputs = _inputs(seed, weather, is_whole)
    rng = Random(seed)
    storm = Storm.none()
    if not fair:
        storm = Storm.drawn(rng)
        storm = replace(storm.behind(rng) if is_whole else storm, **weather)
    slots = 1 if fair else rng.choice((1, 2, 2) if is_whole else (2, 2, 3))
    reads = READS | (INCIDENTS_READ if weather.get("incidents") else {})
    reads |= CONSEQUENCES_READ if is_whole and not fair else {}
    world = World(rng, storm, storm.partitions, slots, reads)
    if trace:
        world.faults.trace = [f"{storm}"]
    scheduler = Scheduler(world, inputs, storm.commands)
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with world.ended_after():
            for slot in world.slots:
                world.start(slot)
            if fair:
                world.broker.append(inputs.records)
            else:
                if is_whole:
                    scheduler.begin()
                scheduler.storm()
            is_quiet = scheduler.calm()
            if is_quiet and scheduler.mend():
                is_quiet = scheduler.calm()
            if is_quiet and SLA in reads:
                is_quiet = scheduler.let_pass()
            return Run(seed, world, inputs, is_quiet)
    finally:
        logging.disable(before)
