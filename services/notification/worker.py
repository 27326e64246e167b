"""Binds the notification handler to its topics and stores; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_notices import MongoContactDirectory, MongoNoticeStore
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.preferences import MongoPreferences
from services.adapters.process import Parts, Worker
from services.domain.staff import load_staff
from services.domain.team_rules import load_team_rules
from services.notification.handler import NoticeTopics, NotificationHandler, Stores
from services.notification.watching import watched_rules
from services.runtime.ports import Handler


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB."""
    settings = parts.settings
    return NotificationHandler(
        Stores(
            MongoNoticeStore(parts.database),
            MongoContactDirectory(parts.database),
            MongoPreferences(parts.database),
        ),
        rules=watched_rules(
            settings.notification_policy,
            settings.teams_policy,
            load_team_rules(*settings.team_policies),
            MongoPolicyArchive(parts.database),
            parts.metrics,
        ),
        clock=parts.clock,
        topics=NoticeTopics(
            settings.topic(topics.NOTICES.name),
            settings.topic(topics.NOTICES_SETTLED.name),
            settings.topic(topics.RECEIPTS.name),
            settings.topic(topics.CHANGED.name),
        ),
        crash=parts.crash,
        staff=load_staff(settings.staff),
    )


WORKER: Final = Worker("notification", (topics.CHANGED.name,), build)
