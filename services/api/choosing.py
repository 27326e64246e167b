"""Keeping what a customer chose about notices."""

from schemas.codec import encode
from schemas.notice_words import NoticeChannel
from schemas.preferences import PreferencesChosen
from schemas.topics import PREFERENCES
from services.api.context import Context, ask
from services.domain.preferences import By, Choice, Preferences, key_of


async def keep(
    context: Context,
    tenant: str,
    who: str,
    chosen: Preferences,
    by: By,
    notice_id: str | None = None,
) -> None:
    """Keep a choice: on its topic first, so that it outlives the database, which obeys it.

    Raises:
        OutageError: it was not kept.
    """
    now, key = context.clock.now(), key_of(tenant, who)
    record = PreferencesChosen(
        tenant=tenant,
        who=who,
        language=chosen.language,
        channels=tuple(NoticeChannel(channel) for channel in chosen.channels),
        zone=chosen.zone,
        opt_out=chosen.opt_out,
        by=by,
        notice_id=notice_id,
        at=now,
    )
    topic = context.settings.topic(PREFERENCES.name)
    await context.publisher.publish(topic, key.encode(), encode(record))
    choice = Choice(now, by, chosen.opt_out, notice_id)
    await ask(context.preferences.choose, key, chosen, choice)
