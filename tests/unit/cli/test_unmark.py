"""``complaints notice unmark``: what it asks for, and what it says."""

from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.adapters.clock import SystemClock
from services.cli.__main__ import cli
from services.cli.api_client import Api, Reply
from services.domain.sessions import HEADER, Sessions

ASKED: list[tuple[str, dict[str, Any]]] = []
PROVED: list[dict[str, str]] = []
SECRET = "k1:" + "0" * 64


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What the API is to answer for each address."""
    found: list[dict[str, str]] = []

    def ask(self: Api, method: str, path: str, body: dict[str, Any], headers: Any = None) -> Reply:
        ASKED.append((path, body))
        PROVED.append(headers or {})
        return Reply(200, {"addresses": found})

    ASKED.clear()
    PROVED.clear()
    monkeypatch.delenv("COMPLAINTS_HMAC_KEYS", raising=False)
    monkeypatch.setattr(Api, "ask", ask)
    return found


def unmark(*words: str, stdin: str = "", **how: Any) -> Result:
    here = ("--api", "http://127.0.0.1:1")
    return CliRunner().invoke(cli, ["notice", "unmark", *words, *here], input=stdin, **how)


MARKED = {"reason": "bounced", "notice_id": "N1", "at": "2026-03-02T12:00:00+00:00"}


def test_addresses_are_told_apart_by_their_form_and_read_from_standard_input(
    answer: list[dict[str, str]],
) -> None:
    answer += [{"state": "unmarked"} | MARKED, {"state": "not_marked"}]
    result = unmark("-", "--reason", "works again", stdin="li@example.com\n\n+86 138 0013 8000\n")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "li@example.com: is written to again; it was marked 2026-03-02T12:00:00 "
        "(bounced, notice N1)",
        "+86 138 0013 8000: was not marked, nothing to do",
    ]
    ((path, body),) = ASKED
    assert path == "/v1/addresses/unmark"
    assert [one["kind"] for one in body["addresses"]] == ["email", "phone"]
    assert (body["reason"], body["actor"], body["complained"]) == (
        "works again",
        "clerk:cli",
        False,
    )


def test_what_its_owner_complained_about_stays_and_the_command_says_so(
    answer: list[dict[str, str]],
) -> None:
    answer.append({"state": "kept"} | MARKED)
    result = unmark("li@example.com", "--reason", "works again", standalone_mode=False)
    assert result.return_value == 1
    assert "--complained" in result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("li@example.com",), "--reason"),
        (("--reason", "x y"), "ADDRESS"),
        (("somebody", "--reason", "x y"), "say --kind"),
    ],
)
def test_what_is_missing_is_named(words: tuple[str, ...], says: str) -> None:
    result = unmark(*words)
    assert result.exit_code == 2
    assert says in result.output


def test_who_holds_the_secrets_proves_who_says_so(
    answer: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer.append({"state": "unmarked"} | MARKED)
    monkeypatch.setenv("COMPLAINTS_HMAC_KEYS", SECRET)
    monkeypatch.delenv("COMPLAINTS_API_KEY", raising=False)
    assert unmark("li@example.com", "--reason", "works again", "--actor", "clerk:wang").output
    ((_, body),), (proof,) = ASKED, PROVED
    assert "actor" not in body
    session = Sessions((SECRET, ""), SystemClock()).read(proof[HEADER])
    assert session is not None
    assert session.actor == "clerk:wang"
