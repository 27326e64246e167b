"""Keeping what a customer chose about notices, under everything that he is known by."""

from collections.abc import Collection, Sequence

from schemas.codec import encode
from schemas.notice_words import NoticeChannel
from schemas.preferences import PreferencesChosen
from schemas.topics import PREFERENCES
from services.api.context import Context, ask
from services.domain.preferences import By, Choice, Preferences, joined, key_of


async def known_of(context: Context, tenant: str, names: Sequence[str]) -> Preferences:
    """Return what the person of these names chose.

    Raises:
        OutageError: the database is away.
    """
    keys = [key_of(tenant, name) for name in names]
    found = await ask(context.preferences.chosen, keys)
    return joined(found[key] for key in keys if key in found)


async def keep(
    context: Context,
    tenant: str,
    names: Sequence[str],
    chosen: Preferences,
    said: Collection[str],
    by: By,
    notice_id: str | None = None,
) -> Preferences:
    """Keep a choice of the fields that were ``said``, and return the whole of it: on its topic
    first, so that it outlives the database, which obeys it. Nothing else is written: what was
    chosen meanwhile by another way stands.

    Raises:
        OutageError: it was not kept, or not under every name; saying it again mends that.
    """
    known, now = await known_of(context, tenant, names), context.clock.now()
    whole = known.model_copy(update={field: getattr(chosen, field) for field in said})
    topic = context.settings.topic(PREFERENCES.name)
    for who in names:
        record = PreferencesChosen(
            tenant=tenant,
            who=who,
            language=whole.language,
            channels=tuple(NoticeChannel(channel) for channel in whole.channels),
            zone=whole.zone,
            opt_out=whole.opt_out,
            said=tuple(sorted(said)),
            by=by,
            notice_id=notice_id,
            at=now,
        )
        await context.publisher.publish(topic, key_of(tenant, who).encode(), encode(record))
    choice = Choice(now, by, whole.opt_out, notice_id)
    for who in names:
        await ask(context.preferences.choose, key_of(tenant, who), whole, choice, said)
    return whole
