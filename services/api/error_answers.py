"""How errors are answered: to programs in the one form of :mod:`services.api.errors`, to customers
as a page in their language."""

from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from services.api.errors import Problem, invalid, unavailable
from services.api.headers import secure
from services.api.pages import html_page, language_in
from services.domain.errors import OutageError

_OF_PROGRAMS: Final = frozenset({"/healthz", "/metrics", "/openapi.json", "/readyz", "/v1"})
_WORDS: Final = {
    400: "invalid",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    421: "wrong_host",
    429: "too_many",
}
_NO_PAGE: Final = (
    "没有这个页面，请核对链接。凭查询码可以查看投诉进度。",
    "There is no such page: please check the link. With a tracking code you see how your complaint "
    "stands.",
)
_NOT_SO: Final = (
    "这个页面不能这样打开。凭查询码可以查看投诉进度。",
    "This page is not opened in this way. With a tracking code you see how your complaint stands.",
)
_TOO_OFTEN: Final = (
    "操作过于频繁，这次没有生效，请稍后再试。",
    "This was asked too often and not done: please try again shortly.",
)
_NOT_TAKEN: Final = (
    "提交的内容无法处理，请返回检查后再试。",
    "We cannot take this: please go back, check it and try again.",
)
_NOT_NOW: Final = (
    "系统暂时无法处理，请稍后再试。",
    "We cannot do this now: please try again shortly.",
)


def is_of_customers(path: str) -> bool:
    """Return whether who asks for ``path`` expects a page: all but what programs ask for."""
    return path not in _OF_PROGRAMS and not path.startswith("/v1/")


def answer(request: Request, problem: Problem) -> Response:
    """Return the answer: JSON where programs ask, else a page without a script."""
    plain, path = problem.response(), str(request.scope["path"])
    if not is_of_customers(path):
        return plain
    # One slash: an address that begins with two leads to another site.
    here = "/" + quote(path).lstrip("/")
    language = language_in(request)
    words = _words_of(problem.status)[language == "en"]
    page = html_page("trouble.html", language, problem.status, here, words=words)
    if "Retry-After" in plain.headers:
        page.headers["Retry-After"] = plain.headers["Retry-After"]
    return page


def install(app: FastAPI) -> None:
    """Answer every error of the app in this way."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return answer(request, error)

    async def on_outage(request: Request, error: Exception) -> Response:
        assert isinstance(error, OutageError)
        return answer(request, unavailable(error.service))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        word = _WORDS.get(error.status_code, "error")
        said = answer(request, Problem(error.status_code, word, str(error.detail)))
        said.headers.update(error.headers or {})  # which methods there are
        return said

    async def on_parameter(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        # FastAPI's own answer quotes what was sent; the first part of the place is only "query".
        field = ".".join(str(part) for part in first["loc"][1:])
        return answer(request, invalid(field, first["type"], first["msg"]))

    async def on_defect(request: Request, error: Exception) -> Response:
        said = answer(request, Problem(500, "internal", "This is our mistake, and it is logged."))
        # Comes from outside the middleware that gives all other answers their headers.
        secure(said.headers)
        return said

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(OutageError, on_outage)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_parameter)
    app.add_exception_handler(Exception, on_defect)


def _words_of(status: int) -> tuple[str, str]:
    """Return what a customer is told, in Chinese and in English."""
    if status >= 500:
        return _NOT_NOW
    return {404: _NO_PAGE, 405: _NOT_SO, 429: _TOO_OFTEN}.get(status, _NOT_TAKEN)
