"""Templates, and what every page has: language, who sits there, and where one is."""

import hashlib
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.console.context import context_of, session_of, texts_for
from services.console.language import LANGUAGES
from services.console.words import dates_apart, number, zone_words

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
_PAGES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters["number"] = number
_PAGES.filters["dates_apart"] = dates_apart


def _version() -> str:
    """Return what changes with every change of the static files: their addresses hold it."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.iterdir()):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


ASSETS: Final = f"/static/{_version()}"


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page in the language of whoever asks."""
    texts, context = texts_for(request), context_of(request)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    html = _PAGES.get_template(template).render(
        t=texts,
        language=texts.language,
        languages=LANGUAGES,
        session=session_of(request),
        needs_key=needs_key(request),
        here=here,
        path=request.url.path,
        assets=ASSETS,
        zone=zone_words(context.clock.now(), context.zone, texts),
        **values,
    )
    headers = {"Content-Language": texts.language, "Vary": "Accept-Language, Cookie"}
    return HTMLResponse(html, status, headers)


def needs_key(request: Request) -> bool:
    """Return whether a clerk shows a key to sign in: the own one, or the house's."""
    context = context_of(request)
    return context.key is not None or context.access.knows_clerks


def problem(request: Request, status: int, kind: str) -> HTMLResponse:
    """Return a page that says what went wrong, in words for a clerk."""
    return page(request, "problem.html", status, kind=kind)
