"""The words of notices: templates in two languages, checked whole when they are loaded.

Templates are sandboxed and see the fields that the policy allows for their kind, nothing
else; a field that is missing is an error, not a hole in a letter. HTML is escaped. A subject
is one line, whatever a field holds.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schemas.vocabulary import NoticeKind
from services.domain.errors import SettingsError
from services.domain.languages import EN, ZH
from services.sender.policy import SendingPolicy

SHIPPED: Final = Path(__file__).with_name("templates")
LANGUAGES: Final = (ZH, EN)
PARTS: Final = ("subject", "txt", "html")
LAYOUT: Final = "layout.html.j2"
MAX_SUBJECT: Final = 150
SAMPLE: Final[Mapping[str, Any]] = {
    "tracking": "ABCDE-12345-FGHJK-67890",
    "link": "https://example.com/track/ABCDE-12345-FGHJK-67890",
    "waybill": "SF1300000000001",
    "received": "2026-03-02 20:00",
    "answer": "We have found your parcel.\nIt arrives tomorrow.",
    "case_id": "C44NZ7JZYA29WT960",
    "team": "Claims",
    "level": 3,
    "clock": "resolution",
    "due": "2026-03-09 20:00",
    "late": True,
}


class Words(NamedTuple):
    """The text of one notice."""

    subject: str
    text: str
    html: str


class Wording:
    """All templates.

    Raises:
        SettingsError: a template is missing, broken, uses a field that its kind may not use,
            or does not render.
    """

    def __init__(self, policy: SendingPolicy, folder: Path = SHIPPED) -> None:
        self._policy = policy
        self._templates: dict[tuple[str, str, str], Template] = {}
        self._plain = _environment(folder, autoescape=False)
        self._escaped = _environment(folder, autoescape=True)
        for language in LANGUAGES:
            for kind, allowed in policy.templates.fields.items():
                for part in PARTS:
                    self._load(language, kind, part, allowed)
                self._try(language, kind, allowed)

    def render(
        self, kind: NoticeKind, language: str, fields: Mapping[str, Any], with_html: bool = True
    ) -> Words:
        """Return the words of a notice; a language we do not write becomes English. Without HTML
        that part is empty: only mail has it, and it costs as much as the others together."""
        spoken = language if language in LANGUAGES else EN
        company = self._policy.company["zh" if spoken == ZH else "en"]
        allowed = self._policy.templates.fields[kind]
        seen = {name: value for name, value in fields.items() if name in allowed}
        subject, text, html = (
            self._templates[spoken, kind, part].render(seen | {"company": company})
            if with_html or part != "html"
            else ""
            for part in PARTS
        )
        return Words(one_line(subject), text.strip() + "\n", html.strip() + "\n")

    def _load(self, language: str, kind: str, part: str, allowed: Iterable[str]) -> None:
        environment = self._escaped if part == "html" else self._plain
        name = f"{language}/{kind}.{part}.j2"
        try:
            used = _fields_of(environment, name)
            if part == "html":
                used |= _fields_of(environment, f"{language}/{LAYOUT}")
            self._templates[language, kind, part] = environment.get_template(name)
        except TemplateError as error:
            raise SettingsError(f"template {name}: {error.message or error}") from None
        if foreign := used - set(allowed) - {"company"}:
            wrong = ", ".join(sorted(foreign))
            raise SettingsError(f"template {name}: {kind} has no field {wrong}")

    def _try(self, language: str, kind: NoticeKind, allowed: Iterable[str]) -> None:
        unknown = set(allowed) - set(SAMPLE) - {"company"}
        if unknown:
            raise SettingsError(f"templates: {kind}: nobody fills {', '.join(sorted(unknown))}")
        try:
            words = self.render(kind, language, SAMPLE)
        except TemplateError as error:
            raise SettingsError(f"template {language}/{kind}: {error.message or error}") from None
        if not all(part.strip() for part in words):
            raise SettingsError(f"template {language}/{kind}: a part is empty")


def one_line(text: str) -> str:
    """Return ``text`` as a header can carry it: one line, no control characters, not too long.

    >>> one_line("Re: parcel\\r\\nBcc: everybody@example.com\\t!")
    'Re: parcel Bcc: everybody@example.com !'
    """
    printable = ("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)).split()
    line = " ".join(printable)
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1]}…"


def _environment(folder: Path, autoescape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=autoescape,
        undefined=StrictUndefined,
        auto_reload=False,
    )


def _fields_of(environment: ImmutableSandboxedEnvironment, name: str) -> set[str]:
    loader = environment.loader
    if loader is None:
        raise SettingsError("templates cannot be found")
    source, _, _ = loader.get_source(environment, name)
    return meta.find_undeclared_variables(environment.parse(source))
