"""The words of notices: templates in two languages, checked whole when they are loaded.

Templates are sandboxed and see the fields that the policy allows for their kind, nothing
else; a field that is missing is an error, not a hole in a letter. HTML is escaped. A subject
is one line, whatever a field holds.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import DictLoader, StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schemas.notice_words import NoticeChannel, NoticeKind
from services.domain.errors import SettingsError
from services.domain.languages import EN, ZH
from services.domain.wording.edition import Edition, load_edition
from services.domain.wording.sample import sample

LANGUAGES: Final = (ZH, EN)
PARTS: Final = ("subject", "txt", "short", "html")
MAX_SUBJECT: Final = 150
_EVERYWHERE: Final = frozenset({"company", "may_reply"})
"""Fields that every template has."""
SHORT_CHANNELS: Final = frozenset(
    {NoticeChannel.SMS, NoticeChannel.VOICE, NoticeChannel.PUSH, NoticeChannel.CHAT}
)
"""Channels that get the short text: as long as a message, a card, a sentence read out."""
_LINKS: Final = ("rate", "link")
"""Fields that open something, and are never cut."""
_LEAST_WORDS: Final = 20
"""Characters left of what a short text says, before what stands behind its link goes."""


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

    def __init__(self, edition: Edition, may_reply: bool = False) -> None:
        """``may_reply`` says whether an answer to a mail reaches us."""
        texts = self._texts = edition.texts
        self.edition = edition.name
        self._may_reply = may_reply
        self._templates: dict[tuple[str, str, str], Template] = {}
        self._plain = _environment(edition.sources, autoescape=False)
        self._escaped = _environment(edition.sources, autoescape=True)
        for language in LANGUAGES:
            for kind, allowed in texts.fields.items():
                for part in PARTS:
                    self._load(language, kind, part, allowed)
                self._try(language, kind, allowed)

    @property
    def kinds(self) -> tuple[NoticeKind, ...]:
        """All kinds that there are words for."""
        return tuple(self._texts.fields)

    @property
    def version(self) -> str:
        """The version of the texts."""
        return self._texts.version

    def company(self, language: str) -> str:
        """Return who writes, in a language."""
        return self._texts.company["zh" if language == ZH else "en"]

    def goes_over(self, kind: NoticeKind, channel: NoticeChannel) -> bool:
        """Return whether a kind is written for a channel at all."""
        return kind in self._texts.only.get(channel, self._texts.fields)

    def render(
        self,
        kind: NoticeKind,
        language: str,
        fields: Mapping[str, Any],
        channel: NoticeChannel = NoticeChannel.EMAIL,
    ) -> Words:
        """Return the words of a notice as its channel can carry them; a language we do not write
        becomes English. Only mail has HTML, and it costs as much as the others together."""
        spoken = language if language in LANGUAGES else EN
        seen = self._seen(kind, spoken, fields)
        body = "short" if channel in SHORT_CHANNELS else "txt"
        subject = self._templates[spoken, kind, "subject"].render(seen)
        template, longest = self._templates[spoken, kind, body], self._texts.longest.get(channel)
        text = template.render(seen).strip()
        if longest is not None and len(text) > longest and seen.get("waybill"):
            text = template.render(seen | {"waybill": ""}).strip()  # it stands on the page, too
        if longest is not None and len(text) > longest:
            text = _cut(text, longest, [seen.get(name, "") for name in _LINKS])
        html = ""
        if channel is NoticeChannel.EMAIL:
            html = self._templates[spoken, kind, "html"].render(seen).strip() + "\n"
        return Words(one_line(subject), text + "\n", html)

    def _seen(self, kind: NoticeKind, spoken: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the templates of a kind see."""
        allowed = self._texts.fields[kind]
        seen = {name: value for name, value in fields.items() if name in allowed}
        return seen | {"company": self.company(spoken), "may_reply": self._may_reply}

    def _load(self, language: str, kind: str, part: str, allowed: Iterable[str]) -> None:
        environment = self._escaped if part == "html" else self._plain
        name = f"{language}/{kind}.{part}.j2"
        try:
            used = _fields_of(environment, name)
            template = environment.get_template(name)
            # They come as a chain of mappings, which costs more to walk than a short text to fill.
            template.globals = dict(template.globals)
            self._templates[language, kind, part] = template
        except TemplateError as error:
            raise SettingsError(f"template {name}: {error.message or error}") from None
        if foreign := used - set(allowed) - _EVERYWHERE:
            wrong = ", ".join(sorted(foreign))
            raise SettingsError(f"template {name}: {kind} has no field {wrong}")

    def _try(self, language: str, kind: NoticeKind, allowed: Iterable[str]) -> None:
        known = sample(language)
        unknown = set(allowed) - set(known) - _EVERYWHERE
        if unknown:
            raise SettingsError(f"texts: {kind}: nobody fills {', '.join(sorted(unknown))}")
        name = f"template {language}/{kind}"
        try:
            words = self.render(kind, language, known)
            seen = self._seen(kind, language, known)
            short = self._templates[language, kind, "short"].render(seen).strip()
            for channel in SHORT_CHANNELS:
                longest = self._texts.longest.get(channel)
                if not short or (longest is not None and len(short) > longest):
                    raise SettingsError(f"{name}.short: {channel} takes 1 to {longest} characters")
        except TemplateError as error:
            raise SettingsError(f"{name}: {error.message or error}") from None
        if not all(part.strip() for part in words):
            raise SettingsError(f"{name}: a part is empty")


def shipped(path: Path | None = None, may_reply: bool = False) -> "Wording":
    """Return the words that come with the service, or those of a file of one's own, exactly as
    their version pins them.

    Raises:
        SettingsError: they break a rule, or a template is not the one that this version of the
            texts was made of.
    """
    return Wording(load_edition(path), may_reply=may_reply)


def one_line(text: str) -> str:
    """Return ``text`` as a header can carry it: one line, no control characters, not too long.

    >>> one_line("Re: parcel\\r\\nBcc: everybody@example.com\\t!")
    'Re: parcel Bcc: everybody@example.com !'
    """
    printable = ("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)).split()
    line = " ".join(printable)
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1]}…"


def _cut(text: str, longest: int, links: Iterable[str]) -> str:
    """Return ``text`` in at most ``longest`` characters, with ``…`` for what is left out. A link in
    it stays whole, with what stands behind it while there is room: half of one opens nothing."""
    link = next((one for one in links if one and one in text), "")
    head, _, tail = text.partition(link) if link else (text, "", "")
    room = longest - len(link) - 2
    if not link or room < 0:
        return f"{text[: longest - 1]}…"
    if room < len(tail) + _LEAST_WORDS:
        tail = ""
    return f"{head[: room - len(tail)].rstrip()}… {link}{tail}"


def _environment(sources: Mapping[str, str], autoescape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=DictLoader(sources),
        autoescape=autoescape,
        undefined=StrictUndefined,
        auto_reload=False,
    )


def _fields_of(environment: ImmutableSandboxedEnvironment, name: str) -> set[str]:
    """Return the fields that a template uses, and those that it builds on: a layout, a sentence
    that several forms have."""
    loader = environment.loader
    if loader is None:
        raise SettingsError("templates cannot be found")
    source, _, _ = loader.get_source(environment, name)
    tree = environment.parse(source)
    used = meta.find_undeclared_variables(tree)
    for other in meta.find_referenced_templates(tree):
        if other is not None:
            used |= _fields_of(environment, other)
    return used
