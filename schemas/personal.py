"""Personal data on the wire: one sealed sub-record, and blind indexes beside it.

Who a person is stands in exactly one place of a record, a :class:`Sealed` part, so that
encryption and erasure have one thing to act on. Everything that must be *compared*
(same phone? same waybill?) is a keyed HMAC with a key id (:class:`KeyRing`); a record
key never holds a phone number, a customer number or a waybill in clear.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal, cast

from pydantic import Field, ValidationError

from schemas.errors import MalformedRecordError
from schemas.reading import short_reader
from schemas.record import READING, Part


class Personal(Part):
    """Who the complainant is and how to reach them, in clear; never leaves memory unsealed."""

    customer: Annotated[str, Field(max_length=80)] | None = None
    name: Annotated[str, Field(max_length=80)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    address: Annotated[str, Field(max_length=400)] | None = None

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show which fields are set and nothing of them: a repr ends in a log."""
        return [(name, ...) for name, value in self if value is not None]


Way = Literal["email", "phone", "account", "post"]
"""By what somebody can be reached."""


class Sealed(Part):
    """A :class:`Personal` under a cipher, whose key ``key_id`` names. ``null`` only encodes; so
    are those that were stored before there was a cipher."""

    cipher: Literal["null", "aes-256-siv"] = "null"
    key_id: Annotated[str, Field(max_length=20)] = "none"
    data: Annotated[str, Field(max_length=8000, repr=False)]
    names: tuple[Literal["customer", "phone", "email"], ...] = ()
    """What in it names somebody, the best name first, for who has no key; of what was stored before
    there was a cipher it is read in the data."""
    ways: Annotated[tuple[Way, ...], Field(max_length=4)] | None = None
    """For what an address is in it, likewise; absent where that was not said yet."""
    calling_code: Annotated[str, Field(pattern="^[1-9][0-9]{0,3}$")] | None = None
    """The first digits of the phone, four at most, where it is written with one; likewise."""


CIPHER: Final = "aes-256-siv"


def packed(personal: Personal) -> bytes:
    """Return ``personal`` as bytes, for a cipher."""
    return personal.model_dump_json(exclude_none=True).encode()


def unseal(sealed: Sealed) -> Personal:
    """Open ``sealed`` of the null cipher.

    Raises:
        MalformedRecordError: the data are no :func:`packed` person.
    """
    try:
        if sealed.cipher != "null":
            raise ValueError
        return unpacked(base64.b64decode(sealed.data, validate=True))
    except ValueError:
        raise _unsealable() from None


def unpacked(raw: bytes) -> Personal:
    """Return what was :func:`packed`.

    Raises:
        MalformedRecordError: it was not.
    """
    try:
        if b"null" not in raw:
            try:
                return cast("Personal", short_reader(Personal).validate_json(raw))
            except ValidationError:
                pass  # the long way has the last word
        return Personal.model_validate_json(raw, context=READING)
    except ValueError:
        raise _unsealable() from None


def _unsealable() -> MalformedRecordError:
    return MalformedRecordError("personal", "unsealable", "the sealed part is broken")


_KEY_ID: Final = re.compile(r"[A-Za-z0-9-]{1,12}")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """HMAC keys by id, newest first; the active one makes new indexes, the others still
    find old ones, and the oldest names contacts for ever.

    ``repr`` shows ids only. A key is at least 32 random bytes (NIST SP 800-107: at least
    the hash's security strength for HMAC-SHA256).
    """

    keys: dict[str, bytes]
    active: str

    def __post_init__(self) -> None:
        if not all(_KEY_ID.fullmatch(key_id) for key_id in self.keys):
            # Not quoted: what stands in its place may be the key.
            raise ValueError("an HMAC key's id is not 1 to 12 letters, digits and hyphens")
        if self.active not in self.keys:
            raise ValueError(f"active HMAC key {self.active!r} is not among the keys")
        for key_id, key in self.keys.items():
            if len(key) < 32:
                raise ValueError(f"HMAC key {key_id!r} has {len(key)} bytes, at least 32 needed")

    def __repr__(self) -> str:
        return f"KeyRing(ids={sorted(self.keys)}, active={self.active!r})"

    def blind(self, purpose: str, tenant: str, value: str) -> str:
        """Return the blind index of ``value`` under the active key: ``<key id>.<26 chars>``."""
        return self._blind(self.active, purpose, tenant, value)

    def blinds(self, purpose: str, tenant: str, value: str) -> tuple[str, ...]:
        """Return ``value``'s index under every key, the active one first (for look-ups
        while keys rotate)."""
        ids = (self.active, *sorted(self.keys.keys() - {self.active}))
        return tuple([self._blind(key_id, purpose, tenant, value) for key_id in ids])

    def permanent(self, purpose: str, tenant: str, value: str) -> str:
        """Return an HMAC under the oldest key, for ids that must outlive every rotation."""
        return self._blind(self.oldest, purpose, tenant, value)

    @property
    def oldest(self) -> str:
        """The id of the key for what must be compared across rotations."""
        return next(reversed(self.keys))

    def _blind(self, key_id: str, purpose: str, tenant: str, value: str) -> str:
        message = "\x1f".join((purpose, tenant, value)).encode()
        return f"{key_id}.{base32(_hmac(self.keys[key_id], message)[:16])}"

    def marks(self, tenant: str, values: Iterable[str]) -> tuple[int, ...]:
        """Return 32-bit keyed hashes of ``values`` under the active key, in their order.

        For comparing what must not be read; too short to identify anything alone. Not HMAC but
        keyed BLAKE2 (RFC 7693), a third of the price: a waybill takes more than a dozen.
        """
        key = hashlib.blake2b(self.keys[self.active], digest_size=32).digest()
        start = hashlib.blake2b(f"{tenant}\x1f".encode(), key=key, digest_size=4)
        marks: list[int] = []
        for value in values:
            one = start.copy()
            one.update(value.encode())
            marks.append(int.from_bytes(one.digest(), "big"))
        return tuple(marks)


_BLOCK: Final = 64
"""Bytes of a block of SHA-256."""
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


def _hmac(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA256 (RFC 2104), as ``hmac.digest`` would: that begins with the key every
    time, which takes twice as long as the rest."""
    inner, outer = (begun.copy() for begun in _begun(key))
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()


@cache
def _begun(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Return the inner and the outer hash, which have taken in the key."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS: Final = tuple(a + b for a in _ALPHABET for b in _ALPHABET)


def base32(digest: bytes) -> str:
    """Return ``digest`` in base 32 without padding (RFC 4648), as ``base64.b32encode`` would, which
    takes four times as long: every contact has several indexes."""
    length = -(-len(digest) * 8 // 5)
    pairs = -(-length // 2)
    bits = int.from_bytes(digest, "big") << pairs * 10 - len(digest) * 8
    places = range(pairs * 10 - 10, -1, -10)
    return "".join([_PAIRS[bits >> place & 1023] for place in places])[:length]
