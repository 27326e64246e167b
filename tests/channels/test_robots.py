"""Chat robots, held against a library that knows their formats; letters; DKIM."""

import importlib
import io
import json
import subprocess
import warnings
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import dkim
import pytest
from pypdf import PdfReader

from infra.catcher import Catcher
from services.domain.errors import SettingsError
from services.domain.send_store import Outcome
from services.domain.wording.paper import drawn
from services.sender.channels.dkim import Signer
from services.sender.channels.port import Card
from services.sender.channels.robots import Message, Robot, request_of
from services.sender.channels.smtp import Relay, SmtpChannel
from services.sender.policy import load_policy
from tests.channels.providers import CLOCK, NAMES, SECONDS, a_letter

KEY = "1234567a-bcde-4f01-8234-56789abcdef0"


class Said:
    """What an answer of a robot looks like to the library."""

    status_code = 200
    content = b'{"errcode":0,"code":0}'
    text = content.decode()
    headers: ClassVar[dict[str, str]] = {}

    def json(self) -> dict[str, int]:
        return {"errcode": 0, "code": 0}


def librarys(monkeypatch: pytest.MonkeyPatch, address: str) -> tuple[str, dict[str, Any]]:
    """Return where and what the library posts for a robot."""
    found: list[tuple[str, dict[str, Any]]] = []

    def post(url: str, data: bytes | str = b"", **rest: Any) -> Said:
        found.append((f"{url}&{urlencode(rest.get('params') or {})}", json.loads(data)))
        return Said()

    monkeypatch.setattr("requests.post", post)
    with warnings.catch_warnings():
        # The library looks for a module that Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        made = importlib.import_module("apprise").Apprise(address)
    assert made.notify(body="text")
    (one,) = found
    return one


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("wecom", f"wecombot://{KEY}"),
        ("dingtalk", "dingtalk://SECabc@token123"),
        ("feishu", "feishu://token123"),
    ],
)
def test_a_request_has_the_form_that_the_library_gives_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, address: str
) -> None:
    url, wanted = librarys(monkeypatch, address)
    robot = Robot.model_validate({"kind": kind, "url": url, "secret": "SECabc"})
    request = request_of(robot, Message("title", "text"), 1_700_000_000.0)
    body = dict(request.body)
    if kind == "feishu":
        assert body.pop("timestamp") == "1700000000"
        assert len(b64decode(body.pop("sign"))) == 32
    if kind == "dingtalk":
        theirs = parse_qs(urlsplit(url).query)
        then = int(theirs["timestamp"][0]) / 1000
        ours = parse_qs(request_of(robot, Message("title", "text"), then).query)
        assert {name: unquote(one[0]) for name, one in theirs.items() if name in ours} == {
            name: one[0] for name, one in ours.items()
        }

    wanted.pop("at", None)  # whom to call by name: nobody

    def shape(value: Any) -> Any:
        return {k: shape(v) for k, v in value.items()} if isinstance(value, dict) else type(value)

    assert shape(body) == shape(wanted)
    assert [body.get(name) for name in ("msgtype", "msg_type")] == [
        wanted.get(name) for name in ("msgtype", "msg_type")
    ]


def test_a_text_is_cut_at_a_whole_character_of_what_a_robot_takes() -> None:
    robot = Robot.model_validate({"kind": "wecom", "url": "https://x.example/"})
    content = request_of(robot, Message("标题", "长" * 2000), 0).body["text"]["content"]
    assert len(content.encode()) <= 2048
    assert content.endswith("长…")


CARD = Card(
    "red", (("级别", "4 · 特大"), ("剩余", "2 小时")), "https://c.example/cases/C1", "打开案件"
)


def card_body(
    kind: str, text: str = "请立即处理 <b>[x](http://evil.example)", **changes: Any
) -> Any:
    robot = Robot.model_validate({"kind": kind, "url": "https://x.example/"})
    return request_of(robot, Message("已超时", text, replace(CARD, **changes)), 0).body


def test_each_messenger_gets_a_card_with_colour_facts_and_link() -> None:
    wecom = card_body("wecom")["markdown"]["content"]
    assert '<font color="warning">已超时</font>' in wecom
    assert "[打开案件](https://c.example/cases/C1)" in wecom
    dingtalk = card_body("dingtalk")["actionCard"]
    assert (dingtalk["singleURL"], "**2 小时**" in dingtalk["text"]) == (CARD.link, True)
    feishu = card_body("feishu")["card"]
    assert feishu["header"]["template"] == "red"
    assert feishu["elements"][2]["actions"][0]["url"] == CARD.link
    (slack,) = card_body("slack")["attachments"]
    assert (slack["color"], slack["title_link"]) == ("#c62828", CARD.link)


@pytest.mark.parametrize("kind", ["wecom", "dingtalk"])
def test_a_text_cannot_put_a_link_into_a_card(kind: str) -> None:
    assert "](http://evil" not in json.dumps(card_body(kind), ensure_ascii=False)


@pytest.mark.parametrize("is_card", [True, False])
@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu", "slack"])
def test_a_text_cannot_call_everybody(kind: str, is_card: bool) -> None:
    """``<!channel>`` calls a Slack channel, ``<at>`` a Feishu group, ``<@…>`` one of WeCom."""
    robot = Robot.model_validate({"kind": kind, "url": "https://x.example/"})
    text = '<!channel> <at user_id="all">x</at> <@all> & 1 < 2'
    body = request_of(robot, Message(text, text, CARD if is_card else None), 0).body
    words = json.dumps(body, ensure_ascii=False)
    if kind == "slack":
        assert "&lt;!channel&gt;" in words
        assert "&amp; 1 &lt; 2" in words
    if kind == "feishu" and is_card:  # these are shown word for word, whatever they hold
        assert body["card"]["elements"][0]["text"] == {"tag": "plain_text", "content": text}
    elif kind != "dingtalk":  # it calls whom a field of its own names
        assert not any(one in words for one in ("<!channel>", "<at ", "<@all>"))


def test_lines_of_a_text_stay_lines_in_a_card() -> None:
    assert "第一行  \n第二行" in card_body("dingtalk", "第一行\n第二行")["actionCard"]["text"]
    for kind, where in (("wecom", "markdown"), ("slack", "attachments")):
        words = json.dumps(card_body(kind, "第一行\n第二行")[where], ensure_ascii=False)
        assert "第一行\\n第二行" in words


def test_a_long_card_is_cut_in_its_text_and_keeps_its_link() -> None:
    content = card_body("wecom", "长" * 2000)["markdown"]["content"]
    assert 4090 < len(content.encode()) <= 4096
    assert content.endswith("(https://c.example/cases/C1)")


def test_without_a_link_there_is_a_card_all_the_same() -> None:
    assert card_body("dingtalk", link="")["msgtype"] == "markdown"
    assert len(card_body("feishu", link="")["card"]["elements"]) == 2


# ------------------------------------------------------------------ letters


def pages(letter: Any) -> list[str]:
    reader = PdfReader(io.BytesIO(drawn(letter, "迅达快递")))
    return [page.extract_text() for page in reader.pages]


def test_a_letter_is_the_same_byte_for_byte() -> None:
    assert drawn(a_letter(), "迅达快递") == drawn(a_letter(), "迅达快递")


def test_a_long_letter_goes_over_several_pages_and_loses_nothing() -> None:
    text = "\n".join(
        f"第{n}段:" + "您的快件已经找到。 It is on its way to you. " * 5 for n in range(40)
    )
    found = pages(a_letter(text=text, address="李华\n上海市"))
    assert len(found) > 2
    words = "".join("".join(page.split()) for page in found).replace(a_letter().notice_id, "")
    assert "".join(text.split()) in words


def test_no_line_of_a_letter_runs_over_the_edge() -> None:
    (page,) = pages(a_letter(text="好" * 100 + "\n" + "w" * 300))
    assert max(len(line) for line in page.splitlines() if line.startswith("好")) <= 43
    assert max(len(line) for line in page.splitlines() if line.startswith("w")) <= 75


def test_no_line_of_a_letter_begins_with_what_closes_a_sentence() -> None:
    for length in range(38, 46):
        (page,) = pages(a_letter(text="好" * length + "。再见"))
        assert not any(line.startswith("。") for line in page.splitlines())


# ------------------------------------------------------------------ DKIM


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    made = subprocess.run(
        ["openssl", "genrsa", "-traditional", "-out", str(path), "1024"], capture_output=True
    )
    if made.returncode:
        pytest.skip("no openssl on this machine")
    return path


def test_mail_is_signed_so_that_its_receiver_can_tell(catcher: Catcher, key: Path) -> None:
    public = subprocess.run(
        ["openssl", "rsa", "-in", str(key), "-pubout"], capture_output=True, check=True
    ).stdout
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    signer = Signer.of_file(key, "complaints", "example.com")
    relay = Relay(
        "127.0.0.1", catcher.smtp_port, "complaints@example.com", NAMES, seconds=SECONDS * 4,
        signer=signer, replies=True,
    )  # fmt: skip
    channel = SmtpChannel(relay, CLOCK.monotonic)
    assert channel.send(a_letter()).outcome is Outcome.SENT
    channel.close()
    (caught,) = catcher.box.messages("smtp")
    assert caught.headers["Reply-To"] == "complaints+N3K9PQ2R7M5T8V1WXYZ4ABCDE@example.com"
    raw = caught.raw.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(
        raw.replace(b"Subject: ", b"Subject: x"), dnsfunc=lambda name, timeout=5: record
    )


def test_a_key_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("nothing")
    with pytest.raises(SettingsError, match="no private RSA key"):
        Signer.of_file(path, "complaints", "example.com")
    with pytest.raises(SettingsError, match="No such file"):
        Signer.of_file(tmp_path / "none.pem", "complaints", "example.com")


# ------------------------------------------------------------------ the policy's requests


def test_a_placeholder_nobody_fills_is_refused_at_load() -> None:
    gateway = load_policy().gateways["sms"]  # type: ignore[index]
    with pytest.raises(ValueError, match=r"nobody fills \{password\}"):
        type(gateway).model_validate(
            gateway.model_dump() | {"headers": {"Authorization": "{password}"}}
        )
