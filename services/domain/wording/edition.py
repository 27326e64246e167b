"""One edition of the words of notices: a file of texts and the templates that belong to it.

A file of one's own may bring templates of its own in the folder ``templates`` beside it; those
that are not there are the shipped ones. An edition is whole: it can be kept and read back, and
says the same words then.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from services.domain.errors import SettingsError
from services.domain.wording.policy import KEPT, SHIPPED, TEMPLATES, Texts, load_texts

FOLDER: Final = "templates"


@dataclass(frozen=True, slots=True)
class Edition:
    """``sources`` are the templates by name, such as ``zh/result.txt.j2``."""

    texts: Texts
    sources: Mapping[str, str]

    @property
    def name(self) -> str:
        """What a notice says that it was written with: version and digest."""
        return f"{self.texts.version}:{self.texts.digest}"

    def as_text(self) -> str:
        """Return all of it in one text; the same edition gives the same one."""
        content = {
            "version": self.texts.version,
            "texts": self.texts.model_dump(mode="json"),
            "templates": dict(self.sources),
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True)


def edition_of(text: str) -> Edition:
    """Read back what :meth:`Edition.as_text` gave.

    Raises:
        SettingsError: it is none that this version of the service can use.
    """
    try:
        content = json.loads(text)
        return Edition(
            Texts.model_validate(content["texts"], context=KEPT), dict(content["templates"])
        )
    except (ValueError, ValidationError, KeyError, TypeError) as error:
        raise SettingsError(f"texts that were kept cannot be used: {error}") from None


def load_edition(path: Path | None = None) -> Edition:
    """Read a file of texts and its templates; the shipped ones without ``path``.

    Raises:
        SettingsError: the file breaks its rules, or a template is not the one that this version
            of the texts was made of.
    """
    texts = load_texts(path)
    sources = sources_of(TEMPLATES)
    if path is not None and (own := path.parent / FOLDER) != TEMPLATES and own.is_dir():
        sources |= sources_of(own)
    found = digest_of(sources)
    if found != texts.digest:
        raise SettingsError(
            f"texts {path or SHIPPED}: the templates are not those of {texts.version}: "
            f"give them a new version, with digest: {found}"
        )
    return Edition(texts, sources)


def sources_of(folder: Path) -> dict[str, str]:
    """Return the templates in a folder, by name.

    Raises:
        SettingsError: one cannot be read, or is not UTF-8.
    """
    try:
        return {
            file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
            for file in sorted(folder.rglob("*.j2"))
        }
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"templates {folder}: {error}") from None


def digest_of(sources: Mapping[str, str]) -> str:
    """Return what changes with every change of a template."""
    digest = hashlib.sha256()
    for name, source in sorted(sources.items()):
        digest.update(f"{name}\0".encode())
        digest.update(source.encode() + b"\0")
    return digest.hexdigest()[:16]


def stamp_of(path: Path) -> tuple[tuple[str, int, int], ...] | None:
    """Return what changes when a file of texts or a template beside it does; None while the file
    is not there (being replaced)."""
    try:
        files = [path, *sorted((path.parent / FOLDER).rglob("*.j2"))]
        found = [(str(file), file.stat()) for file in files]
    except OSError:
        return None
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)
