"""Previews of notices as files, one for each form and language."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.notice_words import NoticeKind
    from services.domain.wording.wording import Wording


def written(wording: "Wording", kind: "NoticeKind", folder: Path) -> Iterator[Path]:
    """Write every form of a kind in both languages; yield each file. What is there is replaced."""
    from services.domain.wording.preview import letter_of, preview_of
    from services.domain.wording.wording import LANGUAGES

    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        shown = preview_of(wording, kind, language)
        messages = f"\n\n({shown.segments.messages} SMS, {shown.segments.units} characters)\n"
        forms = {
            "html": shown.html.encode(),
            "txt": f"{shown.subject}\n\n{shown.text}".encode(),
            "sms.txt": (shown.short + messages).encode(),
            "pdf": letter_of(wording, kind, language),
        }
        for ending, content in forms.items():
            if content is not None:
                path = folder / f"{kind}.{language}.{ending}"
                path.write_bytes(content)
                yield path
