"""``/notices``: what each kind of notice looks like, in both languages, over each sort of channel.

A mail is HTML with styles of its own, which no page of the console may have. It is shown in a frame
that is a document of its own, sandboxed: no script, no form, no way out, nothing from elsewhere.
"""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from schemas.notice_words import NoticeKind
from services.console.guard import POLICY
from services.console.pages import page, problem
from services.domain.errors import SettingsError
from services.domain.wording.edition import stamp_of
from services.domain.wording.preview import letter_of, preview_of
from services.domain.wording.wording import LANGUAGES, Wording, shipped
from services.runtime.settings import load_settings

router = APIRouter()
_FRAMING: Final = {"Content-Security-Policy": f"{POLICY}; frame-src 'self'"}
_FRAMED: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
_KINDS: Final = {str(kind): kind for kind in NoticeKind if kind is not NoticeKind.UNKNOWN}


@router.get("/notices")
async def notice_texts(request: Request) -> Response:
    """Show the texts with sample fields, as they are sent."""
    wording = _wording()
    kinds = [{"name": name, "languages": _words(wording, kind)} for name, kind in _KINDS.items()]
    shown = page(request, "notices.html", kinds=kinds, version=wording.version)
    shown.headers.update(_FRAMING)
    return shown


@router.get("/notices/{kind}/{language}/mail")
def mail(request: Request, kind: str, language: str) -> Response:
    """Show a mail as a mail program does: the content of a frame."""
    if kind not in _KINDS or language not in LANGUAGES:
        return problem(request, 404, "no_such_page")
    return HTMLResponse(preview_of(_wording(), _KINDS[kind], language).html, headers=_FRAMED)


@router.get("/notices/{kind}/{language}/letter.pdf")
def letter(request: Request, kind: str, language: str) -> Response:
    """Show a letter as it is printed."""
    found = None
    if kind in _KINDS and language in LANGUAGES:
        found = letter_of(_wording(), _KINDS[kind], language)
    if found is None:
        return problem(request, 404, "no_such_page")
    headers = {"Content-Disposition": f'inline; filename="{kind}-{language}.pdf"'}
    return Response(found, media_type="application/pdf", headers=headers)


def _words(wording: Wording, kind: NoticeKind) -> list[dict[str, Any]]:
    return [
        {"language": language} | preview_of(wording, kind, language)._asdict()
        for language in LANGUAGES
    ]


class _Shelf:
    """The words as their file has them now; while it breaks its rules, as it had them before, which
    the sender goes on with too. May be asked by several threads: at worst both read the file."""

    def __init__(self) -> None:
        self._held: tuple[object, Wording] | None = None

    def wording(self) -> Wording:
        """Return the words.

        Raises:
            SettingsError: the file breaks its rules, and none was read before.
        """
        path = load_settings().texts
        seen = path, None if path is None else stamp_of(path)
        held = self._held
        if held is not None and held[0] == seen:
            return held[1]
        try:
            found = shipped(path)
        except SettingsError:
            if held is None:
                raise
            return held[1]
        self._held = seen, found
        return found


_wording: Final = _Shelf().wording
