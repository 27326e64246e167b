"""The cipher of the sealed part in which who somebody is travels and lies: AES-256 in SIV mode
(RFC 5297), under keys that only those processes have which write to people."""

import base64
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import MalformedRecordError
from schemas.personal import CIPHER, Personal, Sealed, packed, unpacked, unseal
from services.domain.errors import OutageError
from services.domain.known_by import names_given
from services.domain.ways import calling_code_of, ways_of

LEAST: Final = 32
"""Bytes of a key."""
_USE: Final = b"complaints|personal"


class Vault:
    """Keys by id; the first seals, all open. The same person of the same tenant sealed twice is
    the same bytes: a contact that is sent again is the same record, and no chance is asked. Whoever
    has no key learns from it no more than from the index of the person that stands beside it.

    Raises:
        ValueError: there is no key, or one is too short.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("there is no key")
        for key_id, key in keys.items():
            if len(key) < LEAST:
                raise ValueError(f"key {key_id!r} has {len(key)} bytes, at least {LEAST} needed")
        self.keys: Final = dict(keys)
        self._active = next(iter(keys))
        self._ciphers = {key_id: AESSIV(_derived(key)) for key_id, key in keys.items()}

    def __repr__(self) -> str:
        return f"Vault(ids={sorted(self.keys)}, active={self._active!r})"

    def seal(self, tenant: str, personal: Personal) -> Sealed:
        """Return who somebody is so that only a holder of the key can read or change it; that of
        one tenant is not taken for that of another."""
        coded = self._ciphers[self._active].encrypt(packed(personal), _bound_to(tenant))
        data = base64.b64encode(coded).decode("ascii")
        return Sealed(
            cipher=CIPHER,
            key_id=self._active,
            data=data,
            names=tuple(names_given(personal.customer, personal.phone, personal.email)),
            ways=ways_of(personal),
            calling_code=calling_code_of(personal.phone),
        )

    def open(self, tenant: str, sealed: Sealed) -> Personal:
        """Return who it is. What was stored before there was a cipher is read as it is.

        Raises:
            MalformedRecordError: it is not what :meth:`seal` made for this tenant.
            OutageError: its key is not here. It is not taken for a broken one: nobody could be
                written to any more, and nobody would hear of it. Whoever needs it waits.
        """
        if sealed.cipher != CIPHER:
            return unseal(sealed)
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise OutageError(
                "COMPLAINTS_PERSONAL_KEYS",
                f"has no key {sealed.key_id!r}, under which personal data are sealed: put it "
                "behind the others, and start again",
            )
        try:
            raw = cipher.decrypt(base64.b64decode(sealed.data, validate=True), _bound_to(tenant))
        except (InvalidTag, ValueError):
            raise MalformedRecordError(
                "personal", "unsealable", "the sealed part is broken"
            ) from None
        return unpacked(raw)


def _derived(key: bytes) -> bytes:
    return HKDF(SHA512(), 64, None, _USE).derive(key)


def _bound_to(tenant: str) -> list[bytes]:
    return [tenant.encode()]
