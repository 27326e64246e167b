"""Contacts to replay, and those that the lines of a file are; :mod:`services.cli.policies.reading`
reads them of a running instance."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Final, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from schemas.cases import CaseState
from schemas.contacts import ContactDeduplicated
from schemas.scores import Score
from schemas.vocabulary import ClockName
from services.cli.offline import deduplicate
from services.cli.progress import size_of, watched
from services.cli.sending.lines import BadLine
from services.dedup.policy import DedupPolicy
from services.domain.clock import Clock
from services.domain.clocks.stages import clocks_of
from services.domain.errors import SettingsError


class Replayed(NamedTuple):
    """A contact as dedup passed it on; ``score`` is what severity made of it then, if the topic
    says so; ``text`` is only for files, whose owner has the words before him anyway."""

    id: str
    deduplicated: ContactDeduplicated
    score: Score | None = None
    text: str = ""
    acknowledged_at: datetime | None = None
    answered_at: datetime | None = None
    """When somebody took it up and when the customer had an answer, if a file says so (fields of
    these names) or the case that a topic has it in."""


class Twice(NamedTuple):
    """A contact as dedup gave it to its case under both sides; mostly one and the same."""

    before: Replayed
    after: Replayed


class Unreadable(NamedTuple):
    """A line or record that is no contact."""

    problem: str


def from_file(
    file: IO[bytes], policy: DedupPolicy, clock: Clock
) -> Iterator[Replayed | Unreadable]:
    """Yield the contacts of a file of lines as `send` takes them."""
    served: dict[int, Served] = {}
    lines = _noting(watched(file, size_of(file)), served)
    for one in deduplicate(lines, policy, clock):
        if isinstance(one, BadLine):
            yield Unreadable(str(one))
        else:
            known = served.get(one.line.number, NOT_SERVED)
            text = one.line.contact.text
            yield Replayed(
                one.line.id,
                one.deduplicated,
                None,
                text,
                known.acknowledged_at,
                known.answered_at,
            )


def _noting(lines: Iterable[bytes], served: dict[int, "Served"]) -> Iterator[bytes]:
    """Yield ``lines``; note when the contacts were taken up and answered, by their numbers.

    Raises:
        SettingsError: one of these is no time with its zone.
    """
    for number, line in enumerate(lines, 1):
        if b'_at"' in line:
            try:
                served[number] = Served.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                if first["loc"]:  # what is no JSON at all is said where the line is read
                    problem = f"line {number}: {first['loc'][0]}: {first['msg']}"
                    raise SettingsError(problem) from None
        yield line


class Served(BaseModel):
    """When a contact was taken up and answered."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    acknowledged_at: AwareDatetime | None = None
    answered_at: AwareDatetime | None = None


NOT_SERVED: Final = Served()


def service_of(state: CaseState | None) -> Served:
    """Return when a case that is known was taken up and answered."""
    if state is None:
        return NOT_SERVED
    ends = {run.clock: run.stopped_at for run in clocks_of(state).runs}
    return Served.model_construct(
        acknowledged_at=ends.get(ClockName.ACKNOWLEDGEMENT),
        answered_at=ends.get(ClockName.RESOLUTION),
    )
