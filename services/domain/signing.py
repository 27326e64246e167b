"""Standard Webhooks: a message's id, its time and an HMAC over both and the body. Pure.

A secret is rotated without a gap: both are named, the new one first. We sign with all of them,
and a receiver accepts a message that any of its secrets signed.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

from services.domain.errors import SettingsError

MIN_SECRET: Final = 24
TOLERANCE_SECONDS: Final = 300
"""How far the clocks of sender and receiver may be apart."""


def keys_of(secrets: str, name: str) -> tuple[bytes, ...]:
    """Return the keys of ``secrets``, separated by commas or blanks, the newest first.

    Raises:
        SettingsError: there is none, or one is malformed or too short; ``name`` is to blame.
    """
    keys = tuple(_key_of(secret, name) for secret in secrets.replace(",", " ").split())
    if not keys:
        raise SettingsError(f"{name}: at least {MIN_SECRET} bytes needed")
    return keys


def signature(key: bytes, message_id: str, stamp: str, body: bytes) -> str:
    """Return the signature of a message under one key."""
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    return _version_1(hmac.new(key, signed, hashlib.sha256).digest())


def signed_headers(
    keys: Iterable[bytes], message_id: str, seconds: float, body: bytes
) -> dict[str, str]:
    """Return the headers that prove who sent ``body`` at ``seconds`` since 1970."""
    stamp = str(int(seconds))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signature(key, message_id, stamp, body) for key in keys),
    }


class Heard:
    """A message whose body comes in pieces that need not be kept: what each of ``keys`` signs it
    with."""

    def __init__(self, keys: Iterable[bytes], message_id: str, stamp: str) -> None:
        head = f"{message_id}.{stamp}.".encode()
        self._stamp = stamp
        self._macs = [hmac.new(key, head, hashlib.sha256) for key in keys]

    def add(self, piece: bytes) -> None:
        """Hear the next piece of the body."""
        for mac in self._macs:
            mac.update(piece)

    def is_fresh(self, seconds: float) -> bool:
        """Return whether it was stamped within the tolerance of ``seconds``."""
        stamp = self._stamp
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            return False
        return abs(seconds - int(stamp)) <= TOLERANCE_SECONDS

    def is_genuine(self, given: str, seconds: float) -> bool:
        """Return whether one of the keys signed what was heard, and it is fresh.

        Compares every key with every signature given, in constant time each.
        """
        offered = [one.encode() for one in given.split(" ")[:8]]
        found = False
        for mac in self._macs:
            wanted = _version_1(mac.digest()).encode()
            for one in offered:
                found |= hmac.compare_digest(wanted, one)
        return found and self.is_fresh(seconds)


def is_genuine(
    keys: Iterable[bytes], message_id: str, stamp: str, given: str, body: bytes, seconds: float
) -> bool:
    """Return whether one of ``keys`` signed ``body`` within the tolerance of ``seconds``."""
    heard = Heard(keys, message_id, stamp)
    heard.add(body)
    return heard.is_genuine(given, seconds)


def _version_1(mac: bytes) -> str:
    return "v1," + base64.b64encode(mac).decode("ascii")


def _key_of(secret: str, name: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            raise SettingsError(f"{name}: whsec_ and base64 expected") from None
    else:
        key = secret.encode()
    if len(key) < MIN_SECRET:
        raise SettingsError(f"{name}: at least {MIN_SECRET} bytes needed")
    return key
