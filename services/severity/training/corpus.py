"""The labelled texts that came with the service: read, checked, and parted for good.

A line is ``category cause level language channel declared prior text``, with tabs between. Each
file is one voice. A text belongs to the held-out part by its own hash: no later change of the
corpus can bring it from one part into the other. A voice whose name begins with "blind" judges as
a whole: nobody who writes rules or texts to train on has seen any of it. One that begins with
"sets" trains as a whole: it is written in sets of near twins, on either side of a border, and a
text whose twins were learned from would judge too kindly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from services.domain.errors import SettingsError
from services.severity.lines import LabelledLine

FOLDER: Final = Path(__file__).with_name("corpus")
HELD_OUT: Final = "held-out"
BLIND: Final = "blind"
SETS: Final = "sets"
_HELD_OUT_PERCENT: Final = 12
_FIELDS: Final = 8
_NOT_GIVEN: Final = ("-", "")


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text and whose voice it is."""

    voice: str
    line: LabelledLine


def read_training(folder: Path = FOLDER) -> list[Example]:
    """Return the texts a model may be trained on, in the order of the files."""
    return _read(sorted(folder.glob("*.tsv")))


def read_held_out(folder: Path = FOLDER) -> list[Example]:
    """Return the texts that judge a model and never train one."""
    return _read(sorted((folder / HELD_OUT).glob("*.tsv")))


def digest(folder: Path = FOLDER) -> str:
    """Return what identifies the training texts; a model carries it."""
    found = sha256()
    for path in sorted(folder.glob("*.tsv")):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def is_held_out(text: str) -> bool:
    """Return in which part ``text`` belongs."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") % 100 < _HELD_OUT_PERCENT


def add(files: Iterable[Path], folder: Path = FOLDER) -> tuple[int, int]:
    """Write the lines of ``files`` into the corpus; return how many train and how many judge.

    The voice is a file's name without numbers ("part01-customers-02.tsv" is "customers"). A
    voice that is there already is replaced as a whole; a text that comes twice counts once.
    """
    voices: dict[str, dict[str, str]] = {}
    for path in sorted(files):
        named = [piece for piece in path.stem.split("-") if not any(map(str.isdigit, piece))]
        lines = voices.setdefault("-".join(named) or path.stem, {})
        for number, raw in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if raw.strip():
                lines.setdefault(parse(raw, f"{path} line {number}").text, raw.strip())
    (folder / HELD_OUT).mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    counted = [0, 0]
    for voice, lines in voices.items():
        parts: tuple[list[str], list[str]] = ([], [])
        for text, raw in lines.items():
            if text not in seen:
                seen.add(text)
                parts[_judges(voice, text)].append(raw + "\n")
        for place, (part, into) in enumerate(zip(parts, (folder, folder / HELD_OUT), strict=True)):
            path = into / f"{voice}.tsv"
            path.unlink(missing_ok=True)
            if part:
                path.write_text("".join(part), encoding="utf-8")
            counted[place] += len(part)
    return counted[0], counted[1]


def _judges(voice: str, text: str) -> bool:
    if voice.startswith((BLIND, SETS)):
        return voice.startswith(BLIND)
    return is_held_out(text)


def parse(raw: str, where: str) -> LabelledLine:
    """Return what one line says.

    Raises:
        SettingsError: it breaks the format; the message says where and which field.
    """
    fields = raw.rstrip("\n").split("\t")
    if len(fields) != _FIELDS:
        raise SettingsError(f"{where}: {_FIELDS} fields with tabs between are expected")
    category, cause, level, language, channel, declared, prior, text = fields
    try:
        return LabelledLine.model_validate(
            {
                "id": where[-80:],
                "category": category,
                "cause": cause,
                "level": level,
                "lang": language,
                "channel": channel,
                "declared_value_cny": None if declared in _NOT_GIVEN else declared,
                "prior_contacts": None if prior in _NOT_GIVEN else prior,
                "text": text.strip(),
            }
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise SettingsError(f"{where}: {field}: {first['msg']}") from None


def _read(paths: Sequence[Path]) -> list[Example]:
    return [
        Example(path.stem, parse(raw, f"{path.name} line {number}"))
        for path in paths
        for number, raw in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
        if raw.strip()
    ]
