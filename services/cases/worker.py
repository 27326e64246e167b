"""Binds the cases handler to its topics and store; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_labels import MongoLabelStore
from services.adapters.mongo_loads import MongoLoads
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.process import Parts, Worker
from services.cases.handler import CasesHandler
from services.cases.policies import Files
from services.cases.topics import CaseTopics
from services.cases.watching import watched_policies
from services.domain.clocks.book import open_book
from services.runtime.ports import Handler


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB."""
    settings = parts.settings
    names = CaseTopics(
        contacts=settings.topic(topics.ROUTED.name),
        commands=settings.topic(topics.COMMANDS.name),
        clocks=settings.topic(topics.FIRED.name),
        changed=settings.topic(topics.CHANGED.name),
        state=settings.topic(topics.STATE.name),
        settled=settings.topic(topics.SETTLED.name),
        counts=settings.topic(topics.COUNTS.name),
        express=settings.topic(topics.ROUTED_EXPRESS.name),
    )
    archive = MongoPolicyArchive(parts.database)
    files = Files(
        settings.teams_policy,
        settings.levels_policy,
        settings.merging_policy,
        settings.correcting_policy,
    )
    return CasesHandler(
        store=MongoCaseStore(parts.database),
        labels=MongoLabelStore(parts.database),
        policies=watched_policies(
            open_book(archive, *settings.clock_policies), files, archive, parts.metrics
        ),
        clock=parts.clock,
        topics=names,
        crash=parts.crash,
        loads=MongoLoads(parts.database, parts.clock),
    )


WORKER: Final = Worker(
    "cases",
    (*topics.lane_names(topics.ROUTED), topics.COMMANDS.name, topics.FIRED.name),
    build,
)
