"""What a record is called in logs: where it stands, and the ids in it, as far as they can be read.

Read by pattern and not as JSON, because a record that dies is often broken. Only ids of the forms
that we make are taken: whatever else stands in their place may be a person's.
"""

import re
from typing import Final

from services.runtime.records import Inbound

READ_BYTES: Final = 64 * 1024
"""How far into a record is looked; its ids stand before its text, or after an ordinary one."""
_DRAWN: Final = rb"[a-z2-7]{26}"
"""A contact's or a command's id: 128 bits in base 32."""
_CASE: Final = rb"C[0-9A-HJKMNP-TV-Z]{16}"
"""A case's id: 80 bits in Crockford's base 32."""
_FORMS: Final = {
    name: re.compile(rb'"%s_id"\s*:\s*"(%s)"' % (name.encode(), form))
    for name, form in (("contact", _DRAWN), ("case", _CASE), ("command", _DRAWN))
}
_CASE_KEY: Final = re.compile(rb"[^|]*\|(%s)" % _CASE)


def place_of(inbound: Inbound) -> dict[str, str | int]:
    """Return ``topic``, ``partition`` and ``offset``, and those of ``contact``, ``case`` and
    ``command`` that the record names: the first of each, which is its own."""
    found: dict[str, str | int] = {
        "topic": inbound.topic,
        "partition": inbound.partition,
        "offset": inbound.offset,
    }
    in_key = _CASE_KEY.fullmatch(inbound.key or b"")
    if in_key is not None:
        found["case"] = in_key[1].decode()
    for name, form in _FORMS.items():
        in_value = form.search(inbound.value or b"", 0, READ_BYTES)
        if in_value is not None:
            found[name] = in_value[1].decode()
    return found
