"""From a line that asks for a deadline to the answer, or to what is wrong with the line. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from schemas.codec import malformed
from schemas.record import Instant, Whole
from services.cli.sending.lines import BadLine
from services.domain.calendars.calendar import WorkCalendar
from services.domain.calendars.explain import Explanation, Interval, explain
from services.domain.calendars.plan import Plan
from services.domain.calendars.policy import Calendars
from services.domain.calendars.worktime import HORIZON_YEARS, Pause
from services.domain.errors import CalendarError
from services.domain.policies import PolicyPart

MOST_MINUTES: Final = HORIZON_YEARS * 366 * 1440
_SLIP: Final = "misspelt_field"
_CALENDARS_KEPT: Final = 256
_FIELD_OF: Final = {
    "never_opens": "calendar.hours",
    "beyond_horizon": "budget_minutes",
    "pause_out_of_range": "pauses",
}


class PauseForm(PolicyPart):
    """Time that does not count; without ``to`` it lasts."""

    begin: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant | None, Field(alias="to")] = None
    by: Annotated[
        str, Field(max_length=80, description="Who is waited for; stands in the intervals.")
    ] = ""

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.end is not None and self.end < self.begin:
            raise PydanticCustomError("pause_order", "a pause cannot end before it begins")
        return self


class Question(BaseModel):
    """One line. Other fields beside these are left alone, unless they look like a slip."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: Annotated[str, Field(min_length=1, max_length=200)]
    calendar: Annotated[Any, Field(description="A plan, or the name of a calendar of the policy.")]
    start: Instant
    budget_minutes: Annotated[Whole, Field(ge=0, le=MOST_MINUTES)]
    pauses: Annotated[tuple[PauseForm, ...], Field(max_length=10_000)] = ()

    @model_validator(mode="before")
    @classmethod
    def _refuse_slips(cls, content: Any) -> Any:
        for name in set(content) - set(cls.model_fields) if isinstance(content, dict) else ():
            meant = get_close_matches(str(name), set(cls.model_fields) - set(content), 1, 0.8)
            if meant:
                raise PydanticCustomError(
                    _SLIP,
                    "unknown field {name}; is {meant} meant?",
                    {"name": str(name)[:80], "meant": meant[0]},
                )
        return content


class Answer(NamedTuple):
    """What a line is answered with."""

    number: int
    content: dict[str, Any]


def answers(lines: Iterable[bytes], policy: Calendars) -> Iterator[Answer | BadLine]:
    """Yield the answer to each line that is not blank, or what is wrong with it."""

    @lru_cache(maxsize=_CALENDARS_KEPT)
    def calendar_of(written: str) -> WorkCalendar:
        given = json.loads(written)
        if isinstance(given, str):
            return policy.named(given)
        return Plan.model_validate(given).compiled()

    for number, line in enumerate(lines, 1):
        content = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not content.strip():
            continue
        try:
            asked: Any = json.loads(content)
        except UnicodeDecodeError:
            yield BadLine(number, "", "utf8", "not UTF-8")
        except (ValueError, RecursionError) as error:
            place = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            yield BadLine(number, "", "json_invalid", f"not JSON{place}")
        else:
            yield _answer(number, asked, calendar_of)


def _answer(
    number: int, asked: Any, calendar_of: Callable[[str], WorkCalendar]
) -> Answer | BadLine:
    if not isinstance(asked, dict):
        return BadLine(number, "", "object", "not a JSON object")
    try:
        question = Question.model_validate(asked)
    except ValidationError as error:
        return _bad(number, "", error)
    if not isinstance(question.calendar, str | dict):
        return BadLine(number, "calendar", "calendar_type", "neither an object nor a name")
    try:
        # Read once, however many lines have it.
        calendar = calendar_of(json.dumps(question.calendar))
    except CalendarError as error:
        return BadLine(number, "calendar", error.rule, error.problem)
    except ValidationError as error:
        return _bad(number, "calendar.", error)
    pauses = [Pause(one.begin, one.end, one.by) for one in question.pauses]
    try:
        told = explain(calendar, question.start, timedelta(minutes=question.budget_minutes), pauses)
    except CalendarError as error:
        field = _FIELD_OF.get(error.rule, "start")
        return BadLine(number, field, error.rule, error.problem)
    return Answer(number, _told(question.id, told))


def _bad(number: int, under: str, error: ValidationError) -> BadLine:
    first = malformed(error)
    slip = error.errors()[0].get("ctx", {}).get("name") if first.rule == _SLIP else None
    return BadLine(number, f"{under}{slip or first.field}".rstrip("."), first.rule, first.problem)


def _told(id_: str, told: Explanation) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": id_,
        "due_at": written(told.due),
        "intervals": [_interval(one) for one in told.intervals],
    }
    if told.calendar:
        content |= {"calendar": told.calendar, "policy": told.calendar_version}
    if told.goes_beyond_known:
        content["note"] = "reaches beyond the last date whose holidays this calendar knows"
    return content


def _interval(one: Interval) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": one.kind, "from": written(one.begin), "to": written(one.end)}
    if one.length is not None:
        minutes = one.length / timedelta(minutes=1)
        told["minutes"] = int(minutes) if minutes.is_integer() else round(minutes, 8)
    if one.paused_by:
        told["by"] = one.paused_by
    if one.name is not None:
        told["name"] = {"zh": one.name.zh, "en": one.name.en}
    return told


def written(instant: datetime | None) -> str | None:
    """Return an instant as RFC 3339 in UTC, with ``Z``."""
    return None if instant is None else f"{instant.replace(tzinfo=None).isoformat()}Z"
