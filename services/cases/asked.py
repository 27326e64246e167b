"""The contacts by which a case's matter was brought up, as the case keeps them. Pure."""

from schemas.added import MAX_ASKED, Asked, ContactAdded
from schemas.cases import CaseState


def asked_by(added: ContactAdded) -> Asked:
    """Return what a case keeps of a contact that asks, or that was waited for."""
    return Asked(at=added.received_at, prior_contacts=added.prior_contacts, asks=added.asks)


def with_asked(state: CaseState, added: ContactAdded) -> tuple[Asked, ...]:
    """Return the askings of a case and this one, in order of time; of very many the newest."""
    every = sorted((*state.asked, asked_by(added)), key=lambda one: one.at)
    return tuple(every[-MAX_ASKED:])
