"""What the OpenAPI description says about bodies and refusals that FastAPI does not read itself."""

from typing import Any, Final

from services.api.forms import CommandForm, ContactForm, CustomerForm

_PROBLEM: Final = {
    "type": "object",
    "required": ["error", "field", "rule", "message"],
    "properties": {name: {"type": "string"} for name in ("error", "field", "rule", "message")},
}


def _body(form: type[ContactForm | CommandForm | CustomerForm]) -> dict[str, Any]:
    schema = form.model_json_schema(ref_template="#/components/schemas/{model}")
    schema = _inlined(schema, schema.pop("$defs", {})) | {"additionalProperties": False}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    """Put definitions where they are used: FastAPI does not collect those of a raw body."""
    if isinstance(part, list):
        return [_inlined(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(item, definitions) for name, item in part.items()}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _PROBLEM}}}


CONTACT_BODY: Final = _body(ContactForm)
COMMAND_BODY: Final = _body(CommandForm)
CUSTOMER_BODY: Final = _body(CustomerForm)
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    400: _problem("Not JSON"),
    413: _problem("Body too long"),
    422: _problem("A field breaks a rule"),
    429: _problem("More than a quota allows; Retry-After says when to send again"),
    503: _problem("Kafka or MongoDB is away; send again after Retry-After seconds"),
}
