"""Whose key it is and what it opens, as data (``access.yaml``)."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, model_validator

from schemas.record import Tenant
from schemas.vocabulary import CommandKind
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("access.yaml")
HOUSE_ACTOR: Final = "key:house"
"""Who acts with COMPLAINTS_API_KEY alone: nobody in particular, so no clerk and no system."""
Deed = Literal["intake", "read", "act"]


class Key(PolicyPart):
    """One key, by its digest; see ``access.yaml``."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    actor: Annotated[
        str,
        Field(pattern=r"^(clerk|system|authority|partner|key):[A-Za-z0-9][A-Za-z0-9._-]{0,59}$"),
    ]
    may: frozenset[Deed] = frozenset(("intake", "read", "act"))
    commands: frozenset[CommandKind] = frozenset()
    tenants: frozenset[Annotated[str, *Tenant.__metadata__]] = frozenset()
    until: AwareDatetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether the key opens nothing any more."""
        return self.until is not None and self.until <= now

    def opens(self, deed: Deed, tenant: str) -> bool:
        """Return whether it may do this kind of thing for a tenant."""
        return deed in self.may and (not self.tenants or tenant in self.tenants)

    def commands_it(self, kind: CommandKind | None) -> bool:
        """Return whether it may give this command; None: whether it may do what is no command of
        a case, which a key for some commands may not."""
        return not self.commands or kind in self.commands


class Access(PolicyPart):
    """See ``access.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    keys: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Access":
        for name in ("id", "sha256"):
            seen = [getattr(key, name) for key in self.keys]
            if len(set(seen)) < len(seen):
                raise ValueError(f"keys: two keys have one {name}")
        return self

    @property
    def knows_clerks(self) -> bool:
        """Whether clerks have keys of their own."""
        return any(key.actor.startswith("clerk:") for key in self.keys)

    def key_for(self, shown: str, now: datetime) -> Key | None:
        """Return the key that was shown, if it is one and not over."""
        digest = hashlib.sha256(shown.encode()).hexdigest()
        found = next((key for key in self.keys if key.sha256 == digest), None)
        return None if found is None or found.is_over(now) else found

    def may_sit(self, actor: str, now: datetime) -> bool:
        """Return whether a session of ``actor`` still counts: where clerks have keys, a clerk's
        ends with the last of his."""
        own = self.keys_of(actor, now)
        return own is None or bool(own)

    def may_look(self, actor: str, tenant: str, now: datetime) -> bool:
        """Return whether somebody in a session may read what is a tenant's."""
        own = self.keys_of(actor, now)
        return own is None or any(key.opens("read", tenant) for key in own)

    def may_do(self, actor: str, tenant: str, kind: CommandKind | None, now: datetime) -> bool:
        """Return whether somebody in a session may give this command, or (None) do what is no
        command of a case."""
        own = self.keys_of(actor, now)
        return own is None or any(key.opens("act", tenant) and key.commands_it(kind) for key in own)

    def keys_of(self, actor: str, now: datetime) -> tuple[Key, ...] | None:
        """Return a clerk's keys that are not over: he may what they give, wherever he signed in.
        None where clerks have none, and of everybody else."""
        if not (self.knows_clerks and actor.startswith("clerk:")):
            return None
        return tuple(key for key in self.keys if key.actor == actor and not key.is_over(now))


def load_access(path: Path | None = None) -> Access:
    """Read and check the keys; without ``path`` there are none.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Access, "access policy", path or SHIPPED)
