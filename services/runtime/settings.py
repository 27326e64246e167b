"""All settings, read once from the environment; the only reader of it.

Each is ``COMPLAINTS_<NAME>``. Secrets never show in ``repr``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.personal import KeyRing
from services.domain.errors import SettingsError

if TYPE_CHECKING:
    from services.domain.vault import Vault


class Settings(BaseSettings):
    """Where the services are and how a worker behaves; defaults suit one small machine."""

    model_config = SettingsConfigDict(env_prefix="COMPLAINTS_", frozen=True, extra="ignore")

    kafka: str = "127.0.0.1:9092"
    mongo: str = "mongodb://127.0.0.1:27017/?replicaSet=complaints"
    database: str = "complaints"
    prefix: str = ""
    """Put before every topic, group and transactional id; tests use one each."""
    slot: Annotated[int, Field(ge=0)] = 0
    """Which copy of the worker this is; names its transactional id, stable over restarts."""
    hmac_keys: SecretStr = SecretStr("")
    """``id:hex,id:hex``; the first is active. At least 32 bytes each."""
    personal_keys: SecretStr = SecretStr("")
    """Of the same form: what personal data are sealed with. Only :data:`OPENERS` need them, and
    whoever makes a backup."""
    host: str = "127.0.0.1"
    health_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port of /healthz, /readyz and /metrics; 0 takes a free one."""
    api_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    api_key: SecretStr = SecretStr("")
    """Needed by the API when it listens beyond loopback."""
    access_policy: Path | None = None
    """Whose keys open what: another file than the one that comes with the service, which has
    none."""
    command_wait_seconds: Annotated[float, Field(gt=0, le=60)] = 2.0
    """How long the API waits for the outcome of a command before it answers that it is pending."""
    console_port: Annotated[int, Field(ge=0, le=65535)] = 8090
    api_url: str = ""
    """Where the console reaches the API; on this machine, when empty."""
    workers: str = ""
    """Health pages that the console watches: ``name=url,name=url``."""
    time_zone: str = "Asia/Shanghai"
    """The zone in which the console shows times."""
    log_level: str = "INFO"
    batch_min: Annotated[int, Field(ge=1)] = 32
    batch_max: Annotated[int, Field(ge=1, le=10_000)] = 2000
    batch_target_seconds: Annotated[float, Field(gt=0)] = 0.2
    """The batch size is steered so that one batch takes about this long."""
    batch_backlog_seconds: Annotated[float, Field(gt=0, le=5)] = 1.0
    """And about this long while there is a backlog, which larger batches end sooner."""
    gather_seconds: Annotated[float, Field(ge=0, le=2)] = 0.25
    """How long a worker beside the way from contact to notice waits for more once a record is
    there: each batch of its costs a transaction, and with it those who are waited for."""
    batch_kbytes: Annotated[int, Field(ge=64, le=1_048_576)] = 16_384
    """A batch is closed once its records have this many KiB, however few they are."""
    fetched_kbytes: Annotated[int, Field(ge=1024, le=1_048_576)] = 2_048
    """Read ahead of the worker, over all its partitions. An express record waits for it (ADR
    0021)."""
    fetch_kbytes: Annotated[int, Field(ge=2112, le=1_048_576)] = 2_112
    """One answer of a broker; at least the largest record."""
    partition_fetch_kbytes: Annotated[int, Field(ge=64, le=1_048_576)] = 64
    """And of one partition in it, as compressed: what is fetched may be many times as large."""
    produced_kbytes: Annotated[int, Field(ge=4096, le=2_097_151)] = 131_072
    """Produced and not yet taken by a broker."""
    transaction_timeout_seconds: Annotated[float, Field(ge=5, le=8)] = 6.0
    """After this the broker aborts what a dead worker left open (ADR 0003)."""
    poll_seconds: Annotated[float, Field(gt=0)] = 0.25
    retry_seconds: Annotated[float, Field(gt=0)] = 1.0
    breaker_window: Annotated[int, Field(ge=10)] = 200
    breaker_share: Annotated[float, Field(gt=0)] = 0.5
    """Above this share of dead letters among the last ``breaker_window`` records the
    worker stops instead of emptying its topic; more than 1 switches the breaker off."""
    breaker_probe_seconds: Annotated[float, Field(gt=0)] = 30.0
    hung_seconds: Annotated[float, Field(ge=10, le=600)] = 60.0
    """A worker whose loop has not gone round for this long ends itself (75). Below 30, one that
    only waits for an engine may be ended as well: no harm, but a restart."""
    crash_at: str = ""
    """For fault tests only, see ``services.runtime.crashpoints``."""
    dedup_policy: Path | None = None
    """Another dedup policy file than the one that comes with the service."""
    quota_policy: Path | None = None
    express_policy: Path | None = None
    severity_policy: Path | None = None
    routing_policy: Path | None = None
    teams_policy: Path | None = None
    """Another file of teams, the same for every process."""
    levels_policy: Path | None = None
    merging_policy: Path | None = None
    correcting_policy: Path | None = None
    frequent_policy: Path | None = None
    incidents_policy: Path | None = None
    notification_policy: Path | None = None
    sender_policy: Path | None = None
    staff: Path | None = None
    """Another address book of teams, clerks and partners; notification and sender read it."""
    texts: Path | None = None
    """Another file of the words of notices; templates in the folder ``templates`` beside it take
    the place of the shipped ones of the same name."""
    public_url: str = "http://127.0.0.1:8080"
    """Where customers reach the tracking page; stands in notices."""
    console_url: str = ""
    """Where clerks reach the console; messages to teams link to it when it is set."""
    smtp_host: str = ""
    """The mail relay notices are handed to; without one the channel e-mail is off."""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 25
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    sender_address: str = "complaints@example.com"
    webhook_url: str = ""
    """The gateway for phone, SMS, app and teams; without one the channel webhook is off."""
    webhook_secret: SecretStr = SecretStr("")
    """Signs webhooks (Standard Webhooks); ``whsec_`` and base64, or any 24 characters."""
    webhook_private: bool = False
    """Whether gateways may be at a private or loopback address, and over plain HTTP."""
    sms_url: str = ""
    """The provider of short messages over HTTP; its request is written in the sender's policy.
    Without one, and without a centre for SMPP, the channel sms is off."""
    sms_secret: SecretStr = SecretStr("")
    voice_url: str = ""
    voice_secret: SecretStr = SecretStr("")
    push_url: str = ""
    push_secret: SecretStr = SecretStr("")
    letter_url: str = ""
    """The queue of the printing service; without one the channel letter is off."""
    letter_secret: SecretStr = SecretStr("")
    chat_robots: Path | None = None
    """A file that says which robot writes to which team; without one the channel chat is off."""
    smpp_host: str = ""
    """The centre for short messages over SMPP, instead of a provider over HTTP."""
    smpp_port: Annotated[int, Field(ge=1, le=65535)] = 2775
    smpp_tls: bool = False
    smpp_user: str = ""
    smpp_password: SecretStr = SecretStr("")
    smpp_sender: str = "95338"
    """What receivers see as the sender of a short message."""
    dkim_key: Path | None = None
    """A private key in PEM; mail is signed with it when it is set."""
    dkim_selector: str = "complaints"
    replies: bool = False
    """Whether replies to mail reach us (``POST /v1/inbound/mail``): mail then asks for them, at
    the sender's address with the notice's id behind a plus."""
    sms_replies: bool = False
    """Whether answers to short messages reach us (``POST /v1/inbound/sms``, or the centre's own
    line): messages then say which word ends them, and ask for a digit as a rating."""
    sms_parts_minutes: Annotated[float, Field(gt=0, le=1440)] = 10.0
    """How long the API waits for the other parts of a long short message, from the first on; then
    what has come is taken, with a mark for each part that has not."""
    receipt_secrets: SecretStr = SecretStr("")
    """``provider=secret secret;provider=secret``: who may say what became of notices, and hand
    in replies. Of two secrets the new one comes first."""
    sender_batch_max: Annotated[int, Field(ge=1, le=2000)] = 64
    sender_threads: Annotated[int, Field(ge=1, le=128)] = 48
    sla_policy: Path | None = None
    calendars_policy: Path | None = None
    limits_policy: Path | None = None
    aftercare_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 30.0
    """How often the worker `aftercare` looks for cases whose next look is due."""
    movable_clock: bool = False
    """For demos and tests only: let ``complaints clock advance`` move the time of the whole
    instance."""

    @property
    def clock_policies(self) -> tuple[Path | None, ...]:
        """The files of our limits, the calendars, the legal limits and the teams, whose ladder
        clocks climb, and of the rules of correction, which name teams; None: the shipped one."""
        ladder = self.teams_policy, self.correcting_policy
        return self.sla_policy, self.calendars_policy, self.limits_policy, *ladder

    @property
    def team_policies(self) -> tuple[Path | None, Path | None, Path | None]:
        """The files that teams must fit: our limits, the calendars, the rules of correction."""
        return self.sla_policy, self.calendars_policy, self.correcting_policy

    @property
    def policy_files(self) -> dict[str, Path]:
        """Policy files that are set, by the names of their settings; of all others the shipped
        ones count."""
        named = ((name, getattr(self, name)) for name in POLICY_SETTINGS)
        return {name: path for name, path in named if path is not None}

    @property
    def session_secrets(self) -> tuple[str, str]:
        """What sessions are signed by: API and console agree on it."""
        return self.hmac_keys.get_secret_value(), self.api_key.get_secret_value()

    def topic(self, name: str) -> str:
        """Return the real name of the table's topic ``name``."""
        return f"{self.prefix}{name}"

    def group(self, worker: str) -> str:
        """Return the consumer group of ``worker``."""
        return f"{self.prefix}{worker}"

    def transactional_id(self, worker: str) -> str:
        """Return the stable transactional id of this slot of ``worker``."""
        return f"{self.prefix}{worker}-{self.slot}"

    def key_ring(self) -> KeyRing:
        """Return the HMAC keys.

        Raises:
            SettingsError: none are set, or one is malformed or too short.
        """
        keys = _keys_in("COMPLAINTS_HMAC_KEYS", self.hmac_keys)
        try:
            return KeyRing(keys, next(iter(keys)))
        except ValueError as error:
            raise SettingsError(f"COMPLAINTS_HMAC_KEYS: {error}") from None

    def vault(self) -> "Vault":
        """Return what personal data are sealed with.

        Raises:
            SettingsError: no key is set, or one is malformed or too short.
        """
        from services.domain.vault import Vault  # most processes do without the library behind it

        try:
            return Vault(_keys_in("COMPLAINTS_PERSONAL_KEYS", self.personal_keys))
        except ValueError as error:
            raise SettingsError(f"COMPLAINTS_PERSONAL_KEYS: {error}") from None


def _keys_in(name: str, written: SecretStr) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for item in filter(None, written.get_secret_value().split(",")):
        key_id, _, hex_key = item.strip().partition(":")
        try:
            keys[key_id] = bytes.fromhex(hex_key)
        except ValueError:
            # Nothing of it is quoted: id and key may have been swapped.
            raise SettingsError(
                f"{name}: key number {len(keys) + 1} is not id:hexadecimal"
            ) from None
    if not keys:
        raise SettingsError(
            f"{name} is not set: give at least one key as id:hex "
            "(`python3 -c 'import secrets; print(\"k1:\" + secrets.token_hex(32))'`)"
        )
    return keys


OPENERS: Final = frozenset({"api", "sender"})
"""Processes that see who somebody is."""
POLICY_SETTINGS: Final = tuple(name for name in Settings.model_fields if name.endswith("_policy"))
"""Settings that name a policy file."""


def load_settings(**overrides: object) -> Settings:
    """Read the environment; ``overrides`` win.

    Raises:
        SettingsError: naming the variable and the rule it breaks.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = (
            f"COMPLAINTS_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError("; ".join(lines)) from None
