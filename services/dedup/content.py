"""What a contact says, apart from what may differ between two sendings of it. Pure."""

from typing import Final

from schemas.contacts import ContactReceived

_NOT_CONTENT: Final = {"accepted_at", "received_at", "tracking", "personal", "unkept"}
"""What may differ between two sendings of one contact. What was not kept is among it: who took the
first may have been of a version that did not say so."""


def content_of(contact: ContactReceived, wire: str) -> str:
    """Return the JSON of ``contact`` without what may differ. ``wire`` is all of it, encoded:
    what is left out is cut from that.

    Quotes inside of strings are escaped, so the name of a field between two bare ones stands
    nowhere else; only fields that this version does not know could bear it too.
    """
    sealed = contact.personal
    if contact.model_extra or (sealed is not None and sealed.model_extra):
        return contact.model_dump_json(exclude=_NOT_CONTENT, exclude_none=True)
    before, _, times = wire.partition(',"received_at":')
    start = times.index(',"channel":')
    if sealed is None:
        end = ',"tracking":' if contact.unkept is None else ',"unkept":'
        return before + times[start : times.rindex(end)] + "}"
    reply = "" if contact.reply_to is None else f',"reply_to":"{contact.reply_to}"'
    return before + times[start : times.rindex(',"personal":')] + reply + "}"


def says_the_same(stored: ContactReceived, again: ContactReceived) -> bool:
    """Return whether ``again`` differs from ``stored`` only in the key under which its person is
    known: sent before a rotation of keys, and once more after it."""
    known = {stored.person, *stored.aliases} & {again.person, *again.aliases} - {None}
    is_same_person = again.person in known or stored.person in known
    left_out = {*_NOT_CONTENT, "person", "aliases"}
    return is_same_person and stored.model_dump(exclude=left_out) == again.model_dump(
        exclude=left_out
    )
