"""Makes the lane of a channel."""

from datetime import timedelta
from typing import Final

from schemas.notice_words import NoticeChannel
from services.domain.aside_store import AsideStore
from services.runtime.ports import LaneMetrics
from services.runtime.silent_metrics import SilentMetrics
from services.sender.dispatch import Dispatch
from services.sender.journal import LANE
from services.sender.lane import Lane
from services.sender.outside import Outside
from services.sender.policy import SendingPolicy
from services.sender.pool import ThreadPool
from services.sender.providers import Providers
from services.sender.waves import Process

_LATE_SECONDS: Final = 4.0
"""How much longer than a call a process may take to write down how it ended."""
_UNTOLD: Final = SilentMetrics()


def lane_of(
    channel: NoticeChannel,
    outside: Outside,
    policy: SendingPolicy,
    process: Process,
    providers: Providers,
    store: AsideStore,
    metrics: LaneMetrics = _UNTOLD,
) -> Lane:
    """Return a channel's lane, with threads of its own: those of others are not used up by it."""
    owner = f"{process.owner}{LANE}{channel}"
    dispatch = Dispatch(
        outside._replace(pool=ThreadPool(process.at_once)),
        policy,
        providers,
        process._replace(owner=owner),
        timedelta(seconds=policy.call_seconds + _LATE_SECONDS),
    )
    budget = policy.budget_seconds
    return Lane(channel, store, dispatch, providers, outside.clock, budget, metrics)
