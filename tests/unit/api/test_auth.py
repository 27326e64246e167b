"""Who may talk to the API."""

from typing import Any

import pytest

from services.api.app import make_app
from services.domain.errors import SettingsError
from services.runtime.settings import Settings
from tests.support.api_desk import Desk, a_desk
from tests.support.builders import KEYS, VAULT

KEY = "a-key-of-sixteen-or-more"
SECRETS: dict[str, Any] = {
    "hmac_keys": f"k1:{KEYS.keys['k1'].hex()}",
    "personal_keys": f"k1:{VAULT.keys['k1'].hex()}",
}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "complaints.example"])
def test_beyond_loopback_the_api_does_not_start_without_a_key(host: str) -> None:
    with pytest.raises(SettingsError, match="COMPLAINTS_API_KEY is not set"):
        make_app(Settings(host=host, **SECRETS))


def test_a_short_key_is_refused_and_not_quoted() -> None:
    with pytest.raises(SettingsError, match="shorter than 16") as refused:
        make_app(Settings(host="0.0.0.0", api_key="hunter2", **SECRETS))
    assert "hunter2" not in str(refused.value)


def test_with_a_key_only_who_shows_it_gets_in() -> None:
    with a_desk(api_key=KEY, host="0.0.0.0") as desk:
        assert desk.send().status_code == 401
        assert desk.send(headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert desk.send(headers={"Authorization": f"Bearer {KEY}"}).status_code == 202
        assert desk.send(headers={"X-API-Key": KEY}).status_code == 202
        assert desk.client.get("/metrics").status_code == 401
        assert desk.client.get("/openapi.json").status_code == 401


def test_customers_follow_their_matter_without_the_key() -> None:
    with a_desk(api_key=KEY) as desk:
        answer = desk.send(headers={"X-API-Key": KEY})
        code = answer.json()["tracking"]
        assert desk.client.get(f"/track/{code}").status_code == 200
        assert desk.client.get(f"/v1/track/{code}").status_code == 200
        assert desk.client.get("/track").status_code == 200
        assert desk.client.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/track/../metrics", "/track/%2e%2e/metrics", "//track/x"])
def test_no_spelling_of_a_path_gets_around_the_key(path: str) -> None:
    with a_desk(api_key=KEY) as desk:
        assert desk.client.get(path).status_code in (401, 404)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1"])
def test_on_loopback_its_own_names_are_served(desk: Desk, name: str) -> None:
    assert desk.client.get("/healthz", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example:8080", ""])
def test_on_loopback_a_name_that_was_pointed_here_is_not(desk: Desk, name: str) -> None:
    assert desk.client.get("/healthz", headers={"Host": name}).status_code == 421


def test_readiness_names_what_is_away(desk: Desk) -> None:
    assert desk.client.get("/readyz").status_code == 200
    desk.pipeline.kafka_is_away = True
    answer = desk.client.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "kafka away")
