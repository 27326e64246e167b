"""How errors are answered: programs read JSON, customers a page without a script, and all with the
headers of every other answer."""

import pytest
from fastapi import Request
from starlette.testclient import TestClient

from services.api.error_answers import answer
from services.api.errors import Problem
from tests.support.api_desk import Desk, a_desk

KEY = "a-key-of-sixteen-or-more"
SECURITY = (
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Resource-Policy",
    "Cache-Control",
    "Content-Security-Policy",
)
CODE = "A" * 20
WRONG = [
    ("GET", "/trak/x", 404),
    ("GET", "/track/a/b/c", 404),
    ("GET", "/o/", 404),
    ("POST", "/track", 405),
    ("DELETE", f"/rate/{CODE}", 405),
    ("PUT", "/o/anything", 405),
]


def broken(desk: Desk) -> TestClient:
    """Return a client of an API in which every endpoint that looks something up breaks."""
    desk.app.state.context = None
    return TestClient(desk.app, base_url="http://localhost", raise_server_exceptions=False)


def test_a_defect_is_told_as_json_with_a_code_and_every_security_header(desk: Desk) -> None:
    usual = desk.client.get("/v1/cases/C1")
    said = broken(desk).get("/v1/cases/C1")
    assert (said.status_code, said.json()["error"]) == (500, "internal")
    assert [said.headers.get(name) for name in SECURITY] == [
        usual.headers[name] for name in SECURITY
    ]
    assert "AttributeError" not in said.text
    assert "Traceback" not in said.text


@pytest.mark.parametrize(("language", "words"), [("en", "try again shortly"), ("zh", "稍后再试")])
def test_a_customer_reads_of_a_defect_on_a_page(desk: Desk, language: str, words: str) -> None:
    said = broken(desk).get(f"/track/{CODE}", headers={"Accept-Language": language})
    assert (said.status_code, words in said.text) == (500, True)
    assert all(name in said.headers for name in SECURITY)
    assert "sha256-" in said.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("method", "path", "status"), WRONG)
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Find the page of your complaint"), ("zh", "投诉进度查询")],
)
def test_a_page_that_there_is_not_is_answered_with_a_page(
    desk: Desk, method: str, path: str, status: int, language: str, words: str
) -> None:
    said = desk.client.request(method, path, headers={"Accept-Language": language})
    assert (said.status_code, said.headers["Content-Language"]) == (status, language)
    assert said.headers["Content-Type"].startswith("text/html")
    assert words in said.text
    assert "<script" not in said.text
    assert said.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path", ["/track", f"/track/{CODE}", "/trak/x", "/healthz", "/v1/cases/C1"]
)
def test_the_head_of_a_page_is_that_of_the_page(desk: Desk, path: str) -> None:
    page, head = desk.client.get(path), desk.client.head(path)
    assert (head.status_code, head.content) == (page.status_code, b"")
    assert head.headers == page.headers
    assert len(page.content) == int(head.headers["Content-Length"])


def test_the_head_of_what_is_only_posted_to_is_refused_as_its_page_is(desk: Desk) -> None:
    assert desk.client.head("/v1/contacts").status_code == 405


def test_who_has_no_key_finds_no_page_either_and_no_program_gets_one() -> None:
    with a_desk(api_key=KEY, host="0.0.0.0") as desk:
        page = desk.client.get("/trak/x", headers={"Accept-Language": "en"})
        assert (page.status_code, "There is no such page" in page.text) == (404, True)
        for path in ("/v1/trak", "/v1/cases/C1", "/openapi.json", "/metrics"):
            assert desk.client.get(path).json()["error"] == "unauthorized"


def test_a_program_is_told_in_json_and_which_methods_there_are(desk: Desk) -> None:
    missing, wrong = desk.client.get("/v1/nothing"), desk.client.delete("/v1/cases/C1")
    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["error"]) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "GET"


def test_a_form_that_is_too_long_is_refused_on_a_page(desk: Desk) -> None:
    said = desk.client.post(
        "/o/anything", content=b"x" * 3_000_000, headers={"Accept-Language": "en"}
    )
    assert (said.status_code, "please go back" in said.text) == (413, True)


def test_no_page_links_to_another_site_however_its_address_was_spelled() -> None:
    scope = {"type": "http", "path": "//evil.example/x", "query_string": b"", "headers": []}
    shown = bytes(answer(Request(scope), Problem(404, "not_found", "Not Found")).body).decode()
    assert 'href="/evil.example/x?lang=' in shown
    assert '"//' not in shown
