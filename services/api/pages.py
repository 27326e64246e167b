"""The pages of customers: no script, one style that is named by its hash, in their language."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.api.headers import page_policy
from services.api.progress import LANGUAGES, Language, language_of
from services.domain.compensation.words import currency_words

_TEMPLATES: Final = Path(__file__).parent / "templates"
_STYLE: Final = (_TEMPLATES / "track.css").read_text(encoding="utf-8")
_POLICY: Final = page_policy(_STYLE)
_CHINA: Final = timezone(timedelta(hours=8))
_PAGES: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html_page(
    template: str, language: Language, status: int, here: str, **values: Any
) -> HTMLResponse:
    """Return a page; ``values`` are what its template shows, ``here`` is where it is had again in
    the other language."""
    html = _PAGES.get_template(template).render(
        language=language, style=_STYLE, here=here, asked=f"?lang={language}", **values
    )
    headers = {
        "Content-Security-Policy": _POLICY,
        "Content-Language": language,
        "Vary": "Accept-Language",
        "X-Robots-Tag": "noindex",
    }
    return HTMLResponse(html, status, headers)


def language_in(request: Request) -> Language:
    """Return the language to answer in: that of the address where it says one, else that of the
    browser."""
    said = request.query_params.get("lang")
    if said in LANGUAGES:
        return said
    return language_of(request.headers.get("accept-language", ""))


def _local(at: datetime) -> str:
    return at.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M")


_PAGES.filters["local"] = _local
_PAGES.filters["unit"] = currency_words
