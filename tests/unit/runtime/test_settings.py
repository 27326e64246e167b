"""Settings: what is wrong is said by name and rule, and no secret is ever shown."""

import os

import pytest

from services.domain.errors import SettingsError, UnsafeStart
from services.runtime.settings import Settings, load_settings

SECRET = "5ec1e7" * 12


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COMPLAINTS_")]:
        monkeypatch.delenv(name)


def test_every_setting_has_a_default_that_suits_one_machine() -> None:
    assert load_settings() == Settings()


def test_settings_come_from_the_environment_and_overrides_win(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMPLAINTS_KAFKA", "broker:9092")
    monkeypatch.setenv("COMPLAINTS_SLOT", "3")
    monkeypatch.setenv("COMPLAINTS_NOT_OURS", "ignored")
    settings = load_settings(slot=4)
    assert (settings.kafka, settings.slot) == ("broker:9092", 4)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("SLOT", "-1", "greater than or equal to 0"),
        ("SLOT", "two", "valid integer"),
        ("BATCH_MAX", "20000", "less than or equal to 10000"),
        ("HEALTH_PORT", "70000", "less than or equal to 65535"),
        ("TRANSACTION_TIMEOUT_SECONDS", "60", "less than or equal to 8"),
        ("TRANSACTION_TIMEOUT_SECONDS", "1", "greater than or equal to 5"),
        ("BREAKER_SHARE", "0", "greater than 0"),
        ("POLL_SECONDS", "0", "greater than 0"),
    ],
)
def test_an_error_names_the_variable_and_the_rule_it_breaks(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, rule: str
) -> None:
    monkeypatch.setenv(f"COMPLAINTS_{name}", value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert f"COMPLAINTS_{name}: " in str(raised.value)
    assert rule in str(raised.value)
    assert isinstance(raised.value, UnsafeStart)


def test_all_errors_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPLAINTS_SLOT", "-1")
    monkeypatch.setenv("COMPLAINTS_BATCH_MIN", "0")
    with pytest.raises(SettingsError, match=r"COMPLAINTS_SLOT: .*; COMPLAINTS_BATCH_MIN: "):
        load_settings()


def test_an_error_does_not_quote_what_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPLAINTS_HEALTH_PORT", SECRET)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("show", [repr, str, lambda settings: settings.model_dump_json()])
def test_no_secret_is_ever_shown(show: object) -> None:
    secrets = {
        name: f"{SECRET}-{name}"
        for name, field in Settings.model_fields.items()
        if "Secret" in str(field.annotation)
    }
    assert {"hmac_keys", "api_key"} <= secrets.keys()
    assert SECRET not in show(Settings(**secrets))  # type: ignore[operator, arg-type]


def test_names_carry_the_prefix_and_the_slot() -> None:
    settings = Settings(prefix="t1.", slot=2)
    assert settings.topic("cases.changed.v1") == "t1.cases.changed.v1"
    assert settings.group("cases") == "t1.cases"
    assert settings.transactional_id("cases") == "t1.cases-2"


# ---------------------------------------------------------------------- keys


def test_the_first_key_is_the_active_one() -> None:
    old, new = "aa" * 32, "bb" * 32
    ring = Settings(hmac_keys=f" k2:{new}, k1:{old} ").key_ring()
    assert (ring.active, list(ring.keys)) == ("k2", ["k2", "k1"])
    assert ring.keys["k1"] == bytes.fromhex(old)


@pytest.mark.parametrize(
    ("keys", "rule"),
    [
        ("", "not set: give at least one key as id:hex"),
        (f"k1:{'zz' * 32}", "key number 1 is not id:hexadecimal"),
        (f"k1:{'aa' * 32},k2={SECRET}", "is not 1 to 12 letters, digits and hyphens"),
        ("k1:aabb", "'k1' has 2 bytes, at least 32 needed"),
        (f"{SECRET}:{'aa' * 32}", "is not 1 to 12 letters, digits and hyphens"),
        (f"{'aa' * 32}:k1", "key number 1 is not id:hexadecimal"),
    ],
)
def test_a_key_that_is_no_key_is_refused_without_quoting_it(keys: str, rule: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings(hmac_keys=keys).key_ring()
    assert rule in str(raised.value)
    assert str(raised.value).startswith("COMPLAINTS_HMAC_KEYS")
    assert SECRET not in str(raised.value)
    assert "aa" * 32 not in str(raised.value)
    assert raised.value.__cause__ is None
