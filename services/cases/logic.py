"""What a contact does to a case. Pure: state and input in, events out."""

from datetime import datetime
from typing import Final

from schemas.added import ContactAdded
from schemas.cases import CaseState
from schemas.routes import ContactRouted, Destination
from schemas.vocabulary import ANSWERED, CaseStatus, ChangeKind, Channel, ClockName
from services.cases.appeals import pass_on_contact
from services.cases.askings import as_heard, asks_again, first_asking
from services.cases.choosing import handover, heard_by, named_by, person_for
from services.cases.clocks import own_up_to_law
from services.cases.correcting import raised_by
from services.cases.policies import Policies
from services.cases.story import CUSTOMER, SYSTEM, Story
from services.cases.tasks import give_tasks
from services.domain.conflicts import (
    CONFLICT,
    Chosen,
    Matter,
    barred_from,
    choose,
    watching,
)

_DEDUPLICATED: Final = "scored.deduplicated"
_CONTACT: Final = f"{_DEDUPLICATED}.contact"
READ_OF_CONTACT: Final = (
    "tenant",
    "case_id",
    "destination",
    "scored.score",
    f"{_DEDUPLICATED}.relation",
    f"{_DEDUPLICATED}.waybill_index",
    f"{_CONTACT}.contact_id",
    f"{_CONTACT}.channel",
    f"{_CONTACT}.received_at",
    f"{_CONTACT}.accepted_at",
    f"{_CONTACT}.person",
    f"{_CONTACT}.facts.prior_contacts",
    f"{_CONTACT}.facts.hub",
    f"{_CONTACT}.facts.role",
    f"{_CONTACT}.facts.product",
    f"{_CONTACT}.facts.jurisdiction",
    f"{_CONTACT}.facts.origin",
    f"{_CONTACT}.facts.destination",
)
"""All of a routed contact that a case takes in: not its text, nor who it is from. Of an address
it keeps the province and city at most."""


def contact_events(
    state: CaseState | None, routed: ContactRouted, policies: Policies, now: datetime
) -> Story:
    """Return what ``routed`` does to the case: opens it or is added, perhaps reopens it, perhaps
    raises its level."""
    story = Story(routed.tenant, routed.case_id, state, now)
    if state is None:
        _open(story, routed, policies)
    else:
        _add(story, state, routed, policies)
    give_tasks(story, routed.destination.tasks or (), policies)
    return story


def _open(story: Story, routed: ContactRouted, policies: Policies) -> None:
    score, destination, added = routed.scored.score, routed.destination, _added(routed)
    named = named_by(routed, policies)
    matter = Matter(named, score.category, score.cause)
    barred = barred_from(matter, policies.teams)
    above = policies.teams.ladder_above(destination.team)
    chosen = choose(destination.team, above, barred, policies.teams, policies.loads)
    team = chosen.team
    opened = story.tell(
        ChangeKind.OPENED,
        CUSTOMER,
        CaseStatus.RECEIVED,
        contact=added,
        clock=_starts(added, None, policies),
        score=score,
        path=destination.path,
        routing=destination.policy,
        level=score.level,
        askings=first_asking(added, policies.levels.asked_again),
        team=team,
        inform=_to_inform(destination, team, matter, chosen, policies),
        assignee=person_for(routed.tenant, routed.case_id, team, policies, barred),
        policies=policies.book.current,
        place=policies.places.place_of(routed.tenant, routed.scored.deduplicated.contact.facts),
        partners=destination.partners or None,
        stations=named or None,
    )
    _name_passed_over(story, opened, destination, chosen)


def _add(story: Story, state: CaseState, routed: ContactRouted, policies: Policies) -> None:
    score, destination = routed.scored.score, routed.destination
    named, rule = named_by(routed, policies), policies.levels.asked_again
    added = as_heard(state, _added(routed), rule)
    askings = asks_again(state, added, rule)
    clock = _starts(added, state, policies)
    news = heard_by(state, named, score, policies)
    told = destination.inform if clock else ()
    if news:
        told += watching(state.team, Matter(news, score.category, score.cause), policies.teams)
    after = story.tell(
        ChangeKind.CONTACT_ADDED,
        CUSTOMER,
        state.status,
        contact=added,
        clock=clock,
        inform=tuple(one for one in dict.fromkeys(told) if one != state.team),
        score=score,
        path=destination.path,
        routing=destination.policy,
        askings=askings,
        partners=destination.partners or None,
        stations=news,
    )
    own_up_to_law(story, state, policies)
    if after.status in policies.lifecycle.reopens(added.channel):
        care = after.aftercare
        is_late = care and care.reopen_until and added.received_at > care.reopen_until
        reason = "contact_after_window" if is_late else "contact_after_answer"
        after = story.tell(ChangeKind.REOPENED, SYSTEM, CaseStatus.REOPENED, reason=reason)
    elif after.waiting_for == CUSTOMER:
        after = story.tell(
            ChangeKind.RESUMED, SYSTEM, CaseStatus.INVESTIGATING, reason="customer_came_back"
        )
    pass_on_contact(story, after, added.contact_id, policies)
    _raise_level(story, after, routed, policies)


def _name_passed_over(
    story: Story, state: CaseState, destination: Destination, chosen: Chosen
) -> None:
    """Say which teams would have had the case, and why another has it: nothing is silent."""
    passed = [(one.team, one.reason) for one in destination.passed_over]
    passed += [one for one in chosen.passed if one not in passed]
    for team, reason in passed:
        _tell_passed(story, state, team, reason)


def _tell_passed(story: Story, state: CaseState, team: str, reason: str) -> None:
    kind = ChangeKind.TEAM_PASSED_OVER
    story.tell(kind, SYSTEM, state.status, skipped=team, reason=reason)


def _added(routed: ContactRouted) -> ContactAdded:
    decision = routed.scored.deduplicated
    contact = decision.contact
    return ContactAdded(
        contact_id=contact.contact_id,
        relation=decision.relation,
        channel=contact.channel,
        received_at=contact.received_at,
        person=contact.person,
        waybill_index=decision.waybill_index,
        accepted_at=contact.accepted_at,
        prior_contacts=contact.facts.prior_contacts or None,
    )


def _starts(added: ContactAdded, state: CaseState | None, policies: Policies) -> ClockName | None:
    """Return the clock that a contact starts: what the regulator forwards is to be answered in
    the regulator's time from then on, whatever runs already. An appeal has that time anyway."""
    if added.channel is not Channel.REGULATOR or (state and state.appeal_of is not None):
        return None
    reopens = policies.lifecycle.reopens(added.channel)
    rests = state is not None and state.status in ANSWERED - reopens
    return None if rests else ClockName.REGULATOR


def _to_inform(
    destination: Destination, team: str, matter: Matter, chosen: Chosen, policies: Policies
) -> tuple[str, ...]:
    """Return whom the route tells, and whom a possible conflict of interest makes part of it."""
    own = [one for one, why in chosen.passed if why == CONFLICT]
    told = (*destination.inform, *own, *watching(team, matter, policies.teams))
    return tuple(one for one in dict.fromkeys(told) if one != team)


def _raise_level(story: Story, state: CaseState, routed: ContactRouted, policies: Policies) -> None:
    """Raise the case to the gravest of its contacts and to what asking again reaches; above a
    person's level only by what is new since."""
    relation = routed.scored.deduplicated.relation
    by_contact, by_asking = raised_by(state, relation, routed.scored.score, policies)
    level = max(by_contact, by_asking)
    if level <= state.level:
        return
    version: str | None = None  # that of a graver contact stands in its score
    if by_contact == level:
        reason = "graver_contact"
        team: str | None = routed.destination.team
        ladder = policies.ladder_of(state, team)
        if team is not None and ladder.is_above(state.team or "", team):
            team = state.team  # a graver contact never moves a case down the ladder
        if team != state.team:
            for one in routed.destination.passed_over:
                _tell_passed(story, state, one.team, one.reason)
    else:
        team, reason = policies.team_of_level(state, level), "asked_again"
        version = policies.levels.version
    story.tell(
        ChangeKind.LEVEL_RAISED,
        SYSTEM,
        state.status,
        level=level,
        level_policy=version,
        reason=reason,
        **handover(story, state, team, policies),
    )
