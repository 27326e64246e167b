"""How one clock of a case in short form is started and stopped. Changes ``runs`` in place."""

from datetime import datetime

from schemas.ledger import ClockRun
from schemas.vocabulary import ClockName


def stop(runs: dict[ClockName, ClockRun], name: ClockName, at: datetime) -> None:
    """Stop a clock that runs; never before it began."""
    one = runs.get(name)
    if one is not None and one.stopped_at is None:
        ended = at if one.since is None else max(one.since, at)
        runs[name] = one.model_copy(update={"stopped_at": ended})


def start(
    runs: dict[ClockName, ClockRun],
    name: ClockName,
    holder: str | None,
    since: datetime,
    missed_due: datetime | None = None,
) -> None:
    """Begin the next run of a clock."""
    before = runs.get(name)
    number = before.run + 1 if before is not None else 0
    runs[name] = ClockRun(clock=name, run=number, holder=holder, since=since, missed_due=missed_due)


def start_partner(runs: dict[ClockName, ClockRun], partner: str, since: datetime) -> None:
    """Whoever has it already is given no more time; the one before is stopped."""
    one = runs.get(ClockName.PARTNER)
    if one is not None and one.stopped_at is None and one.holder == partner:
        return
    stop(runs, ClockName.PARTNER, since)
    start(runs, ClockName.PARTNER, partner, since)


def forwarded(runs: dict[ClockName, ClockRun], received_at: datetime) -> None:
    """The regulator's clock counts from the first time that the complaint was forwarded, until
    it is answered; forwarding it again gives no time."""
    one = runs.get(ClockName.REGULATOR)
    if one is not None and one.stopped_at is None:
        if one.since is not None and one.since <= received_at:
            return
        stop(runs, ClockName.REGULATOR, received_at)
    start(runs, ClockName.REGULATOR, None, received_at)
