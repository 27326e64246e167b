"""What the endpoints work with; built at the start, swapped by tests."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from fastapi import Request

from schemas.personal import KeyRing
from services.adapters.accounts import Accounts
from services.adapters.case_notices import CaseNotices
from services.adapters.case_queries import Queries
from services.api.express import Lanes, load_express
from services.api.metrics import ApiMetrics
from services.api.quotas import Quotas, load_quotas
from services.api.replays import ReplayGuard
from services.domain.clock import Clock
from services.domain.frequent import Frequent
from services.domain.incident_store import IncidentStore
from services.domain.incidents.saying import Ranks
from services.domain.part_store import PartStore
from services.domain.preferences import PreferenceStore
from services.domain.send_store import SendStore
from services.domain.staff import NOBODY_LISTED, StaffBook
from services.domain.turn_store import TurnStore
from services.domain.vault import Vault
from services.runtime.settings import Settings

T = TypeVar("T")


class Publishing(Protocol):
    """The way to Kafka; see :class:`services.api.publisher.Publisher`."""

    @property
    def in_flight(self) -> int: ...

    async def publish(self, topic: str, key: bytes, value: bytes) -> None: ...

    def reaches(self, topic: str, seconds: float = 1.0) -> bool: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Context:
    """Everything an endpoint needs besides the request."""

    settings: Settings
    keys: KeyRing
    vault: Vault
    """Seals who somebody is."""
    clock: Clock
    wall: Clock
    """The time of those outside, by which messages are signed: it is not moved in a demo."""
    draw: Callable[[], str]
    """A fresh unguessable key for what came without one."""
    queries: Queries
    incidents: IncidentStore
    notices: CaseNotices
    publisher: Publishing
    metrics: ApiMetrics
    accounts: Accounts
    """Of the clocks of cases."""
    sends: SendStore
    ranks: Callable[[], Ranks]
    """Who may do what with an incident, as the files say now."""
    frequent: Callable[[], Frequent]
    """Who asks often, as the file says now."""
    preferences: PreferenceStore
    parts: PartStore
    """Of short messages that have not come whole."""
    turns: TurnStore
    quotas: Quotas = field(default_factory=lambda: Quotas(load_quotas()))
    lanes: Lanes = field(default_factory=lambda: Lanes(load_express()))
    staff: StaffBook = NOBODY_LISTED
    """By whose addresses a mail of staff or a partner is known."""
    provider_keys: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    replays: ReplayGuard = field(default_factory=ReplayGuard)


def context_of(request: Request) -> Context:
    """Return the context of the running app."""
    return cast(Context, request.app.state.context)


async def ask(question: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Ask the database without holding up the other requests."""
    return await asyncio.to_thread(question, *arguments, **named)
