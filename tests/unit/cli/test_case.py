"""``complaints case`` as a clerk types it, over the API itself: show, explain, act."""

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from services.cli.__main__ import main
from services.cli.api_client import Api, Reply

if TYPE_CHECKING:
    from tests.support.api_desk import Desk

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Desk]":
    """The API in memory, which the command line reaches without a socket; both know the secrets
    of the instance."""
    from tests.support.api_desk import a_desk

    monkeypatch.setenv("COMPLAINTS_HMAC_KEYS", f"k1:{'ab' * 32}")
    with a_desk() as opened:

        def ask(
            api: Api,
            method: str,
            path: str,
            body: object = None,
            headers: dict[str, str] | None = None,
        ) -> Reply:
            answer = opened.client.request(method, path, json=body, headers=headers)
            return Reply(answer.status_code, answer.json())

        monkeypatch.setattr(Api, "ask", ask)
        yield opened


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``complaints case …``; gives the exit code and what was said."""

    def case(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["case", *arguments, "--api", "http://localhost"])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return case


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("法定时限", "办结时限", "到期", "法律规定")),
        ("en", ("Legal limit: due", "Resolution", "by law")),
    ],
)
def test_a_deadline_is_explained_so_that_a_clerk_understands_it(
    desk: "Desk", run: Run, language: str, words: tuple[str, ...]
) -> None:
    case_id = desk.case_of(desk.send())
    code, told, _ = run("explain", case_id, "--lang", language)
    assert code == 0
    assert [word for word in words if word not in told] == []
    assert re.search(r"\d{4}-\d\d-\d\d \w+ \d\d:\d\d", told), "a due time as people write it"
    assert not re.search(r"[{}]|None|next_update", told), "no words of the machine"


def test_times_are_told_in_the_zone_asked_for_and_json_is_the_whole_answer(
    desk: "Desk", run: Run
) -> None:
    case_id = desk.case_of(desk.send())
    assert (
        "(Europe/London)" in run("explain", case_id, "--lang", "en", "--zone", "Europe/London")[1]
    )
    body: dict[str, Any] = json.loads(run("explain", case_id, "--json")[1])
    assert {"statutory", "resolution"} <= {one["clock"] for one in body["clocks"]}


def test_a_case_that_there_is_not_and_a_zone_that_there_is_not_are_said(
    desk: "Desk", run: Run
) -> None:
    code, told, error = run("explain", "C0000000000000000")
    assert (code, told) == (1, "")
    assert "Traceback" not in error
    code, _, error = run("explain", desk.case_of(desk.send()), "--zone", "Mars/Base")
    assert code == 1
    assert "zone" in error


def test_a_clerk_acts_and_sees_it_and_a_stale_command_is_told_what_changed(
    desk: "Desk", run: Run
) -> None:
    case_id = desk.case_of(desk.send())
    assert run("act", case_id, "acknowledge", "--expected-seq", "1")[0] == 0
    code, _, error = run("act", case_id, "note", "--note", "late", "--expected-seq", "1")
    assert code == 1
    assert "stale" in error
    code, told, _ = run("show", case_id)
    assert code == 0
    assert "acknowledged" in told


def test_who_acts_is_who_the_secrets_sign_for_and_without_them_nobody(
    desk: "Desk", run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = desk.case_of(desk.send())
    assert run("act", case_id, "acknowledge", "--actor", "clerk:clerk-101")[0] == 0
    (_, change) = desk.client.get(f"/v1/cases/{case_id}").json()["history"]
    assert (change["actor"], change.get("on_behalf_of")) == ("clerk:clerk-101", None)
    monkeypatch.delenv("COMPLAINTS_HMAC_KEYS")
    code, _, error = run("act", case_id, "investigate", "--actor", "clerk:clerk-801")
    assert code == 1
    assert "Prove who acts" in error


def test_a_task_is_given_and_answered_from_the_command_line(desk: "Desk", run: Run) -> None:
    case_id = desk.case_of(desk.send())
    asked = ("give_task", "--unit", "partner:gb", "--note", "Who signed for it?")
    assert run("act", case_id, *asked)[0] == 0
    assert "partner:gb (asked)" in run("show", case_id)[1]
    assert run("act", case_id, *asked)[0] == 1
    assert run("act", case_id, "finish_task", "--task", "1", "--note", "The neighbour.")[0] == 0
    assert "Who signed for it?" in run("show", case_id)[1]
