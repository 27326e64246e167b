"""Every kind of policy file: its model, the file that comes with the service, its schema."""

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from services.api import express, quotas
from services.cases import levels, merging_policy
from services.cli.instance import ROOT
from services.dedup import policy as dedup
from services.domain import (
    access,
    aftercare,
    approval,
    case_places,
    correcting,
    frequent,
    lifecycle,
    redress,
    staff,
    teams,
)
from services.domain.calendars import policy as calendars
from services.domain.clocks import limits
from services.domain.clocks import policy as sla
from services.domain.compensation import rules as compensation
from services.domain.errors import SettingsError
from services.domain.incidents import policy as incidents
from services.domain.policies import parse_yaml
from services.domain.wording import policy as wording
from services.notification import policy as notices
from services.routing import policy as routing
from services.sender import policy as sending
from services.severity import policy as severity
from services.trends import policy as trends

SCHEMAS: Final = ROOT / "schemas" / "policies"
SCHEMA_LINE: Final = "# yaml-language-server: $schema="
"""How the first line of a policy begins; editors complete by it."""
SPAN: Final = r"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$"
"""Spans of time as people write them: ``22h30m``, ``3d``."""


class Kind(NamedTuple):
    """One kind of policy."""

    name: str
    model: type[BaseModel]
    shipped: Path

    @property
    def schema_file(self) -> Path:
        """Where its JSON Schema is kept."""
        return SCHEMAS / f"{self.name}.json"

    @property
    def keys(self) -> set[str]:
        """The words at the top of such a file."""
        return {field.alias or name for name, field in self.model.model_fields.items()}


KINDS: Final = tuple(
    Kind(*row)
    for row in (
        ("dedup", dedup.DedupPolicy, dedup.SHIPPED),
        ("severity", severity.SeverityPolicy, severity.SHIPPED),
        ("routing", routing.RoutingPolicy, routing.SHIPPED),
        ("teams", teams.Teams, teams.SHIPPED),
        ("staff", staff.StaffBook, staff.SHIPPED),
        ("levels", levels.Levels, levels.SHIPPED),
        ("correcting", correcting.Correcting, correcting.SHIPPED),
        ("merging", merging_policy.MergingPolicy, merging_policy.SHIPPED),
        ("lifecycle", lifecycle.Lifecycle, lifecycle.SHIPPED),
        ("sla", sla.SlaPolicy, sla.SHIPPED),
        ("limits", limits.Limits, limits.SHIPPED),
        ("places", case_places.Places, case_places.SHIPPED),
        ("calendars", calendars.Calendars, calendars.SHIPPED),
        ("incidents", incidents.IncidentPolicy, incidents.SHIPPED),
        ("notices", notices.NoticePolicy, notices.SHIPPED),
        ("texts", wording.Texts, wording.SHIPPED),
        ("sending", sending.SendingPolicy, sending.SHIPPED),
        ("quotas", quotas.QuotaPolicy, quotas.DEFAULT_FILE),
        ("express", express.ExpressPolicy, express.DEFAULT_FILE),
        ("compensation", compensation.Rules, compensation.SHIPPED),
        ("access", access.Access, access.SHIPPED),
        ("approval", approval.Approval, approval.SHIPPED),
        ("aftercare", aftercare.AftercarePolicy, aftercare.SHIPPED),
        ("redress", redress.Redress, redress.SHIPPED),
        ("frequent", frequent.Frequent, frequent.SHIPPED),
        ("trends", trends.TrendsPolicy, trends.SHIPPED),
    )
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}


def kind_of(path: Path) -> Kind:
    """Return which kind of policy a file is: the one whose schema its first line names, else the
    one whose words it shares most, of equals the one that its version is named for.

    Raises:
        SettingsError: it cannot be read, or looks like none.
    """
    content = read_content(path)
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    if first.startswith(SCHEMA_LINE) and Path(first.partition("=")[2]).stem in BY_NAME:
        return BY_NAME[Path(first.partition("=")[2]).stem]
    found = set(map(str, content)) if isinstance(content, dict) else set()
    version = str(content.get("version")) if isinstance(content, dict) else ""

    def likeness(kind: Kind) -> tuple[float, bool]:
        shared = len(found & kind.keys - {"version"}) / len(found | kind.keys)
        return shared, version.startswith(kind.name)

    best = max(KINDS, key=likeness)
    if not likeness(best)[0]:
        known = ", ".join(BY_NAME)
        raise SettingsError(f"{path}: looks like no policy; say which with --kind ({known})")
    return best


def read_content(path: Path) -> Any:
    """Return what a YAML file says.

    Raises:
        SettingsError: it cannot be read or is not YAML.
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not YAML in UTF-8: {error}") from None


class _Plainly(GenerateJsonSchema):
    """Without titles that repeat a field's name, and with spans as people write them."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def function_before_schema(self, schema: Any) -> dict[str, Any]:
        """A list that something reads first may be written in one text."""
        inner = super().function_before_schema(schema)
        return {"anyOf": [inner, {"type": "string"}]} if inner.get("type") == "array" else inner

    def timedelta_schema(self, schema: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": SPAN, "description": "As 30m, 4h, 22h30m or 3d."}


def schema_text(kind: Kind) -> str:
    """Return the JSON Schema of a kind as its file has it."""
    schema = kind.model.model_json_schema(schema_generator=_Plainly, mode="validation")
    if kind.model is lifecycle.Lifecycle:
        _let_groups_stand(schema)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:complaints:policy:{kind.name}",
    }
    return json.dumps({**head, **schema}, ensure_ascii=False, indent=2) + "\n"


def _let_groups_stand(schema: dict[str, Any]) -> None:
    """Allow what the life cycle spells out when it is read: groups of statuses by name, and
    statuses taken out again."""
    written = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    move = schema["$defs"]["Move"]["properties"]
    move["from"] = {**written, "minItems": 1, "description": "Statuses, or names of groups."}
    move["not_from"] = {**written, "description": "Taken out of `from` again."}


def stale_schemas() -> list[str]:
    """Return one line for each schema file that is not what the code says."""
    lines = []
    for kind in KINDS:
        file = kind.schema_file
        if not file.exists():
            lines.append(f"{file.name}: missing")
        elif file.read_text(encoding="utf-8") != schema_text(kind):
            lines.append(f"{file.name}: the model of {kind.name} changed")
    known = {kind.schema_file.name for kind in KINDS}
    lines += [
        f"{one.name}: no policy has it"
        for one in sorted(SCHEMAS.glob("*.json"))
        if one.name not in known
    ]
    return lines


def write_schemas() -> None:
    """Make the schema files what the code says."""
    SCHEMAS.mkdir(exist_ok=True)
    for one in SCHEMAS.glob("*.json"):
        one.unlink()
    for kind in KINDS:
        kind.schema_file.write_text(schema_text(kind), encoding="utf-8")
