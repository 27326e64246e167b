"""The trained model: arrays in a file, sums of weights per text, and what they rest on.

A model is linear: each gram (see ``grams``) and each fact that the rules found (see ``facts``)
adds its weights to the scores of all categories, causes and levels. So every score can be
taken apart into the words that made it.
"""

import io
import re
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.vocabulary import Category, Cause
from services.domain.errors import SettingsError
from services.severity.grams import BLOCKS, BUCKETS, Floats, Grams, Ints

SHIPPED: Final = Path(__file__).with_name("model.npz")
FORMAT: Final = 1
LEVEL_STEPS: Final = (2, 3, 4)
"""The columns after categories and causes: is it at least this level?"""


class About(BaseModel):
    """What a model file says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(ge=FORMAT, le=FORMAT)
    corpus: str
    """Digest of the training texts."""
    policy: str
    """Version of the policy whose facts it was trained beside."""
    examples: int
    categories: tuple[Category, ...]
    causes: tuple[Cause, ...]
    facts: tuple[str, ...]
    fact_scale: float


@dataclass(frozen=True, slots=True)
class Arrays:
    """The numbers of a model. Rows: the grams of each block, then the facts."""

    buckets: tuple[Ints, ...]
    rarity: tuple[Floats, ...]
    weights: Floats
    offsets: Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """The sums of a batch, and the parts they are made of."""

    texts: Sequence[str]
    sums: Floats
    """One row a text, one column an output: logits, softmax over categories and over causes."""
    parts: "tuple[_Part, ...]"

    def words(self, columns: Ints, most: int) -> list[list[tuple[str, float]]]:
        """Return the words of each text that speak most for its column, which may be -1: none.

        Runs with digits are left out: they may be somebody's number.
        """
        found: list[dict[str, float]] = [{} for _ in self.texts]
        for part in self.parts:
            part.collect(columns, found)
        return [_most_telling(some, most) for some in found]


class Model:
    """A model ready to score; made once per process."""

    def __init__(self, about: About, arrays: Arrays, version: str = "model-unsaved") -> None:
        self.about = about
        self.arrays = arrays
        self.version = version
        self._facts = {name: row for row, name in enumerate(about.facts)}
        self._tables = []
        first = 0
        for buckets in arrays.buckets:
            table = np.full(BUCKETS, -1, dtype=np.int32)
            table[buckets] = np.arange(first, first + len(buckets), dtype=np.int32)
            self._tables.append(table)
            first += len(buckets)
        self._first_fact = first
        self._rarity = np.concatenate(arrays.rarity)

    def score(self, texts: Sequence[str], facts: Sequence[Collection[str]]) -> Scores:
        """Return the scores of folded ``texts``, each with the facts that rules found in it."""
        sums = np.tile(self.arrays.offsets, (len(texts), 1))
        self._add_facts(sums, facts)
        parts = []
        for block, table in zip(BLOCKS, self._tables, strict=True):
            grams = block(texts)
            rows = table[grams.buckets].astype(np.int64)
            known = np.flatnonzero(rows >= 0)
            rarity = self._rarity[rows[known]]
            values = weigh(grams.texts[known], grams.counts[known], rarity, len(texts))
            part = _Part(grams, known, rows[known], values, self.arrays.weights)
            _add(sums, grams.texts[known], part.weights[part.rows] * values[:, None])
            parts.append(part)
        return Scores(texts, sums, tuple(parts))

    def _add_facts(self, sums: Floats, facts: Sequence[Collection[str]]) -> None:
        known = self._facts
        rows = [sorted({known[name] for name in names if name in known}) for names in facts]
        owners = np.repeat(np.arange(len(rows)), [len(some) for some in rows])
        flat = np.array([row for some in rows for row in some], dtype=np.int64)
        _add(sums, owners, self.arrays.weights[self._first_fact + flat] * self.about.fact_scale)

    def save(self, path: Path) -> None:
        """Write the model; the same model always gives the same bytes."""
        columns = np.maximum(np.abs(self.arrays.weights).max(axis=0), 1e-9) / 32767
        content: dict[str, NDArray[Any]] = {
            "about": np.frombuffer(self.about.model_dump_json().encode(), dtype=np.uint8),
            "weights": np.round(self.arrays.weights / columns).astype(np.int16),
            "columns": columns.astype(np.float32),
            "offsets": self.arrays.offsets,
        }
        for number, buckets in enumerate(self.arrays.buckets):
            content[f"buckets{number}"] = buckets.astype(np.int32)
            content[f"rarity{number}"] = self.arrays.rarity[number]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in content.items():
                entry = io.BytesIO()
                np.save(entry, array, allow_pickle=False)
                # A fixed date: np.savez would write today's.
                archive.writestr(
                    zipfile.ZipInfo(f"{name}.npy"), entry.getvalue(), zipfile.ZIP_DEFLATED
                )


def load_model(path: Path | None = None) -> Model:
    """Read and check a model file; the shipped one without ``path``.

    Raises:
        SettingsError: it cannot be read, or is no model of this format; the message says which.
    """
    path = path or SHIPPED
    try:
        data = path.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as content:
            about = About.model_validate_json(content["about"].tobytes())
            weights = content["weights"].astype(np.float32) * content["columns"]
            blocks = range(len(BLOCKS))
            arrays = Arrays(
                tuple(content[f"buckets{number}"].astype(np.int64) for number in blocks),
                tuple(content[f"rarity{number}"].astype(np.float32) for number in blocks),
                weights.astype(np.float32),
                content["offsets"].astype(np.float32),
            )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "whole"
        raise SettingsError(f"severity model {path}: about.{field}: {first['msg']}") from None
    except OSError as error:
        raise SettingsError(f"severity model {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise SettingsError(f"severity model {path} is no model file: {error}") from None
    _check(path, about, arrays)
    return Model(about, arrays, f"model-{sha256(data).hexdigest()[:10]}")


def weigh(texts: Ints, counts: Ints, rarity: Floats, number: int) -> Floats:
    """Return what each gram counts: seldom ones more, repeated ones a little, each text alike."""
    values: Floats = _REPEATED[np.minimum(counts, len(_REPEATED)) - 1] * rarity
    lengths = np.sqrt(np.bincount(texts, values * values, minlength=number))
    result: Floats = (values / lengths[texts]).astype(np.float32)
    return result


_REPEATED: Final = (1 + np.log(np.arange(1, 65))).astype(np.float32)
_LATIN: Final = re.compile(r"[ -~]")
_LEAST_TELLING: Final = 0.06
"""In logits; a word that gives less is not shown."""
_KEPT: Final = 5


def _add(sums: Floats, texts: Ints, parts: Floats) -> None:
    """Add ``parts``, sorted by text, to the rows of their texts."""
    if len(texts):
        begins = np.flatnonzero(np.diff(texts, prepend=-1))
        sums[texts[begins]] += np.add.reduceat(parts, begins, axis=0)


@dataclass(frozen=True, slots=True)
class _Part:
    """One block's grams that the model knows, sorted by text."""

    grams: Grams
    known: Ints
    rows: Ints
    values: Floats
    weights: Floats

    def collect(self, columns: Ints, found: Sequence[dict[str, float]]) -> None:
        """Put what speaks most for each text's column into ``found``."""
        owners = self.grams.texts[self.known]
        long_enough = self.grams.lengths[self.known] >= (1 if self.grams.is_words else 2)
        asked = np.flatnonzero((columns >= 0)[owners] & long_enough)
        given = self.weights[self.rows[asked], columns[owners[asked]]] * self.values[asked]
        telling = given > _LEAST_TELLING
        asked, given = asked[telling], given[telling]
        order = np.argsort(-given, kind="stable")
        for index, share in zip(asked[order].tolist(), given[order].tolist(), strict=True):
            owner = int(owners[index])
            if len(found[owner]) >= _KEPT:
                continue
            place = self.known[index]
            start = int(self.grams.starts[place])
            run = self.grams.tokens[owner][start : start + int(self.grams.lengths[place])]
            shown = run if isinstance(run, str) else " ".join(run)
            # Of Latin words, whole ones are shown; those are the other block's.
            is_whole = self.grams.is_words or not _LATIN.search(shown)
            if is_whole and shown.replace(" ", "").replace("'", "").isalpha():
                found[owner][shown] = round(share, 3)


def _most_telling(found: dict[str, float], most: int) -> list[tuple[str, float]]:
    chosen: list[tuple[str, float]] = []
    for shown, given in sorted(found.items(), key=lambda one: (-one[1], one[0])):
        if not any(shown in other or other in shown for other, _ in chosen):
            chosen.append((shown, given))
            if len(chosen) == most:
                break
    return chosen


def _check(path: Path, about: About, arrays: Arrays) -> None:
    grams = sum(map(len, arrays.buckets))
    columns = len(about.categories) + len(about.causes) + len(LEVEL_STEPS)
    problems = {
        "weights do not fit the grams and labels": arrays.weights.shape
        != (grams + len(about.facts), columns),
        "offsets do not fit the labels": arrays.offsets.shape != (columns,),
        "rarities do not fit the grams": any(
            one.shape != two.shape for one, two in zip(arrays.buckets, arrays.rarity, strict=True)
        ),
        "a bucket is out of range": any(
            len(one) and not 0 <= int(one.min()) <= int(one.max()) < BUCKETS
            for one in arrays.buckets
        ),
        "a number is not finite": not all(
            np.isfinite(one).all() for one in (arrays.weights, arrays.offsets, *arrays.rarity)
        ),
    }
    for problem, holds in problems.items():
        if holds:
            raise SettingsError(f"severity model {path} is damaged: {problem}")
