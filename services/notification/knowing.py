"""What has to be known before a batch can be decided: each question is asked once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final, NamedTuple

from schemas.cases import CaseChanged
from schemas.vocabulary import ChangeKind
from services.domain.notice_store import (
    NOWHERE,
    ContactDirectory,
    NoticeStore,
    Reach,
    Standing,
    Told,
)
from services.domain.preferences import Preferences, PreferenceStore, joined
from services.domain.proof import proof_of
from services.domain.staff import NOBODY_LISTED, StaffBook
from services.domain.teams import Teams
from services.notification.earlier import Earlier
from services.notification.gates import Moment, began
from services.notification.logic import staff_of
from services.notification.policy import NoticePolicy
from services.notification.recipients import NO_ALIASES, NOBODY_CHOSE, NOTHING_KNOWN, Around, who_of
from services.runtime.records import Inbound

_SAYS_ALL: Final = frozenset({ChangeKind.OPENED, ChangeKind.CONTACT_ADDED})
"""Changes that say themselves where their case stands."""


class Arrival(NamedTuple):
    """A readable change."""

    inbound: Inbound
    change: CaseChanged
    case_key: str
    contact_key: str | None
    """Of the contact that the change brings."""


class Known(NamedTuple):
    """What was found out for a batch. ``about`` grows while the batch is decided."""

    policy: NoticePolicy
    reaches: dict[str, Reach]
    about: dict[str, Earlier]
    standings: dict[str, Standing]
    chosen: dict[str, Preferences]
    moment: Moment
    stood: dict[tuple[str, int], Standing]
    """By case key and seq: by which standing it is decided of changes whose recipients depend on
    where their case stands, whoever decides and however often (ADR 0065)."""
    staff: StaffBook = NOBODY_LISTED

    def told(self, arrival: Arrival) -> Earlier:
        """Return what was decided about the complainants of the case so far."""
        if (told := self.about.get(arrival.case_key)) is None:
            told = self.about[arrival.case_key] = Earlier()
        return told

    def around(self, arrival: Arrival) -> Around:
        """Return what the decision about this change needs."""
        change, told, who = arrival.change, self.told(arrival), who_of(arrival.change)
        tells_all = self.policy.tells_all(change.kind)
        standing = self.stood.get((arrival.case_key, change.seq))
        standing = standing or self.standings.get(arrival.case_key, NOWHERE)
        return Around(
            self.reaches.get(arrival.contact_key or ""),
            told.everybody if tells_all else told.of(who),
            # What else is in the batch, by which the standing may be known, must change nothing.
            NOWHERE if change.kind in _SAYS_ALL else standing,
            self._chosen(arrival, {*told, who} if tells_all else {who}),
            self.staff,
            self._aliases(arrival) if tells_all else NO_ALIASES,
            self._said(arrival, told.everybody if tells_all else told.of(who)),
        )

    def _said(self, arrival: Arrival, told: Iterable[Told]) -> Mapping[str, Reach]:
        """Return what is known of the contacts that were decided about; nothing where none of them
        claims to be somebody, as mostly: then nobody asks."""
        tenant, reaches = arrival.change.tenant, self.reaches
        found = {
            one.contact_id: reach
            for one in told
            if (reach := reaches.get(f"{tenant}|{one.contact_id}")) is not None
        }
        own = reaches.get(arrival.contact_key or "")
        is_claim = own is not None and own.claims
        return found if is_claim or any(one.claims for one in found.values()) else NOTHING_KNOWN

    def _aliases(self, arrival: Arrival) -> Mapping[str, tuple[str, ...]]:
        """Return by contact what else those are known by who were told in the case."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.told(arrival).everybody:
            reach = self.reaches.get(f"{arrival.change.tenant}|{one.contact_id}")
            if reach is not None and reach.aliases and reach.person == one.who:
                found[one.contact_id] = reach.aliases
        return found

    def names(self, arrival: Arrival, who: str) -> dict[str, None]:
        """Return all under which somebody's choices are kept whom the change may be about: those
        for a contact of his alone first."""
        tenant = arrival.change.tenant
        keys = [f"{tenant}|{one.contact_id}" for one in self.told(arrival).of(who)]
        if who == who_of(arrival.change):
            keys.append(arrival.contact_key or "")
        own = [reach for key in keys if (reach := self.reaches.get(key)) is not None]
        unproved = proof_of(own).unproved
        his = [one for one in own if one.contact_id not in unproved] if unproved else own
        names = dict.fromkeys([one.contact_id for one in his])
        if keys:
            names[who] = None
        for one in his:
            if one.person == who:
                names.update(dict.fromkeys(one.aliases))
        return names

    def everybody(self, arrivals: Iterable[Arrival]) -> set[str]:
        """Return under what choices are kept of all whom the changes may be about."""
        found: set[str] = set()
        cases: set[str] = set()
        for one in arrivals:
            people = {who_of(one.change)}
            if one.case_key not in cases:
                cases.add(one.case_key)
                people |= {*self.told(one)}
            found |= {
                f"{one.change.tenant}|{name}"
                for who in people
                if who
                for name in self.names(one, who)
            }
        return found

    def _chosen(
        self, arrival: Arrival, people: AbstractSet[str | None]
    ) -> Mapping[str, Preferences]:
        """Return what these people chose; most choose nothing."""
        if not self.chosen:
            return NOBODY_CHOSE
        tenant, found = arrival.change.tenant, {}
        for who in people:
            if who is None:  # the change brings no contact
                continue
            keys = [f"{tenant}|{name}" for name in self.names(arrival, who)]
            if own := [self.chosen[key] for key in keys if key in self.chosen]:
                found[who] = joined(own)
        return found


class Knowing:
    """Asks the stores."""

    def __init__(
        self,
        notices: NoticeStore,
        directory: ContactDirectory,
        preferences: PreferenceStore,
        policy: NoticePolicy,
        teams: Teams,
        staff: StaffBook = NOBODY_LISTED,
    ) -> None:
        self._notices = notices
        self._directory = directory
        self._preferences = preferences
        self._policy = policy
        self._teams = teams
        self._staff = staff
        self._full: dict[str, datetime] = {}
        """By the staff who got all that their rate allows: the time in which they did. Sent is
        sent, so until the next one begins nobody need be asked again."""

    def of(self, arrivals: Sequence[Arrival], now: datetime) -> Known:
        """Return what the decisions about ``arrivals`` need."""
        about = self._about(arrivals)
        keys = {one.contact_key for one in arrivals if one.contact_key is not None}
        tenants = {one.case_key: one.change.tenant for one in arrivals}
        keys |= {
            f"{tenants[case]}|{one.contact_id}" for case, told in about.items() for one in told
        }
        moved = [one for one in arrivals if one.change.kind not in _SAYS_ALL]
        elsewhere = {one.case_key for one in moved}
        standings = self._directory.standings(elsewhere) if elsewhere else {}
        found = {
            (one.case_key, one.change.seq): standings.get(one.case_key, NOWHERE)
            for one in moved
            if self._policy.hangs_on_standing(one.change.kind)
        }
        known = Known(
            self._policy,
            self._directory.reaches(keys),
            {case: Earlier(told) for case, told in about.items()},
            standings,
            {},
            Moment(now, Counter()),
            self._notices.stand(found) if found else {},
            self._staff,
        )
        if people := known.everybody(arrivals):
            known.chosen.update(self._preferences.chosen(people))
        self._count(known, arrivals, now)
        return known

    def _about(self, arrivals: Sequence[Arrival]) -> dict[str, list[Told]]:
        """Read what was decided earlier: about everybody of a case where all are to be told,
        elsewhere only about those whose contacts came."""
        whole: set[str] = set()
        pairs: set[tuple[str, str]] = set()
        for arrival in arrivals:
            who = who_of(arrival.change)
            if self._policy.tells_all(arrival.change.kind):
                whole.add(arrival.case_key)
            elif who is not None and arrival.change.kind is not ChangeKind.OPENED:
                pairs.add((arrival.case_key, who))
        known = self._notices.of_cases(whole) if whole else {}
        pairs = {pair for pair in pairs if pair[0] not in whole}
        return known | (self._notices.about(pairs) if pairs else {})

    def _count(self, known: Known, arrivals: Iterable[Arrival], now: datetime) -> None:
        """Find out how many notices the staff of this batch got lately by themselves."""
        staff = {
            name
            for one in arrivals
            if self._policy.for_staff(one.change.kind)
            for name in staff_of(one.change, known.around(one), self._policy, self._teams)
        }
        for kind, rate in self._policy.storm.rates.items():
            since = began(now, rate)
            some = {name for name in staff if name.partition(":")[0] == kind}
            full = {name for name in some if self._full.get(name) == since}
            known.moment.sent.update(dict.fromkeys(full, rate.most))
            if unsure := some - full:
                found = self._notices.sent_since(since, unsure, rate.most)
                known.moment.sent.update(found)
                self._full |= {name: since for name, sent in found.items() if sent >= rate.most}


def contact_key_of(change: CaseChanged) -> str | None:
    """Return under what the directory knows the contact that a change brings."""
    return None if change.contact is None else f"{change.tenant}|{change.contact.contact_id}"
