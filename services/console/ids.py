"""Which part of an address may be an identifier of ours, and so part of an address of the API."""

from typing import Annotated, Final

from pydantic import TypeAdapter, ValidationError

from schemas.record import Id

_ID: Final[TypeAdapter[str]] = TypeAdapter(Annotated[str, *Id.__metadata__])


def is_id(written: str) -> bool:
    """Return whether ``written`` can be an identifier of ours. One of dots alone cannot: in an
    address it would lead elsewhere."""
    try:
        _ID.validate_python(written)
    except ValidationError:
        return False
    return written.strip(".") != ""
