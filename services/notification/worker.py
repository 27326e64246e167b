"""Binds the notification handler to its topics and stores; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_notices import MongoContactDirectory, MongoNoticeStore
from services.adapters.preferences import MongoPreferences
from services.adapters.process import Parts, Worker
from services.domain.teams import load_teams
from services.notification.handler import NoticeTopics, NotificationHandler, Stores
from services.notification.policy import load_policy
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
        policy=load_policy(settings.notification_policy),
        teams=load_teams(),
        clock=parts.clock,
        topics=NoticeTopics(
            settings.topic(topics.NOTICES.name),
            settings.topic(topics.NOTICES_SETTLED.name),
            settings.topic(topics.RECEIPTS.name),
            settings.topic(topics.CHANGED.name),
        ),
        crash=parts.crash,
    )


WORKER: Final = Worker("notification", (topics.CHANGED.name,), build)
