"""Keeping what a customer chose about notices, under everything that he is known by."""

from collections.abc import Collection, Sequence

from schemas.codec import encode
from schemas.contacts import ContactDeduplicated
from schemas.notice_words import NoticeChannel
from schemas.preferences import PreferencesChosen
from schemas.topics import PREFERENCES
from services.api.context import Context, ask
from services.domain.known_by import Name, persons_of
from services.domain.opened import opened_personal
from services.domain.preferences import (
    By,
    Choice,
    Preferences,
    joined,
    key_of,
    looked_for,
    names_of,
)
from services.domain.said import said_of


def chooses_for(
    context: Context, found: ContactDeduplicated, letter: Name | None = None
) -> tuple[str, ...]:
    """Return the names for which whoever has the code of a contact chooses: those that the way it
    came proves, or the ``letter`` by which he came does, which went to this kind of address; and
    those that nobody used before. Another one stands on the parcel for all to read: of it he
    chooses for this contact alone (ADR 0084).

    Raises:
        OutageError: the database is away.
    """
    contact = found.contact
    if contact.person is None:
        return names_of(contact)
    proved = set(said_of(found).proved)
    given = getattr(opened_personal(found, context.vault), letter) if letter is not None else None
    if letter is not None and given:
        proved.update(persons_of(context.keys, found.tenant, **{letter: given}))
    names = names_of(contact)
    his = tuple(n for n in names if n in proved or not _is_of_before(context, found, n))
    return his if len(his) == len(names) else (*his, contact.contact_id)


def _is_of_before(context: Context, found: ContactDeduplicated, name: str) -> bool:
    """Return whether somebody of this name complained before, of something else."""
    cases = context.queries.cases_of_person(found.tenant, [name])
    others = (context.queries.case(found.tenant, one) for one in reversed(cases)
              if one != found.case_id)  # fmt: skip
    before = found.contact.accepted_at
    return any(one is not None and one.opened_at < before for one in others)


def chosen_under(
    context: Context, found: ContactDeduplicated, letter: Name | None = None
) -> Preferences:
    """Return what whoever has the code of a contact chose, as far as it is his to choose; and in
    any case whether messages were refused, which holds for him as well.

    Raises:
        OutageError: the database is away.
    """
    his = chooses_for(context, found, letter)
    names = tuple(dict.fromkeys((*his, *looked_for(found.contact))))
    keys = {name: key_of(found.tenant, name) for name in names}
    kept = context.preferences.chosen(keys.values())
    own = joined(kept[keys[name]] for name in his if keys[name] in kept)
    return own.model_copy(update={"opt_out": any(one.opt_out for one in kept.values())})


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
