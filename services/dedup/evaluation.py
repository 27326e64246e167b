"""How well decisions about a stream of contacts agree with labels that people gave. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Judged:
    """A contact of the stream: what people said (``case``, ``relation``, ``incident``), and what
    was decided."""

    id: str
    case: str
    relation: str
    incident: str | None
    given_case: str
    given_relation: str
    given_incident: str | None


class BCubed(NamedTuple):
    """Of each contact: which part of those put together with it belong there (precision), and
    which part of those that belong there were put together with it (recall); the means
    (Bagga and Baldwin 1998)."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def b_cubed(stream: Sequence[Judged]) -> BCubed:
    """Return how well the cases agree.

    >>> two = [Judged(i, "A", "new", None, i, "new", None) for i in "ab"]
    >>> b_cubed(two), round(b_cubed(two).f1, 3)
    (BCubed(precision=1.0, recall=0.5), 0.667)
    """
    if not stream:
        return BCubed(1.0, 1.0)
    labelled = Counter(one.case for one in stream)
    given = Counter(one.given_case for one in stream)
    both = Counter((one.case, one.given_case) for one in stream)
    shared = [both[one.case, one.given_case] for one in stream]
    precision = sum(n / given[one.given_case] for n, one in zip(shared, stream, strict=True))
    recall = sum(n / labelled[one.case] for n, one in zip(shared, stream, strict=True))
    return BCubed(precision / len(stream), recall / len(stream))


def false_pairs(stream: Sequence[Judged]) -> list[tuple[Judged, Judged]]:
    """Return the pairs of contacts put together that do not belong together."""
    groups = _groups(stream, lambda one: one.given_case)
    return [(a, b) for a, b in _pairs(groups) if a.case != b.case]


def lost_pairs(stream: Sequence[Judged]) -> list[tuple[Judged, Judged]]:
    """Return the pairs of contacts that belong together and were not put together."""
    groups = _groups(stream, lambda one: one.case)
    return [(a, b) for a, b in _pairs(groups) if a.given_case != b.given_case]


def merged_matters(stream: Sequence[Judged]) -> list[tuple[str, ...]]:
    """Return the labelled cases that share a decided case, one group for each such case."""
    groups = _groups(stream, lambda one: one.given_case)
    cases = ({one.case for one in group} for group in groups.values())
    return sorted(tuple(sorted(group)) for group in cases if len(group) > 1)


@dataclass(frozen=True, slots=True)
class FoundIncident:
    """A labelled incident and the decided one that has most of its contacts."""

    incident: str
    contacts: int
    given: str | None
    precision: float
    recall: float

    @property
    def is_found(self) -> bool:
        """Whether the decided one has more than half of its contacts, and few strangers."""
        return self.recall > 0.5 and self.precision > 0.5


def incidents(stream: Sequence[Judged]) -> tuple[list[FoundIncident], list[str]]:
    """Return how each labelled incident was found, and the decided ones that are none."""
    labelled = _groups([one for one in stream if one.incident], lambda one: one.incident or "")
    sizes = Counter(one.given_incident for one in stream if one.given_incident)
    found = [_found(name, group, sizes) for name, group in sorted(labelled.items())]
    real = {one.given for one in found}
    return found, sorted(name for name in sizes if name not in real)


def _found(name: str, group: Sequence[Judged], sizes: Mapping[str, int]) -> FoundIncident:
    given = Counter(one.given_incident for one in group if one.given_incident)
    if not given:
        return FoundIncident(name, len(group), None, 0.0, 0.0)
    best, shared = min(given.items(), key=lambda item: (-item[1], item[0]))
    return FoundIncident(name, len(group), best, shared / sizes[best], shared / len(group))


def _groups(stream: Sequence[Judged], key: Callable[[Judged], str]) -> dict[str, list[Judged]]:
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in stream:
        groups[key(one)].append(one)
    return groups


def _pairs(groups: Mapping[str, Sequence[Judged]]) -> Iterator[tuple[Judged, Judged]]:
    for group in groups.values():
        yield from combinations(group, 2)


def report(stream: Sequence[Judged], *, with_pairs: bool = False) -> list[str]:
    """Return the evaluation as lines of text."""
    cubed, false, lost = b_cubed(stream), false_pairs(stream), lost_pairs(stream)
    merged = merged_matters(stream)
    lines = [
        f"{len(stream)} labelled contacts, {len({one.case for one in stream})} cases; "
        f"decided: {len({one.given_case for one in stream})} cases",
        "",
        "B-cubed",
        f"  precision {cubed.precision:.4f}",
        f"  recall    {cubed.recall:.4f}",
        f"  F1        {cubed.f1:.4f}",
        "",
        f"cases that hold different matters {len(merged)}",
        f"false pairs {len(false)}",
        f"lost pairs  {len(lost)}",
    ]
    if with_pairs:
        lines += [f"  false {a.id} {b.id}  ({a.case}, {b.case})" for a, b in false]
        lines += [f"  lost  {a.id} {b.id}  ({a.case})" for a, b in lost]
    return [*lines, "", *_relations(stream), "", *_incidents(stream)]


def _relations(stream: Sequence[Judged]) -> Iterable[str]:
    counts = Counter((one.relation, one.given_relation) for one in stream)
    names = sorted({name for pair in counts for name in pair})
    width = max(len(name) for name in names) + 2 if names else 0
    yield "label \\ decided".ljust(20) + "".join(name.rjust(width) for name in names)
    for label in names:
        cells = (str(counts[label, given] or ".").rjust(width) for given in names)
        yield label.ljust(20) + "".join(cells)
    right = sum(one.relation == one.given_relation for one in stream)
    yield f"relations right {right}/{len(stream)}"


def _incidents(stream: Sequence[Judged]) -> Iterable[str]:
    found, invented = incidents(stream)
    yield f"incidents found {sum(one.is_found for one in found)}/{len(found)}"
    for one in found:
        how = f"as {one.given}" if one.given else "not at all"
        yield (
            f"  {one.incident}: {one.contacts} contacts, {how}, "
            f"precision {one.precision:.2f}, recall {one.recall:.2f}"
        )
    yield f"incidents that are none {len(invented)}"
    yield from (f"  {name}" for name in invented)
