"""May the record that breaks a handler become a dead letter, and for which reason.

A handler puts aside by itself what it cannot read of a batch. A record that breaks its contract and
escapes one anyhow was *stored*: a defect of ours, as any other. Whatever it was, the handler is
asked first whether the record took effect (ADR 0036).
"""

import logging
from collections.abc import Iterable
from typing import Final

from schemas.topics import SOURCE_MAX_BYTES
from services.domain.errors import HalfDone, OutageError, PoisonError
from services.runtime.naming import place_of
from services.runtime.ports import Handler, RememberingHandler
from services.runtime.records import DeadLetter, DeadReason, Inbound, Outbound

logger: Final = logging.getLogger(__name__)

_LARGEST: Final = SOURCE_MAX_BYTES - 4 * 1024
"""With what Kafka adds it fits into its topic. No reader of ours takes even a quarter of it."""


def bury(handler: Handler, inbound: Inbound, error: Exception) -> DeadLetter:
    """Return the dead letter of the one record that breaks ``handler`` with ``error``.

    Raises:
        HalfDone: it took effect before it broke something, or nobody can tell.
        OutageError: the database is away.
    """
    name = type(error).__name__
    if not isinstance(error, PoisonError):
        logger.error("a record breaks the handler", exc_info=error, extra=place_of(inbound))
    if not may_bury(handler, inbound):
        raise HalfDone("handler", f"{name} at a record that took effect already")
    if isinstance(error, PoisonError):
        return DeadLetter(inbound, DeadReason.MALFORMED, name, error.field, error.rule)
    reason = DeadReason.HANDLER_ERROR
    return DeadLetter(inbound, reason, name, "", str(reason))


def refuse_too_long(outbound: Iterable[Outbound]) -> None:
    """Refuse what no topic takes, before a transaction is begun in vain again and again.

    Raises:
        PoisonError: a record is longer than its topic allows.
    """
    for record in outbound:
        if record.size > _LARGEST:
            problem = f"{record.size} bytes for {record.topic}, at most {_LARGEST}"
            raise PoisonError("", "output_too_long", problem)


def may_bury(handler: Handler, inbound: Inbound) -> bool:
    """Return whether ``inbound`` surely took no effect.

    Raises:
        OutageError: the database is away.
    """
    if not isinstance(handler, RememberingHandler):
        return True
    try:
        return handler.may_bury(inbound)
    except OutageError:
        raise
    except Exception:  # noqa: BLE001 - whoever cannot be asked may have decided
        return False
