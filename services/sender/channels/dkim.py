"""Signs mail, so that its receiver can tell that it is ours (DKIM, RFC 6376)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from services.domain.errors import SettingsError

_SIGNED: Final = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"content-type",
    b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
"""The way out of a list counts for mail programs only where it is signed (RFC 8058, 4)."""
_PROBE: Final = b"From: a@example.com\r\nSubject: x\r\n\r\nx\r\n"


@dataclass(frozen=True, slots=True)
class Signer:
    """A key of a domain, published in its DNS under the selector."""

    selector: str
    domain: str
    key: bytes = field(repr=False)

    @classmethod
    def of_file(cls, path: Path, selector: str, domain: str) -> "Signer":
        """Read the private key (PEM) and try it.

        Raises:
            SettingsError: it cannot be read, or is none.
        """
        try:
            signer = cls(selector, domain, path.read_bytes())
            signer.signed(_PROBE)
        except OSError as error:
            raise SettingsError(f"COMPLAINTS_DKIM_KEY {path}: {error.strerror}") from None
        except _library().DKIMException:
            raise SettingsError(f"COMPLAINTS_DKIM_KEY {path}: no private RSA key in PEM") from None
        return signer

    def signed(self, mail: bytes) -> bytes:
        """Return the mail with its signature in front. The same mail gets the same signature on
        the same second only: its time is part of it."""
        sign: Callable[..., bytes] = _library().sign
        head = sign(
            mail,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(_SIGNED),
        )
        return head + mail


def _library() -> Any:
    # Loaded here: only who signs needs it.
    import dkim

    return dkim
