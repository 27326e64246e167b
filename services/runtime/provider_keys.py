"""The secrets that providers sign with, by the settings."""

from typing import Final

from services.domain.errors import SettingsError
from services.domain.signing import keys_of
from services.runtime.settings import Settings

_NAME: Final = "COMPLAINTS_RECEIPT_SECRETS"


def provider_keys(settings: Settings) -> dict[str, tuple[bytes, ...]]:
    """Return each provider's live keys.

    Raises:
        SettingsError: one is malformed or too short.
    """
    found: dict[str, tuple[bytes, ...]] = {}
    for item in filter(None, settings.receipt_secrets.get_secret_value().split(";")):
        name, is_pair, secrets = item.strip().partition("=")
        if not is_pair or not name:
            raise SettingsError(f"{_NAME}: provider=secret expected, separated by semicolons")
        found[name.strip()] = keys_of(secrets, _NAME)
    return found
