"""Contacts that name stations whose own teams are at work: in the form, in their words, or not."""

import json
import zlib
from collections.abc import Sequence

from schemas.cases import CaseCommand
from schemas.vocabulary import CommandKind
from services.runtime.records import Outbound
from tests.support.station_teams import GUANGZHOU, HANGZHOU, LEEDS

_NAMED = (None, None, HANGZHOU, LEEDS, GUANGZHOU)
_SAID = ("", "", "，快递员骂人，态度恶劣")


def with_stations(records: Sequence[Outbound]) -> list[Outbound]:
    """Return the records, many naming a station; a contact says the same however often it comes."""
    return [_with_station(record) for record in records]


def _with_station(record: Outbound) -> Outbound:
    try:
        body = json.loads(record.value or b"")
    except ValueError:
        return record
    if not isinstance(body, dict) or "contact_id" not in body:
        return record
    drawn = zlib.crc32(body["contact_id"].encode())
    station, said = _NAMED[drawn % 5], _SAID[drawn // 5 % 3]
    facts, text = dict(body["facts"]), body["text"] + said
    if station is not None and drawn // 15 % 2:
        facts["hub"] = station
    elif station is not None:
        text = f"{text} ({station})"
    changed = json.dumps(body | {"facts": facts, "text": text}, ensure_ascii=False)
    return record._replace(value=changed.encode())


def to_a_stations_clerk(command: CaseCommand) -> CaseCommand:
    """Return the command, some assignments to one of a station's own people."""
    if command.kind is not CommandKind.ASSIGN or zlib.crc32(command.command_id.encode()) % 2:
        return command
    return command.model_copy(update={"assignee": "clerk-201"})
