"""Who is meant by a line of the table: complainants, staff, partners. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from schemas.cases import CaseChanged
from schemas.notice_words import NoticeChannel
from services.domain.night import Night
from services.domain.notice_store import NOWHERE, Reach, Standing, Told
from services.domain.preferences import NOTHING_CHOSEN, Preferences
from services.domain.proof import names_in, proof_of
from services.domain.staff import NOBODY_LISTED, StaffBook
from services.domain.teams import Teams
from services.notification.policy import OF_CUSTOMERS, NoticePolicy, Whom

NO_ADDRESS: Final = "no_address"
CONTACT_UNKNOWN: Final = "contact_unknown"
NO_TEAM_ABOVE: Final = "no_team_above"
NO_ALIASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
NOTHING_KNOWN: Final[Mapping[str, Reach]] = MappingProxyType({})
_CLERK: Final = "clerk:"
_PARTNER: Final = "partner:"
NOBODY_CHOSE: Final[Mapping[str, Preferences]] = MappingProxyType({})


class Recipient(NamedTuple):
    """Somebody to tell. ``who`` is None for staff; ``trouble`` why nobody can be reached."""

    name: str
    who: str | None
    contact_id: str
    channel: str
    language: str
    trouble: str | None = None
    calling_code: str | None = None
    fallback: tuple[NoticeChannel, ...] | None = None
    """Over what next, where the recipient chose; else the sender's policy says."""
    usual: str | None = None
    """The channel that the policy found, where the recipient chose another one."""
    zone: str | None = None
    """Of staff: where it is."""
    quiet: Night | None = None
    """Of staff: when it is left alone there."""


class Around(NamedTuple):
    """What a decision needs beside the change: how its contact can be reached, what was decided
    about the case's complainants, where the case stands, what people chose, and the address book
    of staff. By contact id ``aliases`` says what else its complainant is known by, and ``said``
    what else there is to know of a contact that was decided about."""

    reach: Reach | None = None
    earlier: Sequence[Told] = ()
    standing: Standing = NOWHERE
    chosen: Mapping[str, Preferences] = NOBODY_CHOSE
    staff: StaffBook = NOBODY_LISTED
    aliases: Mapping[str, tuple[str, ...]] = NO_ALIASES
    said: Mapping[str, Reach] = NOTHING_KNOWN


def who_of(change: CaseChanged) -> str | None:
    """Return who the complainant of the change's contact is: a person, or an anonymous one
    known by the contact alone; None when the change brings no contact."""
    contact = change.contact
    return None if contact is None else contact.person or contact.contact_id


def recipients(
    whom: Whom, change: CaseChanged, around: Around, policy: NoticePolicy, teams: Teams
) -> Iterator[Recipient]:
    """Yield whom a line of the table means."""
    if whom in OF_CUSTOMERS:
        for one in _complainants(whom, change, around, policy):
            yield _as_chosen(one, around.chosen.get(one.who or "", NOTHING_CHOSEN))
    elif whom in (Whom.CLERK, Whom.PARTNER, Whom.HOLDER):
        for one in _persons(whom, change, around, policy):
            yield _as_listed(one, around.staff)
    else:
        for one in _teams(whom, change, around, policy, teams):
            yield _as_listed(one, around.staff)


def _teams(
    whom: Whom, change: CaseChanged, around: Around, policy: NoticePolicy, teams: Teams
) -> Iterator[Recipient]:
    own, way = change.team or around.standing.team or policy.teams.fallback, policy.teams
    match whom:
        case Whom.TEAM:
            yield _staff(f"team:{own}", way.channel, way.language)
        case Whom.NEXT_TEAM:
            if above := teams.above(own):
                yield _staff(f"team:{above}", way.channel, way.language)
            else:
                name = f"team:above-{own}"
                yield Recipient(name, None, name, NoticeChannel.NONE, "zh", NO_TEAM_ABOVE)
        case Whom.INFORMED:
            for team in change.inform:
                yield _staff(f"team:{team}", way.channel, way.language)
        case Whom.MANAGERS:
            chiefs = policy.managers
            yield _staff(f"team:{chiefs.team}", chiefs.channel, chiefs.language)


def _persons(
    whom: Whom, change: CaseChanged, around: Around, policy: NoticePolicy
) -> Iterator[Recipient]:
    if whom is Whom.CLERK:
        clerk = change.assignee or around.standing.assignee
        if clerk:
            name = clerk if clerk.startswith(_CLERK) else f"{_CLERK}{clerk}"
            yield _staff(name, policy.clerks.channel, policy.clerks.language)
        return
    if whom is Whom.HOLDER:
        holder = change.task.holder if change.task else ""
        if holder:
            way = policy.partners if holder.startswith(_PARTNER) else policy.teams
            yield _staff(holder, way.channel, way.language)
        return
    partner = change.waiting_for or around.standing.waiting_for or ""
    if partner.startswith(_PARTNER):
        yield _staff(partner, policy.partners.channel, policy.partners.language)


def _complainants(
    whom: Whom, change: CaseChanged, around: Around, policy: NoticePolicy
) -> Iterator[Recipient]:
    if whom is Whom.COMPLAINANT:
        who = who_of(change)
        if who is not None:
            own = [told for told in around.earlier if told.who == who]
            newest = _of_contact(change, who, around.reach, policy)
            yield _best(who, *_by_himself(own, newest, around), policy)
        return
    for who, own in _by_person(around).items():
        yield _best(who, own, None, policy)


def _by_himself(
    own: Sequence[Told], newest: Recipient, around: Around
) -> tuple[Sequence[Told], Recipient | None]:
    """Return of the contacts under one name those that are by whom they say, where one of these can
    be answered: what somebody else typed beside the name is not where its owner is told."""
    if not around.said and (around.reach is None or not around.reach.claims):
        return own, newest
    known = [around.said[one.contact_id] for one in own if one.contact_id in around.said]
    unproved = proof_of([*known, *([around.reach] if around.reach else ())]).unproved
    if not unproved:
        return own, newest
    proved = [one for one in own if one.contact_id not in unproved]
    if not any(one.channel != NoticeChannel.NONE for one in proved):
        return own, newest
    return proved, None if newest.contact_id in unproved else newest


def _of_somebody_else(around: Around) -> frozenset[str]:
    """Return the contacts that only say that they are by somebody who is told at an address that
    he gave himself; or by somebody whom only such a contact named."""
    if not around.said:
        return frozenset()
    known = [around.said[one.contact_id] for one in around.earlier if one.contact_id in around.said]
    proof = proof_of(known)
    if not proof.unproved:
        return proof.unproved
    reached = {one.contact_id for one in around.earlier if one.channel != NoticeChannel.NONE}
    answered = [one for one in known if one.contact_id in reached - proof.unproved]
    names = {name for one in answered for name in names_in(one)}
    return frozenset(
        one.contact_id
        for one in known
        if one.contact_id in proof.unproved
        and answered
        and (not names.isdisjoint(names_in(one)) or proof.names.isdisjoint(names_in(one)))
    )


def _by_person(around: Around) -> dict[str, list[Told]]:
    """Return what was decided about each complainant. Whoever first gave his phone alone and later
    his customer number with it is one person under two names, and so is everybody over a rotation
    of keys: he is told once, under the name that knows the other. Two who share a phone stay two,
    as neither's own name is the phone. Who only says that he is one of them is nobody more to
    tell."""
    by_who: dict[str, list[Told]] = {}
    knows: dict[str, str] = {}
    others = _of_somebody_else(around)
    for told in around.earlier:
        if told.who is not None and told.contact_id not in others:
            by_who.setdefault(told.who, []).append(told)
            for alias in around.aliases.get(told.contact_id, ()):
                knows.setdefault(alias, told.who)
    place = {who: number for number, who in enumerate(by_who)}
    found: dict[str, list[Told]] = {}
    for who, own in by_who.items():
        found.setdefault(_known_as(who, knows, place), []).extend(own)
    return found


def _known_as(who: str, knows: Mapping[str, str], place: Mapping[str, int]) -> str:
    """Return the name that knows this one, and none does; of two that know each other the first."""
    for _ in place:
        other = knows.get(who, who)
        if other == who or (knows.get(other) == who and place[who] < place[other]):
            break
        who = other
    return who


def _as_chosen(to: Recipient, chosen: Preferences) -> Recipient:
    """Return the recipient as he wants it. Channels without an address are passed over by the
    sender; the one that the policy found comes last, so that a choice makes nobody mute."""
    if to.trouble is not None or chosen is NOTHING_CHOSEN:
        return to
    to = to._replace(language=chosen.language or to.language)
    if not chosen.channels:
        return to
    way = tuple(dict.fromkeys((*map(NoticeChannel, chosen.channels), NoticeChannel(to.channel))))
    # Who chose what he would have got anyway loses no other way: the sender's policy has them.
    return to._replace(channel=way[0], fallback=way[1:] or None, usual=to.channel)


def _as_listed(to: Recipient, book: StaffBook) -> Recipient:
    """Return one of the staff as the address book has it."""
    if to.trouble is not None:
        return to
    listed = book.of(to.name)
    to = to._replace(language=listed.language or to.language, zone=listed.zone, quiet=listed.quiet)
    if not listed.over:
        return to
    way = tuple(map(NoticeChannel, listed.over))
    return to._replace(channel=way[0], fallback=way[1:] or None)


def _of_contact(
    change: CaseChanged, who: str, reach: Reach | None, policy: NoticePolicy
) -> Recipient:
    contact_id = change.contact.contact_id if change.contact else who
    name = f"contact:{contact_id}"
    if reach is None:
        return Recipient(name, who, contact_id, NoticeChannel.NONE, "zh", CONTACT_UNKNOWN)
    channel = channel_of(reach, policy)
    trouble = NO_ADDRESS if channel is NoticeChannel.NONE else None
    return Recipient(name, who, contact_id, channel, reach.language, trouble, reach.calling_code)


def channel_of(reach: Reach, policy: NoticePolicy) -> NoticeChannel:
    """Return the first channel of the policy that this contact allows."""
    has = {
        "email": reach.has_email,
        "phone": reach.has_phone,
        "account": reach.has_account,
        "post": reach.has_post,
    }
    for way in policy.channels:
        if has[way.needs] and (not way.contact_channels or reach.channel in way.contact_channels):
            return way.channel
    return NoticeChannel.NONE


def _best(
    who: str, earlier: Sequence[Told], newest: Recipient | None, policy: NoticePolicy
) -> Recipient:
    """Return the best address among this person's contacts; of equal ones the newest."""
    best = newest
    for told in sorted(earlier, key=lambda told: told.seq, reverse=True):
        if best is None or policy.rank(told.channel) < policy.rank(best.channel):
            trouble = NO_ADDRESS if told.channel == NoticeChannel.NONE else None
            best = Recipient(
                f"contact:{told.contact_id}",
                who,
                told.contact_id,
                told.channel,
                told.language,
                trouble,
                told.calling_code,
            )
    if best is None:
        raise ValueError("a complainant without a contact")
    return best


def _staff(name: str, channel: NoticeChannel, language: str) -> Recipient:
    return Recipient(name, None, name, channel, language)
