"""Who gets in, in which language, and what a browser may do with what it gets."""

import hashlib
import re
from pathlib import Path

import pytest

from services.domain.errors import SettingsError
from tests.support.console_desk import ORIGIN, Console, a_console

KEY = "a-key-that-is-long-enough"


def test_the_pages_come_in_the_language_that_was_chosen(console: Console) -> None:
    form = {"language": "en", "onwards": "/cases?status=all"}
    chosen = console.client.post("/language", data=form, headers=ORIGIN)
    assert chosen.headers["location"] == "/cases?status=all"
    assert "There are no cases yet" in console.page("/cases", "zh")


@pytest.mark.parametrize("path", ["/cases", "/sign-in", "/healthz", "/nowhere"])
def test_the_head_of_a_page_is_that_of_the_page(console: Console, path: str) -> None:
    page, head = console.client.get(path), console.client.head(path)
    assert (head.status_code, head.content) == (page.status_code, b"")
    assert head.headers["content-type"] == page.headers["content-type"]


@pytest.mark.parametrize("onwards", ["https://evil.example/", "//evil.example", "/\\evil", "x"])
def test_signing_in_leads_nowhere_else(console: Console, onwards: str) -> None:
    assert console.sign_in(onwards=onwards).headers["location"] == "/"


@pytest.mark.parametrize("clerk", ["", "王芳", "a b", "x" * 61, "<b>"])
def test_an_id_that_could_be_a_name_is_refused(console: Console, clerk: str) -> None:
    assert console.sign_in(clerk).status_code == 422


def test_a_session_that_was_tampered_with_or_is_over_is_none(console: Console) -> None:
    console.sign_in("clerk-101")
    assert "clerk-101</a>" in console.page("/cases")
    console.api.clock.advance(13 * 3600)
    assert "clerk-101</a>" not in console.page("/cases")
    body = console.client.cookies["console"].partition(".")[0]
    console.sign_in("clerk-101")
    body = console.client.cookies["console"].partition(".")[0]
    for forged in (body, f"{body}.", f"{body}.AAAA", "..", "x"):
        console.client.cookies.set("console", forged)
        assert "clerk-101</a>" not in console.page("/cases")


def test_every_page_forbids_what_a_hostile_text_would_need(console: Console) -> None:
    for path in ("/cases", "/sign-in", "/pipeline", "/nowhere", "/static/x/y"):
        headers = console.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_pages_hold_no_script_and_no_style_of_their_own(console: Console) -> None:
    case_id = console.case(id="a1")
    console.sign_in()
    for path in ("/cases", f"/cases/{case_id}", "/sign-in", "/pipeline"):
        page = console.page(path)
        assert not re.search(r"\s(style|on\w+)=", page)
        assert re.findall(r"<script(?![^>]+src=)", page) == []


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://localhost:81"])
def test_a_form_from_somewhere_else_is_refused(console: Console, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = console.client.post("/sign-in", data={"clerk": "clerk-1"}, headers=headers)
    assert (answer.status_code, dict(answer.cookies)) == (403, {})


def test_another_name_for_loopback_gets_nothing(console: Console) -> None:
    assert console.client.get("/cases", headers={"Host": "evil.example"}).status_code == 421


def test_beyond_loopback_a_key_is_needed() -> None:
    with pytest.raises(SettingsError, match="COMPLAINTS_API_KEY"), a_console(host="0.0.0.0"):
        pass


def test_with_a_key_nothing_is_seen_without_signing_in() -> None:
    with a_console(host="0.0.0.0", api_key=KEY) as console:
        html = {"Accept": "text/html"}
        asked = console.client.get("/cases?level=4", headers=html)
        assert asked.headers["location"] == "/sign-in?onwards=%2Fcases%3Flevel%3D4"
        for path in ("/pipeline/data", "/cases/X/seq", "/cases"):
            assert console.client.get(path).status_code == 401
        assert console.client.get("/healthz").status_code == 200
        assert 'type="password"' in console.page("/sign-in")


def test_a_key_opens_the_console_and_the_api_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.console.signing_in._WRONG_KEY_SECONDS", 0)
    with a_console(host="0.0.0.0", api_key=KEY) as console:
        assert console.sign_in(key="wrong").status_code == 403
        signed = console.sign_in(key=KEY, onwards="/cases")
        assert signed.headers["location"] == "/cases"
        cookie = signed.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        headers = {"Authorization": f"Bearer {KEY}"}
        case_id = console.api.case_of(console.api.send(headers=headers, id="a1"))
        assert console.act(case_id, "acknowledge").status_code == 303
        console.client.post("/sign-out", headers=ORIGIN)
        assert console.client.get("/cases").status_code == 401


@pytest.mark.parametrize(("scheme", "is_secure"), [("https", True), ("http", False)])
def test_a_session_over_tls_goes_over_nothing_else(
    console: Console, scheme: str, is_secure: bool
) -> None:
    """The proxy that ends TLS speaks plain HTTP to the console, the browser's origin is https."""
    headers = {"Origin": f"{scheme}://localhost"}
    signed = console.client.post("/sign-in", data={"clerk": "clerk-101"}, headers=headers)
    assert signed.status_code == 303
    assert ("secure" in signed.headers["set-cookie"].lower()) is is_secure


def test_static_files_are_a_list_and_stay_as_they_are(console: Console) -> None:
    address = re.search(r'href="(/static/\w+/base.css)"', console.page("/cases"))
    assert address is not None
    style = console.client.get(address[1])
    assert style.status_code == 200
    assert "immutable" in style.headers["cache-control"]
    for name in ("..%2Fapp.py", "app.py", "base.css%00"):
        assert console.client.get(address[1].replace("base.css", name)).status_code == 404


def test_the_time_of_the_page_is_the_zones(console: Console) -> None:
    console.case(id="a1")
    assert "today 20:0" in console.page("/cases")


def test_what_prometheus_asks_for_is_told_without_signing_in_and_names_nobody() -> None:
    with a_console(api_key=KEY, host="0.0.0.0") as console:
        console.client.get("/cases/C0000000000000001", headers={"Accept": "text/html"})
        console.sign_in("clerk-101", key=KEY)
        console.page("/cases/C0000000000000001", status=404)
        console.client.cookies.clear()
        answer = console.client.get("/metrics")
    assert answer.status_code == 200
    counted = (
        'complaints_console_requests_total{method="GET",route="/cases/{case_id}",status="404"}'
    )
    assert f"{counted} 1.0" in answer.text
    assert "C0000000000000001" not in answer.text
    assert "clerk-101" not in answer.text


def keys_of_clerks(folder: Path, **more: str) -> Path:
    """Write a policy of keys ``key-<clerk>``, each with what its line says besides."""
    digests = {one: hashlib.sha256(f"key-{one}".encode()).hexdigest() for one in more}
    keys = [
        f"{{id: {one}, sha256: {digests[one]}, actor: 'clerk:{one}'{said}}}"
        for one, said in more.items()
    ]
    policy = folder / "access.yaml"
    policy.write_text(f"version: test\nkeys: [{', '.join(keys)}]\n")
    return policy


def test_where_clerks_have_keys_each_signs_in_with_the_own_one(tmp_path: Path) -> None:
    with a_console(access_policy=keys_of_clerks(tmp_path, a="", b="")) as console:
        assert console.sign_in("a").status_code == 403
        assert console.sign_in("a", key="key-b").status_code == 403
        assert console.sign_in("a", key="key-a").status_code == 303
        case_id = console.case()
        assert console.act(case_id, "acknowledge").status_code == 303
        history = console.api.client.get(f"/v1/cases/{case_id}").json()["history"]
        assert history[-1]["actor"] == "clerk:a"


def test_a_clerk_may_at_the_console_what_his_key_gives_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.console.signing_in._WRONG_KEY_SECONDS", 0)
    policy = keys_of_clerks(tmp_path, north=", tenants: [north]", notes=", commands: [note]")
    with a_console(access_policy=policy, host="0.0.0.0", api_key=KEY) as console:
        assert console.sign_in("north", key="key-north").status_code == 403
        assert console.client.get("/cases").status_code == 401
        assert console.sign_in("notes", key="key-notes").status_code == 303
        case_id = console.case(headers={"Authorization": f"Bearer {KEY}"})
        assert console.act(case_id, "note", note="x").status_code == 303
        refused = console.act(case_id, "resolve", note="found", expected_seq="2", key="k2")
        assert "This is for somebody else to decide." in refused.text


def test_nobody_is_offered_what_his_key_does_not_give(tmp_path: Path) -> None:
    policy = keys_of_clerks(tmp_path, notes=", commands: [note]", looks=", may: [read]")
    with a_console(access_policy=policy, host="0.0.0.0", api_key=KEY) as console:
        case_id = console.case(headers={"Authorization": f"Bearer {KEY}"})
        console.sign_in("notes", key="key-notes")
        page = console.page(f"/cases/{case_id}")
        assert re.findall(r'id="action-(\w+)"', page) == ["note"]
        assert 'id="action-open"' not in console.page("/incidents")
        console.sign_in("looks", key="key-looks")
        for path in (f"/cases/{case_id}", "/incidents"):
            page = console.page(path)
            assert "Your key gives none of the actions" in page
            assert 'id="action-' not in page


def test_a_form_after_the_end_of_a_session_leads_back_to_its_page() -> None:
    with a_console(host="0.0.0.0", api_key=KEY) as console:
        console.sign_in(key=KEY)
        case_id = console.case(headers={"Authorization": f"Bearer {KEY}"})
        console.api.clock.advance(13 * 3600)
        form = {"kind": "note", "key": "k1", "expected_seq": "1", "note": "a long answer"}
        html = ORIGIN | {"Accept": "text/html"}
        answer = console.client.post(f"/cases/{case_id}/commands", data=form, headers=html)
        onwards = f"/sign-in?onwards=%2Fcases%2F{case_id}"
        assert (answer.status_code, answer.headers.get("location")) == (303, onwards)
        out = console.client.post("/sign-out", headers=html)
        assert out.headers["location"] == "/sign-in?onwards=%2F"
        assert console.act(case_id, "note", note="x").status_code == 401


@pytest.mark.parametrize("is_chunked", [True, False])
def test_nobody_sends_more_than_a_form_holds(console: Console, is_chunked: bool) -> None:
    body = b"clerk=clerk-101&key=" + b"x" * 300_000
    headers = ORIGIN | {"Content-Type": "application/x-www-form-urlencoded"}
    content = iter([body]) if is_chunked else body
    answer = console.client.post("/sign-in", content=content, headers=headers)
    assert answer.status_code == 413


def test_the_longest_answer_is_taken(console: Console) -> None:
    console.sign_in()
    case_id = console.case(id="a1")
    assert console.act(case_id, "note", note="\U00020000" * 4000).status_code == 303
    lines = ("x" * 79 + "\r\n") * 50  # as a browser sends what its own limit took for 4,000
    taken = console.act(case_id, "resolve", note=lines, key="k2", expected_seq="2")
    assert taken.status_code == 303
    history = console.api.client.get(f"/v1/cases/{case_id}").json()["history"]
    assert "\r" not in history[-1]["note"]


def test_who_works_here_is_told_to_those_who_are_known() -> None:
    with a_console() as console:
        assert '<option value="clerk-101">' in console.page("/sign-in")
    with a_console(host="0.0.0.0", api_key=KEY) as console:
        assert '<option value="clerk-' not in console.page("/sign-in")
        console.sign_in(key=KEY)
        assert '<option value="clerk-101">' in console.page("/sign-in")
