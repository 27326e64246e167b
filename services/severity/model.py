"""The trained model: arrays in a file, sums of weights per text, and what they rest on.

A model is linear: each gram (see ``grams``) and each fact that the rules found (see ``facts``)
adds its weights to the scores of all categories, causes and levels. So every score can be
taken apart into the words that made it.
"""

import io
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
from services.severity.finding import Finder
from services.severity.grams import BLOCKS, Floats, Hashes, Ints

SHIPPED: Final = Path(__file__).with_name("model.npz")
FORMAT: Final = 2
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

    hashes: tuple[Hashes, ...]
    rarity: tuple[Floats, ...]
    shown: tuple[tuple[str, ...], ...]
    """Each gram as people may see it; empty where it is no word."""
    weights: Floats
    offsets: Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """The sums of a batch, and the words that tell why."""

    sums: Floats
    """One row a text, one column an output: logits, softmax over categories and over causes."""
    owners: Ints
    rows: Ints
    shares: Floats
    """The few grams that people may see and that tell of any output, sorted by text, each once:
    of which text, its row, and what it counts there."""
    weights: Floats
    shown: Sequence[str]

    def words(self, columns: Ints, most: int) -> list[list[tuple[str, float]]]:
        """Return the words of each text that speak most for its column, which may be -1: none.

        Runs with digits are left out: they may be somebody's number.
        """
        found: list[list[tuple[str, float]]] = [[] for _ in columns]
        asked = np.flatnonzero((columns >= 0)[self.owners])
        owners, rows = self.owners[asked], self.rows[asked]
        given = self.weights[rows, columns[owners]] * self.shares[asked]
        telling = np.flatnonzero(given > _LEAST_TELLING)
        # By text, and from the largest on: what is more than nothing, in bits, is ordered alike.
        largest_first = (owners[telling] << 32) - given[telling].view(np.int32)
        order = telling[np.argsort(largest_first, kind="stable")]
        owners, speaking = owners[order], rows[order].tolist()
        shares = given[order].tolist()
        begins = np.flatnonzero(np.diff(owners, prepend=-1))
        ends = [*begins[1:].tolist(), len(owners)]
        for owner, begin, end in zip(owners[begins].tolist(), begins.tolist(), ends, strict=False):
            mine = found[owner]
            for place in range(begin, end):
                word = self.shown[speaking[place]]
                for other, _ in mine:
                    if word in other or other in word:
                        break
                else:
                    mine.append((word, round(shares[place], 3)))
                    if len(mine) == most:
                        break
        return found


class Model:
    """A model ready to score; made once per process."""

    def __init__(self, about: About, arrays: Arrays, version: str = "model-unsaved") -> None:
        self.about = about
        self.arrays = arrays
        self.version = version
        firsts = np.cumsum([0, *map(len, arrays.hashes)])
        self._facts = {name: row for row, name in enumerate(about.facts, int(firsts[-1]))}
        self._finders = [
            Finder(hashes, int(first)) for hashes, first in zip(arrays.hashes, firsts, strict=False)
        ]
        self._block = np.repeat(np.arange(len(arrays.hashes)), list(map(len, arrays.hashes)))
        self._rarity = np.concatenate(arrays.rarity)
        scales = np.concatenate(
            (self._rarity, np.full(len(about.facts), about.fact_scale, dtype=np.float32))
        )
        self._weights = (arrays.weights * scales[:, None]).astype(np.float32)
        self._shown = [word for some in arrays.shown for word in some]
        is_shown = np.array([bool(word) for word in self._shown], dtype=np.bool_)
        # What each row gives to the output that it gives most; nothing where it is no word.
        self._most = self._weights[: len(is_shown)].max(axis=1) * is_shown

    def score(self, texts: Sequence[str], facts: Sequence[Collection[str]]) -> Scores:
        """Return the scores of folded ``texts``, each with the facts that rules found in it."""
        sums = np.tile(self.arrays.offsets, (len(texts), 1))
        owners, rows = self._facts_of(facts)
        _add(sums, owners, rows, np.ones(len(rows), dtype=np.float32), self._weights)
        keys = []
        height = len(self._weights)
        for block, finder in zip(BLOCKS, self._finders, strict=True):
            grams = block(texts)
            known, rows = finder.known(grams.hashes)
            keys.append(grams.texts_of(known) * height + rows)
        owners, rows, counts = _counted(np.concatenate(keys), height)
        shares = _shares(owners, self._block[rows], counts, self._rarity[rows], len(texts))
        _add(sums, owners, rows, shares, self._weights)
        few = np.flatnonzero(self._most[rows] * shares > _LEAST_TELLING)
        return Scores(sums, owners[few], rows[few], shares[few], self._weights, self._shown)

    def _facts_of(self, facts: Sequence[Collection[str]]) -> tuple[Ints, Ints]:
        known, height = self._facts, len(self._weights)
        keys = [
            owner * height + known[name]
            for owner, names in enumerate(facts)
            for name in names
            if name in known
        ]
        owners, rows, _ = _counted(np.array(keys, dtype=np.int64), height)
        return owners, rows

    def save(self, path: Path) -> None:
        """Write the model; the same model always gives the same bytes."""
        columns = np.maximum(np.abs(self.arrays.weights).max(axis=0), 1e-9) / 32767
        content: dict[str, NDArray[Any]] = {
            "about": np.frombuffer(self.about.model_dump_json().encode(), dtype=np.uint8),
            "weights": np.round(self.arrays.weights / columns).astype(np.int16),
            "columns": columns.astype(np.float32),
            "offsets": self.arrays.offsets,
        }
        for number, hashes in enumerate(self.arrays.hashes):
            content[f"hashes{number}"] = hashes
            content[f"rarity{number}"] = self.arrays.rarity[number]
            shown = "\n".join(self.arrays.shown[number]).encode()
            content[f"shown{number}"] = np.frombuffer(shown, dtype=np.uint8)
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
                tuple(content[f"hashes{number}"].astype(np.uint64) for number in blocks),
                tuple(content[f"rarity{number}"].astype(np.float32) for number in blocks),
                tuple(
                    tuple(content[f"shown{number}"].tobytes().decode().split("\n"))
                    for number in blocks
                ),
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
    shares = _shares(texts, np.zeros(len(texts), dtype=np.int64), counts, rarity, number)
    return shares * rarity


_REPEATED: Final = (1 + np.log(np.arange(1, 65))).astype(np.float32)
_LEAST_TELLING: Final = 0.06
"""In logits; a word that gives less is not shown."""


def _shares(owners: Ints, blocks: Ints, counts: Ints, rarity: Floats, number: int) -> Floats:
    """Return what each gram counts before its rarity: the grams of a block of a text have,
    rarity included, length one together."""
    repeated = _REPEATED[np.minimum(counts, len(_REPEATED)) - 1]
    of_whom = owners * len(BLOCKS) + blocks
    squares = (repeated * rarity) ** 2
    lengths = np.sqrt(np.bincount(of_whom, squares, minlength=number * len(BLOCKS)))
    shares: Floats = (repeated / lengths[of_whom]).astype(np.float32)
    return shares


def _counted(keys: Ints, height: int) -> tuple[Ints, Ints, Ints]:
    """Return owner, row and number of each of ``keys`` = owner * height + row, sorted."""
    # Half the bytes sort in half the time; a batch that does not fit into them is rare. They
    # come as a few runs that are nearly sorted, which a stable sort makes use of.
    fits = not len(keys) or int(keys.max()) < _FITS
    keys = np.sort(keys.astype(np.uint32) if fits else keys, kind="stable")
    is_first = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    begins = np.flatnonzero(is_first)
    firsts, size = keys[begins], keys.dtype.type(height)
    owners = firsts // size  # With the remainder in a step of its own: divmod takes longer.
    rows = firsts - owners * size
    return owners.astype(np.int64), rows.astype(np.int64), np.diff(begins, append=len(keys))


_FITS: Final = 1 << 32


def _add(sums: Floats, texts: Ints, rows: Ints, shares: Floats, weights: Floats) -> None:
    """Add the weights of ``rows``, times their shares and sorted by text, to their texts' sums."""
    begins = np.flatnonzero(np.diff(texts, prepend=-1))
    ends = np.append(begins, len(texts))
    for first in range(0, len(begins), _TEXTS_AT_ONCE):
        some = begins[first : first + _TEXTS_AT_ONCE]
        here = slice(some[0], ends[first + len(some)])
        parts = weights.take(rows[here], axis=0)
        parts *= shares[here, None]
        sums[texts[some]] += np.add.reduceat(parts, some - some[0], axis=0)


_TEXTS_AT_ONCE: Final = 32
"""What they need then fits into the processor's cache."""


def _check(path: Path, about: About, arrays: Arrays) -> None:
    grams = sum(map(len, arrays.hashes))
    columns = len(about.categories) + len(about.causes) + len(LEVEL_STEPS)
    blocks = list(zip(arrays.hashes, arrays.rarity, arrays.shown, strict=True))
    problems = {
        "weights do not fit the grams and labels": arrays.weights.shape
        != (grams + len(about.facts), columns),
        "offsets do not fit the labels": arrays.offsets.shape != (columns,),
        "rarities or words do not fit the grams": any(
            not len(one) == len(two) == len(three) for one, two, three in blocks
        ),
        "a gram comes twice": any(len(np.unique(one)) != len(one) for one, _, _ in blocks),
        "a number is not finite": not all(
            np.isfinite(one).all() for one in (arrays.weights, arrays.offsets, *arrays.rarity)
        ),
    }
    for problem, holds in problems.items():
        if holds:
            raise SettingsError(f"severity model {path} is damaged: {problem}")
