"""``/notices``: what each kind of notice says, in both languages and over each kind of channel."""

from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from schemas.notice_words import NoticeChannel
from services.console.pages import page
from services.domain.wording.sample import sample
from services.domain.wording.wording import LANGUAGES, Wording, shipped

router = APIRouter()
_SHOWN: Final = (NoticeChannel.EMAIL, NoticeChannel.SMS)
"""One channel for the long text and one for the short."""


@router.get("/notices")
async def notice_texts(request: Request) -> Response:
    """Show the texts with sample fields, as they are sent."""
    wording = _wording()
    kinds = [{"name": str(kind), "languages": _words(wording, kind)} for kind in wording.kinds]
    return page(request, "notices.html", kinds=kinds, version=wording.version)


def _words(wording: Wording, kind: Any) -> list[dict[str, Any]]:
    found = []
    for language in LANGUAGES:
        fields = sample(language)
        long, short = (wording.render(kind, language, fields, channel) for channel in _SHOWN)
        found.append(
            {
                "language": language,
                "subject": long.subject,
                "text": long.text.strip(),
                "short": short.text.strip(),
            }
        )
    return found


@cache
def _wording() -> Wording:
    return shipped()
